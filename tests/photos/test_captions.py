"""Captions come in as spreadsheets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditcore.errors import CaptionError
from auditcore.photos import Captioned, read_captions

NAMES = ("cat.jpg", "Zoë.png", "IMG 1.webp")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", [None, "utf-8", "utf-16"])
def test_every_spelling_of_the_same_table(
    separator: str, end: str, mark: str, encoding: str | None
) -> None:
    rows = [["file", "caption", "label"], ["cat.jpg", '"A ""big"" cat, asleep; yes"', "tabby"]]
    rows += [["Zoë.png", "Zoë  lacht", ""], ["img 1.WEBP", "", "beach"], ["", "", ""]]
    text = mark + end.join(separator.join(row) for row in rows) + end
    table = text if encoding is None else text.encode(encoding)
    assert read_captions(table, NAMES) == {
        "cat.jpg": Captioned('A "big" cat, asleep; yes', "tabby"),
        "Zoë.png": Captioned("Zoë lacht", None),
        "IMG 1.webp": Captioned(None, "beach"),
    }


def test_columns_in_any_order_and_case() -> None:
    table = "Label,FILE\nx,cat.jpg\n"
    assert read_captions(table, NAMES) == {"cat.jpg": Captioned(None, "x")}


def test_a_caption_over_two_lines_becomes_one() -> None:
    found = read_captions('file,caption\ncat.jpg,"one\ntwo"\nZoë.png,three\n', NAMES)
    assert found["cat.jpg"].caption == "one two" and found["Zoë.png"].caption == "three"


def test_names_spelled_apart_by_the_system_are_the_same() -> None:
    assert "Zoë.png" in read_captions("file,caption\nZoe\u0308.png,x\n", NAMES)


def test_case_decides_where_two_photos_differ_in_nothing_else() -> None:
    names = ("a.jpg", "A.JPG")
    found = read_captions("file,caption\nA.JPG,upper\na.jpg,lower\n", names)
    assert found == {"A.JPG": Captioned("upper"), "a.jpg": Captioned("lower")}
    with pytest.raises(CaptionError, match="not among"):
        read_captions("file,caption\nA.jpg,x\n", names)


def test_emoji_and_joiners_are_plain_text() -> None:
    assert read_captions("file,caption\ncat.jpg,👩‍👧 می‌خواهم\n", NAMES)["cat.jpg"].caption


def test_errors_name_the_line_a_person_sees() -> None:
    with pytest.raises(CaptionError, match="Line 4 "):
        read_captions('file,caption\n\ncat.jpg,x\ndog.jpg,"y"\n', NAMES)
    with pytest.raises(CaptionError, match="Line 3 "):
        read_captions("sep=,\nfile,caption\ndog.jpg,x\n", NAMES)


@given(st.text(max_size=80))
def test_any_text_is_a_table_or_a_sentence(text: str) -> None:
    try:
        assert set(read_captions(text, NAMES)) <= set(NAMES)
    except CaptionError as error:
        assert str(error)[0].isupper()


@given(st.binary(max_size=80))
def test_any_bytes_are_a_table_or_a_sentence(data: bytes) -> None:
    try:
        assert set(read_captions(data, NAMES)) <= set(NAMES)
    except CaptionError as error:
        assert str(error)[0].isupper()
