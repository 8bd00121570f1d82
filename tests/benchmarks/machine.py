"""What a benchmark ran on: named in every result, so that no figure is read without it."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "torch", "open_clip_torch", "openvino", "onnxruntime", "numpy", "pillow", "ray", "streamlit",
)  # fmt: skip


def described() -> dict[str, Any]:
    """Return the processor, its cores, the memory, the libraries and the load at this moment."""
    import torch

    cuda = torch.cuda.is_available()
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "graphics_card": torch.cuda.get_device_name() if cuda else None,
        "python": platform.python_version(),
        "libraries": {name: found for name in PACKAGES if (found := _version(name))},
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def sentence(facts: dict[str, Any]) -> str:
    """Return the facts as one line of a table's caption."""
    libraries = ", ".join(f"{name} {number}" for name, number in facts["libraries"].items())
    card = f"{facts['graphics_card']}; " if facts["graphics_card"] else "no graphics card; "
    return (
        f"{card}{facts['processor']}, {facts['cores']} cores, {facts['memory_gb']} GB; Python "
        f"{facts['python']}, {libraries}; load {facts['load_at_start']} at the start."
    )


def processor() -> str:
    """Return the processor's name with family and model, which tell apart what shares a name."""
    told = Path("/proc/cpuinfo")
    if not told.is_file():
        return platform.processor() or platform.machine()
    lines = (line.partition(":") for line in told.read_text().splitlines())
    facts = {name.strip(): value.strip() for name, _, value in lines}
    named = facts.get("model name", platform.machine())
    return f"{named} (family {facts.get('cpu family')}, model {facts.get('model')})"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
