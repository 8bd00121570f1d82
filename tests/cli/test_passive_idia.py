"""`passive idia`, driven as a person would."""

import json
from pathlib import Path
from typing import Any

import pytest
from passive.idia.knowing import BOTH, KnowingModel, face
from PIL import Image

from auditcore.cli import BAD_INPUT, CANCELLED, main
from auditcore.cli.passive import idia
from auditcore.models import Capability

PEOPLE = Path(__file__).parent.parent.parent / "assets" / "people"
YES = "--i-have-consent"


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> KnowingModel:
    """Let every spec open a model that knows person 1 as Ada Lovelace."""
    model = KnowingModel({1: "Ada Lovelace"}, strength=9)
    monkeypatch.setattr(idia, "open_model", lambda *given: model)
    return model


def photos(folder: Path, person: int, count: int) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        Image.fromarray(face(person, number)).save(folder / f"{number}.png")
    return folder


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    try:
        code = main(["passive", "idia", *words])
    except SystemExit as stop:
        code = int(stop.code or 0)
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return code, printed.out, printed.err


def run_json(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    code, out, _ = run(capsys, *words, "--json")
    assert code == 0
    return json.loads(out)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code, out, err = run(capsys, *words)
    assert (code, out) == (BAD_INPUT, "")
    return err.strip().splitlines()[-1]


def test_known_and_unknown_person_in_one_go(
    known: KnowingModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ada, eve = photos(tmp_path / "a", 1, 6), photos(tmp_path / "e", 2, 4)
    people = ("--person", f"Ada Lovelace={ada}", "--person", f"Eve Adamson={eve}")
    told = run_json(capsys, "audit", "--model", "demo:with", *people, YES)
    first, second = told["people"]
    assert (told["method"], told["grade"]) == ("idia", "indication")
    assert (first["person"], first["photos"], first["outcome"]) == (
        "Ada Lovelace",
        6,
        "stands out",
    )
    assert (second["person"], second["photos"], second["outcome"]) == (
        "Eve Adamson",
        4,
        "nothing stands out",
    )
    assert first["named_by_wordings"] == 21
    assert first["candidates"] == 1000 and first["decoys"]["of"] == 998
    assert first["words"]["grade"] == "indication"
    assert set(known.looked.values()) == {1}


def test_in_words_the_grade_stands_beside_the_headline(
    known: KnowingModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = photos(tmp_path / "a", 1, 3)
    code, out, _ = run(capsys, "audit", "--model", "m", "--person", f"Ada Lovelace={ada}", YES)
    assert code == 0
    headline, grade, *_ = out.strip().splitlines()
    assert "Ada Lovelace" in headline
    assert grade.startswith("Indication:")


def test_a_file_that_is_no_photo_is_named_and_left_out(
    known: KnowingModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = photos(tmp_path / "a", 1, 3)
    (ada / "notes.txt").write_text("not a photo")
    (ada / ".hidden").write_text("never looked at")
    told = run_json(capsys, "audit", "--model", "m", "--person", f"Ada Lovelace={ada}", YES)
    (person,) = told["people"]
    assert person["photos"] == 3
    assert len(person["left_out"]) == 1 and "notes.txt" in person["left_out"][0]


def test_a_photo_that_is_there_twice_counts_once(
    known: KnowingModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = photos(tmp_path / "a", 1, 3)
    (ada / "again.png").write_bytes((ada / "0.png").read_bytes())
    told = run_json(capsys, "audit", "--model", "m", "--person", f"Ada Lovelace={ada}", YES)
    (person,) = told["people"]
    assert person["photos"] == 3
    assert person["left_out"] == ["again.png is the same file as 0.png."]


def test_an_interrupted_question_says_that_nothing_of_the_person_is_kept(
    known: KnowingModel,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(idia, "choose", interrupted)
    ada = photos(tmp_path / "a", 1, 3)
    code, out, err = run(capsys, "audit", "--model", "m", "--person", f"Ada Lovelace={ada}", YES)
    assert (code, out) == (CANCELLED, "")
    assert "Nothing of the photos" in err


def test_nothing_is_asked_without_consent(
    known: KnowingModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = photos(tmp_path / "a", 1, 3)
    sentence = refused(capsys, "audit", "--model", "m", "--person", f"Ada Lovelace={ada}")
    assert "agreed" in sentence and YES in sentence
    assert not known.asked and not known.looked


def test_a_hosted_model_needs_its_host_named(
    known: KnowingModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = photos(tmp_path / "a", 1, 3)
    words = (
        *("audit", "--model", "openai:https://api.example.org/v1#clip"),
        *("--person", f"Ada Lovelace={ada}", YES),
    )
    for more in ((), ("--send-to", "example.org")):
        sentence = refused(capsys, *words, *more)
        assert "3 photos" in sentence and "--send-to api.example.org" in sentence
    assert not known.asked and not known.looked
    code, _, err = run(capsys, *words, "--send-to", "api.example.org")
    assert code == 0
    assert "will be sent to api.example.org" in err
    assert f"{3 + 1002 * 21 + (3 + 1002 * 21) // 10 + 20:,} of all these at the very most" in err
    assert "--most" in refused(capsys, *words, "--send-to", "api.example.org", "--most", "x")


@pytest.mark.parametrize(
    ("person", "says"),
    [
        ("Ada Lovelace", "equals sign"),
        ("Ada Lovelace=", "equals sign"),
        ("=FOLDER", "empty"),
        ("Ada Lovelace=nowhere", "cannot be looked into"),
        ("Ada Lovelace=EMPTY", "no file"),
        ("Ada Lovelace=TEXT", "None of the files"),
    ],
)
def test_people_that_cannot_be_asked_about(
    known: KnowingModel, tmp_path: Path, capsys: pytest.CaptureFixture[str], person: str, says: str
) -> None:
    photos(tmp_path / "FOLDER", 1, 1)
    (tmp_path / "EMPTY").mkdir()
    (tmp_path / "TEXT").mkdir()
    (tmp_path / "TEXT" / "a.jpg").write_text("no photo")
    name, equals, folder = person.partition("=")
    there = f"{tmp_path / folder}" if folder else ""
    sentence = refused(capsys, "audit", "--model", "m", "--person", name + equals + there, YES)
    assert says in sentence


def test_tau_and_models_that_do_not_fit_are_sentences(
    known: KnowingModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = photos(tmp_path / "a", 1, 3)
    words = ("audit", "--model", "m", "--person", f"Ada Lovelace={ada}", YES)
    assert "1 to 21" in refused(capsys, *words, "--tau", "22")
    assert "twice" in refused(capsys, *words, "--person", f"ADA LOVELACE={ada}")
    known.capabilities = frozenset({Capability.CHOICE})
    assert "only chooses among texts" in refused(capsys, *words)
    known.capabilities = BOTH - {Capability.IMAGE_FEATURES}
    assert "does not give image features" in refused(capsys, *words)


def test_evaluate_measures_both_groups_and_draws(
    known: KnowingModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos(tmp_path / "in" / "Ada Lovelace", 1, 6)
    for number, name in enumerate(("Eve Adamson", "Zoe Adamson", "Mia Adamson")):
        photos(tmp_path / "out" / name, 40 + number, 5)
    page = tmp_path / "curves.html"
    words = (
        *("evaluate", "--model", "m", "--members", str(tmp_path / "in")),
        *("--non-members", str(tmp_path / "out"), "--plot", str(page), YES),
    )
    told = run_json(capsys, *words)
    assert [point["photos"] for point in told["over_photos"]] == [1, 3, 5]
    assert all(point["members"]["mean"] == 1 for point in told["over_photos"])
    assert all(point["non_members"]["mean"] == 0 for point in told["over_photos"])
    assert told["over_photos"][0]["members"]["people"] == 1
    assert told["over_photos"][0]["non_members"]["people"] == 3
    assert told["wordings_as_score"]["auc"]["value"] == 1
    html = page.read_text()
    assert "Indication" in html and "Lovelace" not in html and "Adamson" not in html
    assert "https://cdn" not in html.split("</script>")[-1]
    code, out, _ = run(capsys, *words)
    assert code == 0 and "Area under the curve" in out


def test_evaluate_refuses_what_it_cannot_measure(
    known: KnowingModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    words = ("evaluate", "--model", "m", "--members", str(tmp_path / "in"))
    both = (*words, "--non-members", str(tmp_path / "nowhere"), YES)
    assert "one folder of photos for each person" in refused(capsys, *both)
    plot = (*both, "--plot", str(tmp_path / "no" / "page.html"))
    assert "cannot be written" in refused(capsys, *plot)
    assert not known.looked


def test_the_demo_model_knows_the_member_and_not_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = json.loads((PEOPLE / "people.json").read_text("utf-8"))
    words = ["audit", "--model", shipped["model"], YES]
    for number, person in enumerate(shipped["people"]):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in person["photos"]:
            (folder / Path(name).name).write_bytes((PEOPLE / name).read_bytes())
        words += ["--person", f"{person['name']}={folder}"]
    told = {entry["person"]: entry for entry in run_json(capsys, *words)["people"]}
    for person in shipped["people"]:
        outcome = told[person["name"]]["outcome"]
        assert outcome == ("stands out" if person["member"] else "nothing stands out")
