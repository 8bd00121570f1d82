"""Small image encoders that learn without labels, as those whose training sets are asked about.

architectures  which networks there are, and how one is saved as a folder that `timm:FOLDER` opens
augmentation   MoCo's transformations for a whole batch at once, each picture by its own draws
objectives     what is learned: SimCLR, MoCo
train          one training run
"""

from auditcore.lab.encoders.architectures import (
    ARCHITECTURES,
    INPUT_SIDE,
    new_encoder,
    save_encoder,
)
from auditcore.lab.encoders.train import ALGORITHMS, Recipe, recipe_for, train_encoder

__all__ = [
    "ALGORITHMS",
    "ARCHITECTURES",
    "INPUT_SIDE",
    "Recipe",
    "new_encoder",
    "recipe_for",
    "save_encoder",
    "train_encoder",
]
