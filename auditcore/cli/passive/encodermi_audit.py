"""`passive encodermi audit`: my pictures against a reference."""

import argparse

from auditcore.cli.output import one_line, print_json, tell
from auditcore.cli.passive.encodermi_ask import ask_about, facts, folder_of
from auditcore.passive.encodermi.comparing import Comparison, compare
from auditcore.passive.encodermi.keeping import load_attacks
from auditcore.passive.encodermi.words import Words, comparison_words


def run(arguments: argparse.Namespace) -> int:
    """Compare, and say what it shows."""
    attacks, card = load_attacks(arguments.attack) if arguments.attack else (None, None)
    mine, reference = folder_of(arguments.mine), folder_of(arguments.reference)
    model = ask_about(arguments, mine, reference)
    found = compare(mine.similarities, reference.similarities, attacks)
    words = comparison_words(found)
    if arguments.json:
        answer = {
            **facts(model, card),
            **found.to_json(),
            "files": {"mine": mine.names, "reference": reference.names},
            "words": words.to_json(),
            "left_out": mine.left_out + reference.left_out,
        }
        print_json(answer)
    else:
        tell(_in_words(found, words, mine.names))
    return 0


def _in_words(found: Comparison, words: Words, names: list[str]) -> str:
    sections = (
        ("", (*words.figures, *words.attacks)),
        ("It means:", words.means),
        ("Bear in mind:", words.means_not),
        ("Of yours, among the top 5% of the reference:", _above(found, names)),
    )
    first = (words.headline, words.grade_means, words.caution)
    lines = [one_line(sentence) for sentence in first]
    for title, sentences in sections:
        if sentences:
            lines += ["", title] if title else [""]
            lines += [f"- {one_line(sentence)}" for sentence in sentences]
    return "\n".join(lines)


def _above(found: Comparison, names: list[str]) -> list[str]:
    if found.cut is None:
        return []
    cut = found.cut
    return [name for name, value in zip(names, found.mine, strict=True) if value > cut]
