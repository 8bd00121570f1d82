from pathlib import Path

from auditcore.lab.experiments.journal import add_row, mend, read_json, read_rows, write_json


def test_rows_come_back_by_epoch_and_the_last_of_an_epoch_counts(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    assert read_rows(file) == []
    for epoch, loss in ((1, 0.5), (2, 0.4), (2, 0.3), (3, 0.2)):
        add_row(file, {"epoch": epoch, "loss": loss})
    assert [(row["epoch"], row["loss"]) for row in read_rows(file)] == [
        (1, 0.5),
        (2, 0.3),
        (3, 0.2),
    ]


def test_a_line_that_a_kill_cut_short_is_left_out_then_dropped(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    add_row(file, {"epoch": 1})
    file.write_bytes(file.read_bytes() + b'{"epoch": 2, "lo')
    assert [row["epoch"] for row in read_rows(file)] == [1]
    mend(file)
    add_row(file, {"epoch": 2})
    assert [row["epoch"] for row in read_rows(file)] == [1, 2]


def test_mending_what_is_whole_or_missing_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    mend(file)
    assert not file.exists()
    add_row(file, {"epoch": 1})
    before = file.read_bytes()
    mend(file)
    assert file.read_bytes() == before


def test_json_is_written_whole_over_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "values.json"
    assert read_json(file) is None
    write_json(file, {"long": "x" * 1000})
    write_json(file, {"short": 1})
    assert read_json(file) == {"short": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["values.json"]
