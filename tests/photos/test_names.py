"""File names stay in their folder and do not collide."""

from hypothesis import given
from hypothesis import strategies as st

from auditcore.photos import safe_name, shown, unique_names

NAMES = st.text(st.characters(), max_size=200)


@given(NAMES)
def test_a_safe_name_is_safe_and_stays_as_it_is(name: str) -> None:
    safe = safe_name(name)
    assert safe and len(safe.encode()) <= 150
    assert safe == safe_name(safe)
    assert not set(safe) & set('/\\<>:"|?*\0\n\r') and safe not in (".", "..")
    assert not safe.startswith(".") and not safe.endswith((".", " "))


def test_names_that_try_things() -> None:
    assert safe_name("../../etc/passwd") == "passwd"
    assert safe_name("C:\\Users\\me\\cat.jpg") == "cat.jpg"
    assert safe_name("..") == "photo" == safe_name("") == safe_name("///")
    assert safe_name("NUL.jpg") == "_NUL.jpg"
    assert safe_name(".htaccess") == "htaccess"
    assert safe_name("a" * 500 + ".jpeg").endswith("a.jpeg")
    assert safe_name("Zoë 猫 👩‍👧.jpg") == "Zoë 猫 👩‍👧.jpg"
    assert safe_name("Zoe\u0308.jpg") == "Zoë.jpg"
    assert safe_name("Screenshot 3.00\u202fPM.png") == "Screenshot 3.00\u202fPM.png"


@given(st.lists(st.sampled_from(["a.jpg", "A.JPG", "a (2).jpg", "b", "", "x/a.jpg"]), max_size=9))
def test_unique_names_differ_even_in_case_and_keep_the_first(names: list[str]) -> None:
    unique = unique_names(names)
    assert len({name.casefold() for name in unique}) == len(names) == len(unique)
    if names:
        assert unique[0] == safe_name(names[0])


def test_a_name_that_is_already_taken_is_not_given_to_another() -> None:
    assert unique_names(["a.jpg", "a.jpg", "a (2).jpg"]) == ["a.jpg", "a (3).jpg", "a (2).jpg"]


@given(NAMES)
def test_a_shown_name_is_one_short_line(name: str) -> None:
    assert len(shown(name)) <= 62 and shown(name).splitlines() == [shown(name)]


def test_many_of_one_name_are_numbered_in_turn() -> None:
    names = unique_names(["a.jpg"] * 20_000 + ["A.jpg", "a (7).jpg"])
    assert names[:3] == ["a.jpg", "a (2).jpg", "a (3).jpg"]
    assert "a (7).jpg" not in names[:20_000] and names[-1] == "a (7).jpg"
    assert names[-2] == "A (20002).jpg"
    assert len({name.casefold() for name in names}) == len(names)
