"""The teacher's sheet: exercises with the figures that come out, and five minutes for a hall.

`python -m auditcore lab sheet` prints it; the copy in assets/teaching was made so, and a test makes
it again.
"""

from pathlib import Path

from auditcore.lab.exercises import Exercise, exercises
from auditcore.lab.experiments import Experiment, shipped_experiment
from auditcore.paths import assets_dir

_TITLE = """# Was my photo used to train this model? A teacher's sheet

For one or two lessons, from about 14 years on, and for a hall of grown-ups. Nothing has to be known
about machine learning. Everything runs on one machine without a network: `streamlit run app.py`
opens the pages (menu “Learn”), and the commands are typed in the folder of Telltale.

Every figure below was computed by Telltale itself: `python -m auditcore lab sheet` makes this sheet
again. Where luck plays a part, the range to expect is given, or the seed that gives just these
figures."""

_HALL = """## Five minutes in a hall

The page **Present** fills the screen: right arrow or Page Down for the next step, left arrow or
Page Up to go back, S to start again, Esc to leave; F11 hides the browser. It shows the newest
experiment made on the machine, or else one made earlier, and says which. A minute a step:

1. **Before a photo goes online.** Let them look for the difference between the two photos. Chance
   has picked, and nobody can foresee or steer it.
2. **Two AI models learn.** Ask the hall how one could tell, from outside, which of the two saw the
   photos.
3. **Both are asked.** Say that the dotted line was drawn before the first question. Silence is no
   proof of innocence: “not shown” is never “not used”.
4. **Could it be bad luck?** The models are audited while they watch. S and the way back here take
   a thousand others.
5. **Told to forget.** Ask what “deleted” should mean in a rule, and how anybody would check it."""

_PLAN = """## A plan for 45 minutes

Exercises 1, 2, 4, 5 and 9, then the step “Told to forget” of Present and the questions at the end.
For 90 minutes take all of them; exercises 9 and 11 train models, which takes about two minutes
each: start them first and look at their figures last."""

_QUESTIONS = """## Questions to end with

- The promise is “at most 1 in 100 innocent models is accused”. Is that strict enough for a
  newspaper? For a court? What does a stricter promise cost?
- A company says that it deleted your photos and that its model has forgotten them. What would you
  ask it to show?
- Whoever holds the kit knows which version was published. What could a dishonest owner do with it,
  and what could a company do that knows of such audits?
- The method needs photos marked **before** they went online. What is left for all others, and how
  much is it worth? (Exercise 8.)"""


def sheet_file() -> Path:
    """Return the file of the sheet that is shipped."""
    return assets_dir() / "teaching" / "teachers-sheet.md"


def teachers_sheet(experiment: Experiment | None = None) -> str:
    """Return the sheet in Markdown, with every figure computed now; takes some seconds.

    Args:
        experiment: finished, with ways of forgetting; the one that is shipped when None.

    Raises:
        LabError: the shipped experiment is missing.
    """
    every = exercises(experiment or shipped_experiment())
    told = [_exercise(number, one) for number, one in enumerate(every, start=1)]
    parts = (_TITLE, _HALL, _PLAN, "## Exercises", *told, _QUESTIONS)
    return "\n\n".join(parts)


def _exercise(number: int, one: Exercise) -> str:
    return (
        f"### {number}. {one.title} ({one.minutes} minutes)\n\n**Ask.** {one.ask}\n\n"
        f"**Do.** {one.do}\n\n**Comes out.** {one.expect}\n\n**To take home.** {one.learn}"
    )
