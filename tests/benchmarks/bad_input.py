"""Write down what a person reads for each hostile or odd file (results/bad_input.md)."""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import reading_aloud  # noqa: E402
from hostile import Case, hostile_captions, hostile_photos  # noqa: E402
from hostile_kits import hostile_kits  # noqa: E402

RESULT = Path(__file__).parent / "results" / "bad_input.md"
Reader = Callable[[Case], tuple[bool, str]]


def table() -> str:
    """Return the three tables as Markdown."""
    sections: list[tuple[str, list[Case], Reader]] = [
        ("Photos", hostile_photos(), reading_aloud.of_photo),
        ("Kits", hostile_kits(), reading_aloud.of_kit),
        ("Captions", hostile_captions(), reading_aloud.of_captions),
    ]
    total = sum(len(cases) for _, cases, _ in sections)
    lines = [
        "# What a person reads",
        "",
        f"{total} hostile or odd files, made by `tests/hostile.py`; written by "
        "`python tests/benchmarks/bad_input.py`, compared with the program's words by a test.",
    ]
    for title, cases, read in sections:
        lines += [
            "",
            f"## {title}",
            "",
            "| the file | taken | what the person reads |",
            "|---|---|---|",
        ]
        for case in cases:
            accepted, said = read(case)
            lines.append(f"| {case.what} | {'yes' if accepted else 'no'} | {said} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    RESULT.write_text(table(), encoding="utf-8")
