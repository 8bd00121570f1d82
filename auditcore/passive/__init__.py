"""Evidence about photos that were published without marks: an indication, never a guarantee.

    grade        the one grade this room can give, in words
    evaluation   how strong such evidence is, measured on known members and non-members
    encodermi/   was this picture in an encoder's training set? (arXiv 2108.11023)
    idia/        does this CLIP know this person's face and name? (arXiv 2209.07341)

No room of the guaranteed evidence (audit, evidence) imports this one; a test sees to it.
"""
