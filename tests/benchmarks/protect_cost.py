"""Time and memory to protect photos (results/protect_cost.json).

`python tests/benchmarks/protect_cost.py` measures one 12-megapixel photo with 1,000 versions, one
of 24 megapixels, and 100 photos of 12 megapixels, each in a fresh process with one thread. The
photos are scikit-image's samples, enlarged, with a camera's grain added, saved as JPEG 92. On a
machine with other work (see `load_average`) the processor's seconds say more than the clock's.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[2]))
RESULT = Path(__file__).parent / "results" / "protect_cost.json"
CASES = (
    {"photos": 1, "width": 4000, "height": 3000, "family": "smooth"},
    {"photos": 1, "width": 4000, "height": 3000, "family": "spread"},
    {"photos": 1, "width": 6000, "height": 4000, "family": "smooth"},
    {"photos": 100, "width": 4000, "height": 3000, "family": "smooth"},
)


def camera_photo(number: int, width: int, height: int) -> bytes:
    """Return a photo-like JPEG of that size."""
    import numpy as np
    import skimage.data
    from PIL import Image

    samples = (
        skimage.data.chelsea,
        skimage.data.coffee,
        skimage.data.astronaut,
        skimage.data.rocket,
    )
    image = Image.fromarray(samples[number % len(samples)]())
    large = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC)).astype(np.int16)
    grain = np.random.default_rng(number).integers(-6, 7, (height, width, 1), dtype=np.int16)
    buffer = BytesIO()
    Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8)).save(
        buffer, "JPEG", quality=92
    )
    return buffer.getvalue()


def measure(case: dict[str, int | str], files: Path) -> dict[str, float]:
    """Seal the photos in `files` and say what it cost in this process."""
    from auditcore.kit import PhotoSource, open_kit, protect_into

    paths = sorted(files.iterdir())
    before, start, cpu = _peak_mb(), time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        protect_into(
            Path(folder),
            [PhotoSource.from_path(path) for path in paths],
            versions=1000,
            family=str(case["family"]),
        )
        sealing, peak = time.perf_counter() - start, _peak_mb()
        cpu = time.process_time() - cpu
        kit_mb = (Path(folder) / "kit.zip").stat().st_size / 1e6
        opening, kit = _timed(lambda: open_kit(Path(folder) / "kit.zip"))
    first, _ = _timed(lambda: kit.version(0, 0))
    hundred, _ = _timed(lambda: [kit.version(0, version) for version in range(100)])
    return {
        "seconds": sealing,
        "seconds_a_photo": sealing / len(paths),
        "cpu_seconds_a_photo": cpu / len(paths),
        "load_average": os.getloadavg()[0],
        "peak_mb": peak,
        "peak_mb_above_start": peak - before,
        "kit_mb": kit_mb,
        "open_seconds": opening,
        "first_version_ms": first * 1000,
        "version_ms": hundred * 10,
    }


def _timed(action: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def _peak_mb() -> float:
    """Return the most memory this process ever held (Linux; a child's own, not its parent's)."""
    line = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert line is not None
    return int(line[1]) / 1000


def _in_fresh_process(case: dict[str, int | str], folder: Path) -> dict[str, int | str | float]:
    command = [sys.executable, __file__, "--case", json.dumps(case), "--files", str(folder)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {**case, **{key: round(value, 3) for key, value in json.loads(output).items()}}


def main() -> None:
    """Measure every case and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case")
    parser.add_argument("--files", type=Path)
    given = parser.parse_args()
    if given.case:
        print(json.dumps(measure(json.loads(given.case), given.files)))
        return
    rows = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(int(case["photos"])):
                data = camera_photo(number, int(case["width"]), int(case["height"]))
                (Path(folder) / f"photo-{number:03d}.jpg").write_bytes(data)
            rows.append(_in_fresh_process(case, Path(folder)))
        print(rows[-1], flush=True)
    machine = {"cores": os.cpu_count(), "threads": 1, "python": platform.python_version()}
    RESULT.write_text(
        json.dumps({"versions": 1000, "machine": machine, "rows": rows}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
