"""The grade of all evidence about unmarked photos, in words: one place for page, report, command.

Source: Zhang, Das, Kamath, Tramer, "Membership inference attacks cannot prove that a model was
trained on your data" (SaTML 2025, arXiv 2409.19798).
"""

GRADE = "indication"

GRADE_MEANS = (
    "Indication: these photos were published without a mark, so nobody can say how often such a "
    "result comes up by mistake."
)

REASON = (
    "A chance of error can only be stated when something about the photos was drawn at random "
    "before they were published. Without that, a model may answer as if it knew a photo because "
    "it knows others like it."
)

OVERLOOKED = "This does not mean that they were not used: most use is overlooked."
"""What must stand beside every answer in which nothing stands out."""

NOT_NEGATIVE = (
    "When nothing stands out, that does not mean that the photos were not used: these methods "
    "overlook most photos of a large training set."
)
