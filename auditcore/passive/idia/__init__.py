"""IDIA: does this CLIP know this person's face and name?

    names          the person's name among decoys (1,000 in all)
    prompts        the 21 wordings
    text_features  what the model makes of every name in every wording; decoys' are kept, names of
                   people never
    answers        which name the model puts to each photo, wording by wording
    rule           majority over the photos, ties, tau; and what it says of the decoys
    curves         the same over fewer photos and larger tau
    result         all of it about one person
    strength       how often members and non-members are recognised
    figures        that, drawn
    words          sentences for people

Source: Hintersdorf et al., "Does CLIP Know My Face?", JAIR 2024, arXiv 2209.07341. An indication:
there is no guarantee in any of it.
"""
