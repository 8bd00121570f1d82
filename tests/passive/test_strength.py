"""What pages say of a method's strength is what was measured."""

import json
from pathlib import Path

from auditcore.passive import strength

RATE = {"value": 0.9, "count": 90, "of": 100, "low": 0.82, "high": 0.95}
NONE = {"value": 0.01, "count": 1, "of": 100, "low": 0.0, "high": 0.06}
HALF = {"value": 0.5, "count": 50, "of": 100, "low": 0.4, "high": 0.6}
ZERO = {"value": 0.0, "count": 0, "of": 100, "low": 0.0, "high": 0.04}


def point(pictures: int, area: float) -> dict[str, object]:
    return {"pictures": pictures, "epochs": 3, "auc": {"value": area, "low": 0.4, "high": 0.9}}


def test_a_copy_without_figures_says_none(tmp_path: Path) -> None:
    assert strength.encodermi_strength(tmp_path) is None
    assert strength.idia_strength(tmp_path) is None


def test_encodermi_is_told_from_few_to_many_and_for_clips_at_their_best(tmp_path: Path) -> None:
    rows = [point(800, 0.55), point(50, 0.81)]
    clips = [point(64, 0.49), point(256, 0.53)]
    values = {"same_samples": rows, "same_epochs": rows, "clip_same_samples": clips}
    (tmp_path / strength.ENCODERMI_FILE).write_text(json.dumps(values))
    measured = strength.encodermi_strength(tmp_path)
    assert measured is not None
    said = strength.encodermi_words(measured)
    assert "81 % of cases after training on 50 pictures, and in 55 % after 800" in said
    assert "CLIP kind, which learn from captions, it was about 53 %" in said


def test_idia_is_told_at_the_nearest_number_of_photos_below(tmp_path: Path) -> None:
    values: dict[str, object] = {
        "by_occurrence": {"1": {"1": NONE, "10": NONE}, "75": {"1": NONE, "10": RATE}}
    }
    values |= {"non_members": {"1": NONE, "10": NONE}, "clear_non_members": {"1": ZERO, "10": ZERO}}
    values["clear_by_occurrence"] = {"75": {"1": ZERO, "10": HALF}, "1": {"1": ZERO, "10": NONE}}
    (tmp_path / strength.IDIA_FILE).write_text(json.dumps(values))
    measured = strength.idia_strength(tmp_path)
    assert measured is not None and list(measured.by_occurrence) == [75, 1]
    said = strength.idia_words(measured, 12)
    assert "with 10 photos of each, the clear sign of this page came up for 50 of 100" in said
    assert "for 1 of 100 with 1 portrait, and for 0 of 100 who were not in it" in said
    assert "names 90, 1 and 1 of them" in said
    assert "with 1 photo of each" in strength.idia_words(measured, 3)


def test_what_is_shipped_can_be_told() -> None:
    pictures, faces = strength.encodermi_strength(), strength.idia_strength()
    assert pictures is not None and faces is not None
    assert strength.encodermi_words(pictures) and strength.idia_words(faces, 30)
