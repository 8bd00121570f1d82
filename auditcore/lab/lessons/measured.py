"""Measure the scores of an innocent model: `python -m auditcore.lab.lessons.measured`.

The demo model that was trained without the sample photos scores every version of some of them with
the product's default score. The file is shipped, so that the lesson needs no model.
"""

import numpy as np

from auditcore.kit import Kit, open_kit
from auditcore.lab.lessons.shapes import VERSIONS, Scores, measured_file
from auditcore.models import open_model
from auditcore.paths import assets_dir
from auditcore.scores import Query, Scorer

MODEL, SCORE, PHOTOS = "demo:without", "caption-cosine", 3


def measure(kit: Kit, scorer: Scorer, photos: int) -> Scores:
    """Return the scores of all versions of the first photos, shape (photos, versions)."""
    asked = ([Query(photo, version) for version in range(kit.versions)] for photo in range(photos))
    return np.array([[answer.score for answer in scorer.answer(photo)] for photo in asked])


def main() -> None:
    """Write the file of measured scores."""
    kit = open_kit(assets_dir() / "sample" / "kit.zip")
    assert kit.versions == VERSIONS
    scores = measure(kit, Scorer(kit, open_model(MODEL), SCORE), PHOTOS)
    measured_file().parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(measured_file(), scores=scores.astype(np.float32))
    print(f"{measured_file()}: {scores.shape[0]} photos, {scores.shape[1]} versions each")


if __name__ == "__main__":
    main()
