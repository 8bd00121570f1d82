"""Training in the Lab: one loop for three kinds of models, small enough for two minutes on a CPU.

    kind = KINDS["clip"]
    network = kind.new(CLASSES, seed)
    data = kind.data(examples, CLASSES)
    fitted = fit(kind, network, data, recipe_for(kind, len(data)), seed)
    spec = kind.save(network, CLASSES, folder)

kind        what a kind of model is: its data, loss, utility and membership score
views       how pictures look at each sight: untouched, cropped, changed
classifier  a small ResNet, cross-entropy
encoder     a small ResNet, SimCLR
clip        open_clip's architecture, small, its contrastive loss
recipe      everything besides data and seed that decides a run
fit         the loop: AdamW, early stopping, checkpoints
private     DP-SGD, by opacus
"""

from auditcore.lab.training.classifier import Classifier
from auditcore.lab.training.clip import Clip
from auditcore.lab.training.encoder import Encoder
from auditcore.lab.training.fit import Epoch, Fitted, fit, learning_rate, new_optimizer
from auditcore.lab.training.kind import AUGMENTATIONS, Data, Kind, device_of
from auditcore.lab.training.recipe import Privacy, Recipe, recipe_for

KINDS: dict[str, Kind] = {kind.name: kind for kind in (Clip(), Classifier(), Encoder())}
"""Every kind of model that the Lab trains, the default first."""
DEFAULT_KIND = "clip"

__all__ = [
    "AUGMENTATIONS",
    "DEFAULT_KIND",
    "KINDS",
    "Data",
    "Epoch",
    "Fitted",
    "Kind",
    "Privacy",
    "Recipe",
    "device_of",
    "fit",
    "learning_rate",
    "new_optimizer",
    "recipe_for",
]
