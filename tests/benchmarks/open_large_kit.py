"""Time and memory to open kits of up to 100,000 photos (results/open_large_kit.json).

`python tests/benchmarks/open_large_kit.py` writes kits of tiny pictures, sealed as any kit is but
for the pictures' size, and opens each in a fresh process.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from auditcore.kit import KitPhoto, PublicPart, open_kit
from auditcore.kit.kit import encode_base
from auditcore.kit.parts import FORMAT_VERSION, SecretPart, SecretPhoto
from auditcore.kit.sealing import members
from auditcore.kit.spelling import write_zip
from auditcore.kit.stored import InMemory, sha256
from auditcore.marks import find_family

RESULT = Path(__file__).parent / "results" / "open_large_kit.json"
SIZES = (1_000, 10_000, 100_000)
SEED = bytes(32)
USED = 1_000


def write_kit(path: Path, photos: int) -> None:
    """Seal a kit of that many pictures of 8 x 8 pixels."""
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, 256, (32, 32, 3)).astype(np.uint8)
    mark = find_family("smooth").prepare(
        pixels, grey=False, visibility=3.0, versions=1000, seed=SEED, photo=0
    )
    pictures = draw.integers(0, 256, (photos, 8, 8, 3)).astype(np.uint8)
    bases = [encode_base(picture, False) for picture in pictures]
    digests = {name: sha256(part) for name, part in mark.parts().items()}
    public = PublicPart(
        format_version=FORMAT_VERSION,
        software="telltale benchmark",
        created="2026-01-01T00:00:00Z",
        versions=1000,
        family="smooth",
        visibility=3.0,
        test_seed=SEED.hex(),
        photos=tuple(_photo(number) for number in range(photos)),
    )
    sealed = tuple(SecretPhoto(sha256(base), digests) for base in bases)
    secret = SecretPart(SEED, public.digest(), sealed)
    public = replace(public, commitment=secret.commitment())
    with path.open("wb") as file:
        write_zip(file, members(public, secret, InMemory(bases, [mark.parts()] * photos)))


def _photo(number: int) -> KitPhoto:
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    caption = f"picture {number} of a large collection, with a caption as long as most are"
    return KitPhoto(
        f"photo-{number:06}.jpg", "JPEG", 8, 8, False, caption, None, digest, digest
    )  # fmt: skip


def measure(path: Path) -> dict[str, float]:
    """Open a kit in this process and use some of its photos."""
    before, start, cpu = _peak_mb(), time.perf_counter(), time.process_time()
    kit = open_kit(path)
    cpu = time.process_time() - cpu
    opening, opened = time.perf_counter() - start, _peak_mb()
    start = time.perf_counter()
    used = range(0, len(kit.photos), max(1, len(kit.photos) // USED))
    for photo in used:
        kit.version(photo, 1)
        kit.tie_priority(photo, 1)
        kit.hidden_order(photo)
    return {
        "photos": len(kit.photos),
        "kit_mb": path.stat().st_size / 1e6,
        "open_seconds": opening,
        "open_cpu_seconds": cpu,
        "peak_mb_at_start": before,
        "peak_mb_opened": opened,
        "first_use_ms_a_photo": 1000 * (time.perf_counter() - start) / len(used),
        "peak_mb_used": _peak_mb(),
    }


def _peak_mb() -> float:
    line = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert line is not None
    return int(line[1]) / 1000


def main() -> None:
    """Measure every size and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.kit:
        print(json.dumps(measure(given.kit)))
        return
    rows = []
    for photos in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            write_kit(Path(folder) / "kit.zip", photos)
            command = [sys.executable, __file__, "--kit", str(Path(folder) / "kit.zip")]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows.append({name: round(value, 2) for name, value in json.loads(told).items()})
        print(rows[-1], flush=True)
    document = {"load_average": round(os.getloadavg()[0], 1), "rows": rows}
    RESULT.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
