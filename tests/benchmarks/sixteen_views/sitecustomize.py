"""Gives every score of several views 16 of them, in whatever Telltale the process runs.

Python loads this by itself where the folder is on PYTHONPATH; `verdict_time.py` puts it there.
"""

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

VIEWS = 16
_PLACE = "auditcore.scores.choices"


class _Sixteen(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _PLACE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.loader is not None
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            for key, score in module.SCORES.items():
                if score.views > 1:
                    module.SCORES[key] = replace(score, views=VIEWS)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, _Sixteen())
