"""Make a trained model forget photos: three approximate methods, and training again without them.

methods       what there is, for a person; without torch
forgetting    `unlearn`, the one entrance
work          what the methods share: a copy changed step by step, its batches
ascent        gradient ascent on the photos, then repair
sparse        l1-sparse fine-tuning on the rest
salun         wrong answers for the photos, learned by the weights that matter for them
retrain       from nothing without the photos

Whether a model forgot is for an audit to say: the same kit, before and after.
"""

from auditcore.lab.unlearning.forgetting import unlearn
from auditcore.lab.unlearning.methods import METHODS, Method

__all__ = ["METHODS", "Method", "unlearn"]
