"""What one question of IDIA costs: 1 person x 30 photos x 21 wordings x 1,000 names.

    python tests/benchmarks/idia_speed.py [--model demo:people] [--repeats 3]

Each time is a process of its own with one thread: it opens the model, looks at 30 drawn portraits
of 192 pixels, compares them with all names and applies the rule. The first time the decoys'
features are computed and kept; from the second time on they are read. Wall and processor seconds
are told apart because other work may run beside: where they agree, nothing held this up. The load
is that of the last minute at the end, this work included.
A CLIP of the usual size is measured beside it in its text side alone, since that is what the first
time is spent on: ViT-B/32 with random weights, SAMPLE names in one wording, scaled up.
Results: results/idia_speed.json and results/idia_speed.md.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

RESULTS = Path(__file__).parent / "results"
PHOTOS = 30
SAMPLE = 64
ARCHITECTURE = "ViT-B-32"
PARTS = ("model opened", "photos looked at", "names compared", "rule and curves", "all")


def once(spec: str) -> dict[str, Any]:
    """Ask the question in this process; return seconds (wall, processor) for each part."""
    from auditcore.lab.people import people
    from auditcore.lab.portraits import portrait
    from auditcore.models import open_model
    from auditcore.passive.idia.answers import choose, look
    from auditcore.passive.idia.names import candidate_names
    from auditcore.passive.idia.result import assess

    (person,) = people(1, b"telltale/benchmarks/idia-speed")
    photos = [portrait(person, number) for number in range(PHOTOS)]
    found: dict[str, Any] = {}
    with timed(found, "all"):
        with timed(found, "model opened"):
            model = open_model(spec)
        with timed(found, "photos looked at"):
            seen = look(model, photos)
        with timed(found, "names compared"):
            answers = choose(model, seen, candidate_names([person.name]))
        with timed(found, "rule and curves"):
            result = assess(answers, person.name)
    found["candidates"], found["outcome"] = result.candidates, str(result.outcome)
    found["device"] = model.identity.details["device"]
    found["precision"] = model.identity.details["precision"]
    return found


@contextmanager
def timed(found: dict[str, Any], part: str) -> Iterator[None]:
    """Note the wall and processor seconds of a block."""
    wall, processor = time.perf_counter(), time.process_time()
    yield
    found[part] = [
        round(time.perf_counter() - wall, 3),
        round(time.process_time() - processor, 3),
    ]


def usual_size() -> dict[str, float]:
    """Return processor seconds of all names in all wordings for ViT-B/32, scaled from SAMPLE."""
    import open_clip
    import torch

    from auditcore.models.texts import encode_texts
    from auditcore.passive.idia.names import CANDIDATES, decoy_names
    from auditcore.passive.idia.prompts import TEMPLATES, filled

    torch.set_num_threads(1)
    network = open_clip.create_model(ARCHITECTURE, load_weights=False).eval()
    tokenizer = open_clip.get_tokenizer(ARCHITECTURE)
    longest = max(TEMPLATES, key=len)
    tokens = tokenizer([filled(longest, name) for name in decoy_names()[:SAMPLE]])
    found: dict[str, float] = {}
    with torch.inference_mode():
        ways = {"padding left out": encode_texts, "as open_clip does": _whole}
        for way, encode in ways.items():
            encode(network, tokens[:4])
            start = time.process_time()
            encode(network, tokens)
            spent = time.process_time() - start
            found[way] = round(spent * CANDIDATES * len(TEMPLATES) / SAMPLE, 1)
    return found


def _whole(network: Any, tokens: Any) -> Any:
    return network.encode_text(tokens)


def in_a_process(spec: str, data: Path) -> dict[str, Any]:
    """Ask the question in a process of its own, with this data folder."""
    done = subprocess.run(
        [sys.executable, __file__, "--model", spec, "--once"],
        env={**os.environ, "TELLTALE_DATA": str(data), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def measure(spec: str, repeats: int) -> dict[str, Any]:
    """Ask the first and the second time, `repeats` times each."""
    firsts, seconds = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            firsts.append(in_a_process(spec, Path(folder)))
            seconds.append(in_a_process(spec, Path(folder)))
            kept = sum(p.stat().st_size for p in Path(folder).rglob("*.safetensors"))
    return {
        "model": spec,
        "photos": PHOTOS,
        "kept_bytes": kept,
        "repeats": repeats,
        "load": [round(value, 2) for value in os.getloadavg()],
        "cores": os.cpu_count(),
        "usual_size": usual_size(),
        "first": firsts,
        "second": seconds,
    }


def table(found: dict[str, Any]) -> str:
    """Return the medians as Markdown."""
    one = found["first"][0]
    lines = [
        "# What one question of IDIA costs",
        "",
        *(__doc__ or "").strip().split("\n\n")[2].splitlines(),
        "",
        f"{found['model']} on one thread of a {one['device']}, {one['precision']}; medians of "
        f"{found['repeats']}; load {found['load'][0]} on {found['cores']} cores; "
        f"{found['kept_bytes'] / 1e6:.1f} MB of decoys' features kept.",
        "",
        "| part | first time: wall s | processor s | second time: wall s | processor s |",
        "|---|---|---|---|---|",
    ]
    for part in PARTS:
        cells = [
            f"{median(run[part][kind] for run in found[when]):.2f}"
            for when in ("first", "second")
            for kind in (0, 1)
        ]
        lines.append(f"| {part} | {' | '.join(cells)} |")
    usual = found["usual_size"]
    lines += [
        "",
        f"{ARCHITECTURE}, text side of the first time: about {usual['padding left out']:,.0f} "
        f"processor seconds ({usual['as open_clip does']:,.0f} if the padding behind each text "
        "were computed as well).",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="demo:people")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--once", action="store_true", help="ask once, print the seconds as JSON")
    arguments = parser.parse_args()
    if arguments.once:
        print(json.dumps(once(arguments.model)))
        return
    found = measure(arguments.model, arguments.repeats)
    (RESULTS / "idia_speed.json").write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / "idia_speed.md").write_text(table(found))
    print(table(found))


if __name__ == "__main__":
    main()
