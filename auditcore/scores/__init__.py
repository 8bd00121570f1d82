"""What a model says about a version, as one number: higher is more like a member.

scorer = Scorer(kit, model, default_score(model, kit))
answers = scorer.answer([Query(photo=0, version=17)])
"""

from auditcore.scores.base import Answer, KitView, Query, Score
from auditcore.scores.choices import SCORES, default_score, label_index
from auditcore.scores.scorer import VIEWS_MAX, Scorer

__all__ = [
    "SCORES",
    "VIEWS_MAX",
    "Answer",
    "KitView",
    "Query",
    "Score",
    "Scorer",
    "default_score",
    "label_index",
]
