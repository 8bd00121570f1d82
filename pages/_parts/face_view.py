"""The answer about faces and names: person by person, photo by photo, wording by wording."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from auditcore.jobs.passive_folder import Confided, small
from auditcore.passive import strength
from auditcore.passive.idia.prompts import PLACE
from auditcore.passive.idia.result import Outcome, Result
from auditcore.passive.idia.words import person_words
from pages._parts import indication, keys, lines, online_plots, phrases


def show(result: Mapping[str, Any], folder: Confided, deletion: Callable[[], None]) -> None:
    """Show the answers about everybody, one after the other.

    Args:
        result: what the job left in its folder.
        folder: where the small copies of the photos are.
        deletion: puts the way to delete everything on the page.
    """
    people = result["people"]
    shown_first = min(n for n, person in enumerate(people) if person["result"] is not None)
    for number, person in enumerate(people):
        if len(people) > 1:
            st.header(phrases.plain(person["name"]), anchor=False)
        if person["result"] is None:
            st.warning("None of the photos of this person can be read.", icon=":material/error:")
        else:
            found = Result.from_json(person["result"])
            _answer(found, number, result["model"], deletion if number == shown_first else None)
            if found.outcome is not Outcome.TOO_FEW:  # else every figure would mislead
                _figures(found, number)
                _details(found, person["photos"], number, folder)
        _refused(person["refused"])
    indication.protect_next()


def _answer(found: Result, number: int, model: str, deletion: Callable[[], None] | None) -> None:
    words = person_words(found)
    enough = found.outcome is not Outcome.TOO_FEW
    asked = f"Asked: {model}. {words.facts[0] if enough else ''}"
    indication.answer(words.headline, asked, words.caution)
    if deletion is not None:
        deletion()
    indication.means(
        [phrases.plain(line) for line in words.means],
        [phrases.plain(line) for line in words.means_not],
    )


def _figures(found: Result, number: int) -> None:
    words = person_words(found)
    st.subheader("How easily do invented names come up?", anchor=False)
    st.markdown("\n\n".join(phrases.plain(fact) for fact in words.facts[1:]))
    measured = strength.idia_strength()
    if measured is not None:
        said = strength.idia_words(measured, found.photos)
        plot = online_plots.strength_of_faces(measured, measured.nearest(found.photos))
        indication.strength(said, plot, f"{keys.CHART}.strength.{number}")
    with st.expander("What could mislead here"):
        st.markdown("\n".join(f"- {line}" for line in words.limits))


def _details(
    found: Result, photos: Sequence[Mapping[str, Any]], number: int, folder: Confided
) -> None:
    _names(found)
    _photos(found, photos, number, folder)
    with st.expander("Wording by wording (21)"):
        st.dataframe(_wordings(found), hide_index=True)
        st.caption(
            "For each wording, the name that the model gave to most photos. Where names are level, "
            "the wording is left out."
        )
    with st.expander("With fewer photos, and with more wordings asked for"):
        _curves(found, number)


def _names(found: Result) -> None:
    with st.expander("The names it gave most often"):
        rows = {
            "Name": [_marked(name.name, found.person) for name in found.frequent],
            "Wordings that name it": [name.wordings for name in found.frequent],
            "Answers": [name.answers for name in found.frequent],
        }
        st.dataframe(rows, hide_index=True)
        st.caption(
            f"Of {found.candidates:,} names, all but those asked about invented. "
            f"{len(found.wordings)} wordings, {phrases.count(found.photos, 'photo')}. Do not ask "
            "again with a name from this list: one that is chosen because the model likes it will "
            "always stand out."
        )


def _photos(
    found: Result, photos: Sequence[Mapping[str, Any]], number: int, folder: Confided
) -> None:
    """Show each photo with how often it was given the name, and one of them wording by wording."""
    with st.expander(f"Photo by photo ({len(photos)})"):
        with st.container(horizontal=True, gap="small"):
            for place, photo in enumerate(photos):
                given = sum(row[place][0].name == found.person for row in found.guesses)
                st.image(
                    folder.read(small(photo["number"])),
                    width=112,
                    caption=f"{place + 1}: the name in {given} of {len(found.guesses)}",
                    alt=f"Photo {place + 1}",
                )
        chosen = st.selectbox(
            "Look at one photo",
            range(len(photos)),
            format_func=lambda place: f"{place + 1}: {photos[place]['name']}",
            key=f"{keys.ANSWERED_PHOTO}.{number}",
        )
        guesses = [row[chosen] for row in found.guesses]
        rows = {
            "Wording": [one.template.replace(PLACE, "…") for one in found.wordings],
            "The name it prefers": [_marked(row[0].name, found.person) for row in guesses],
            "Then": [", ".join(guess.name for guess in row[1:3]) for row in guesses],
            "Nearness": [round(row[0].cosine, 3) for row in guesses],
        }
        st.dataframe(rows, hide_index=True)


def _wordings(found: Result) -> dict[str, list[Any]]:
    return {
        "Wording": [one.template.replace(PLACE, "…") for one in found.wordings],
        "It names": [
            "level" if one.answer is None else _marked(one.answer, found.person)
            for one in found.wordings
        ],
        "Photos": [one.photos for one in found.wordings],
        "Photos with the name asked about": [one.with_person for one in found.wordings],
    }


def _curves(found: Result, number: int) -> None:
    for name, figure, said in (
        (
            "photos",
            online_plots.over_photos(found.curve, found.tau),
            "20 random draws of so many photos: in how many of them the name still comes up.",
        ),
        (
            "wordings",
            online_plots.over_wordings(found.curve),
            "The published rule asks for one wording. Asking for more makes a mistake rarer, and "
            "overlooks more.",
        ),
    ):
        st.plotly_chart(
            figure, key=f"{keys.CHART}.{name}.{number}", config={"displayModeBar": False}
        )
        st.caption(said)


def _marked(name: str, person: str) -> str:
    """Mark the name asked about by a sign, so that it is found without colour."""
    return f"► {name}" if name == person else name


def _refused(refused: Sequence[Mapping[str, str]]) -> None:
    if refused:
        lines.show(
            lines.file_line(one["name"], good=False, word="left out.", notes=(one["why"],))
            for one in refused
        )
