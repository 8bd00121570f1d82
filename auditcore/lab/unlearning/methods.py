"""The ways of making a model forget, by name. Nothing here needs torch: a page may list them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """One way of making a trained model forget photos.

    Attributes:
        title: its name for a person.
        sentence: what it does, in one sentence.
        source: where it was published.
    """

    title: str
    sentence: str
    source: str


METHODS: dict[str, Method] = {
    "ascent": Method(
        "Gradient ascent, then repair",
        "Training runs backwards on the photos for a few steps, and then goes on a little with all "
        "other pictures, to repair what broke.",
        "Golatkar et al., CVPR 2020, arXiv 1911.04933; as a baseline in Jia et al., NeurIPS 2023, "
        "arXiv 2304.04934",
    ),
    "sparse": Method(
        "Sparse fine-tuning",
        "Training goes on with all other pictures, while every weight that they do not need is "
        "pulled to zero.",
        "Jia et al., NeurIPS 2023, arXiv 2304.04934",
    ),
    "salun": Method(
        "Saliency unlearning (SalUn)",
        "The half of the weights that knows most about the photos learns wrong answers for them, "
        "and the right answers for all other pictures.",
        "Fan et al., ICLR 2024, arXiv 2310.12508",
    ),
    "retrain": Method(
        "Train again without the photos",
        "A new model is trained from nothing on all other pictures: it costs the whole training, "
        "and it never saw the photos.",
        "The definition of having forgotten; Cao and Yang, IEEE S&P 2015",
    ),
}
