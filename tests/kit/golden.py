"""A kit that was sealed once and for all, and what it must give on every machine.

`python tests/kit/golden.py` seals it anew: only when a format or a recipe of marks is changed on
purpose, because every kit that people hold then needs an answer too.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
KIT, FACTS = HERE / "golden.zip", HERE / "golden.json"
_VERSIONS = (0, 1, 7, 19)


def facts(kit_bytes: bytes) -> dict[str, Any]:
    """Return what follows from a kit: ids, draws, and the pixels of some versions."""
    from auditcore.kit import open_kit

    kit = open_kit(kit_bytes)
    return {
        "id": kit.id,
        "seed": kit.seed.hex(),
        "commitment": kit.public.commitment,
        "published": [kit.published_version(photo) for photo in range(len(kit.photos))],
        "order": [kit.hidden_order(photo) for photo in range(len(kit.photos))],
        "priorities": [
            [kit.tie_priority(photo, version) for version in range(kit.versions)]
            for photo in range(len(kit.photos))
        ],
        "pixels": [
            [hashlib.sha256(kit.version(photo, v).tobytes()).hexdigest() for v in _VERSIONS]
            for photo in range(len(kit.photos))
        ],
    }


def _seal() -> None:
    sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]
    from hostile import small_kit

    KIT.write_bytes(small_kit())
    FACTS.write_text(json.dumps(facts(small_kit()), indent=1) + "\n")


if __name__ == "__main__":
    _seal()
