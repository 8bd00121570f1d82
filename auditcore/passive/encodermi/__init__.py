"""EncoderMI: do these pictures look like an encoder's training data? (arXiv 2108.11023)

    shape, copies       45 similarities a picture; the copy of a picture that is looked at
    views, features     ten views of a picture, and how alike an encoder finds them
    vector, sets, threshold, fitting, attacks
                        the attacks V, S and T and their training on a shadow encoder
    card, keeping       an attack in a folder, with what it was trained on
    comparing, words    my pictures against pictures that the encoder cannot have seen

A page imports shape, comparing and words alone: they need no torch.
"""
