"""EncoderMI: do these pictures look like an encoder's training data? (arXiv 2108.11023)

views, features     ten views of a picture, 45 similarities: what the encoder is asked
vector, sets, threshold, fitting, attacks
                    the attacks V, S and T and their training on a shadow encoder
card, keeping       an attack in a folder, with what it was trained on
comparing, words    my pictures against pictures that the encoder cannot have seen
"""

from auditcore.passive.encodermi.attacks import (
    LEAST_SHADOW,
    VARIANTS,
    Attacks,
    Judged,
    train_attacks,
    train_judged,
)
from auditcore.passive.encodermi.card import Card
from auditcore.passive.encodermi.comparing import (
    LEAST_MINE,
    LEAST_REFERENCE,
    Comparison,
    Flagged,
    Reading,
    compare,
)
from auditcore.passive.encodermi.features import (
    PAIRS,
    Similarities,
    check_encoder,
    pictures_sent,
    similarities,
    similarities_of,
)
from auditcore.passive.encodermi.keeping import load_attacks, read_card, save_attacks
from auditcore.passive.encodermi.threshold import mean_similarity
from auditcore.passive.encodermi.views import VIEWS, kept, views
from auditcore.passive.encodermi.words import Words, comparison_words

__all__ = [
    "LEAST_MINE",
    "LEAST_REFERENCE",
    "LEAST_SHADOW",
    "PAIRS",
    "VARIANTS",
    "VIEWS",
    "Attacks",
    "Card",
    "Comparison",
    "Flagged",
    "Judged",
    "Reading",
    "Similarities",
    "Words",
    "check_encoder",
    "compare",
    "comparison_words",
    "kept",
    "load_attacks",
    "mean_similarity",
    "pictures_sent",
    "read_card",
    "save_attacks",
    "similarities",
    "similarities_of",
    "train_attacks",
    "train_judged",
    "views",
]
