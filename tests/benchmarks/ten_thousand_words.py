"""What `ten_thousand.py` measured, as a page."""

from typing import Any

import machine

COLUMNS = ("", "local, demo:with", "local, demo:without", "killed and resumed", "Ray, one killed")
NAMES = ("local demo:with", "local demo:without", "resumed", "ray")
ROWS = {
    "verdict": "decision",
    "p-value of the rank-sum": "p_value",
    "queries": "queries",
    "seconds": "seconds",
    "seconds to open kit and model": "seconds_to_open",
    "photos/s": "photos_per_second",
    "pictures/s": "pictures_per_second",
    "processor seconds": "cpu_seconds",
    "peak memory, all processes, MB": "peak_memory_mb",
    "answers in the log twice": "answers_in_log_twice",
}


def page(facts: dict[str, Any]) -> str:
    """Return the page; a part that was not run yet has empty cells."""
    kit, ran = facts["kit"], [facts[name] for name in NAMES if name in facts]
    titles = [" | ".join(COLUMNS), "|".join("---" for _ in COLUMNS)]
    table = [
        " | ".join([title, *(said(facts.get(name, {}).get(key)) for name in NAMES)])
        for title, key in ROWS.items()
    ]
    return "\n".join(
        [
            f"# An audit of {kit['photos']:,} photos on one machine",
            "",
            "From `ten_thousand.json`, written by `python tests/benchmarks/ten_thousand.py "
            f"--kit KIT.zip`. Kit: {kit['photos']:,} photos, {kit['bytes'] / 1e6:,.0f} MB, "
            f"{ran[0]['hidden_versions_a_photo']} hidden versions a photo and the published one, "
            f"{views(ran)} views each; the collection's rank-sum. Neither model was trained on "
            "these photos.",
            "",
            *(f"| {line} |" for line in [*titles, *table]),
            "",
            *resumed(facts.get("resumed")),
            *through_ray(facts.get("ray")),
            machine.sentence(ran[0]["machine"]),
            "",
        ]
    )


def views(ran: list[dict[str, Any]]) -> int:
    """Return the views a version."""
    return int(next(part["views"] for part in ran if "views" in part))


def said(value: Any) -> str:
    """Return a cell."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def resumed(part: dict[str, Any] | None) -> list[str]:
    """Return what killing the audit did."""
    if part is None:
        return []
    return [
        f"Killed (SIGKILL) with {part['answers_on_disk_when_killed']:,} answers on disk and "
        f"started anew: {part['asked_after_the_kill']:,} versions were asked about after the kill, "
        f"{part['answers_on_disk_asked_again']:,} of them with an answer on disk. "
        f"{alike(part['same_as_local'])}",
        "",
    ]


def through_ray(part: dict[str, Any] | None) -> list[str]:
    """Return what killing a worker did."""
    if part is None:
        return []
    return [
        f"Ray with {part['workers']} workers on this machine, {part['workers_killed']} of them "
        f"killed half-way and replaced. {alike(part['same_as_local'])}",
        "",
    ]


def alike(same: dict[str, bool]) -> str:
    """Return what is byte for byte as in the undisturbed local audit, and what is not."""
    equal = [name for name, value in same.items() if value]
    other = [name for name, value in same.items() if not value]
    differing = f" Different: {', '.join(other)}." if other else ""
    return f"Byte for byte as in the undisturbed local audit: {', '.join(equal)}.{differing}"
