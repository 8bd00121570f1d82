"""A child that counts in its folder, and can be told to fail: for the tests to kill."""

import os
import sys
import time
from pathlib import Path

from auditcore.lab.experiments.children import as_child, progress_file
from auditcore.lab.experiments.journal import add_row, read_rows, write_json
from auditcore.lab.registries import LabError


def main(folder: Path, to: int, how: str) -> None:
    with as_child(folder):
        (folder / "pid").write_text(str(os.getpid()))
        done = len(read_rows(folder / "rows"))
        for number in range(done, to):
            add_row(folder / "rows", {"epoch": number})
            write_json(progress_file(folder), number)
            if how == "told" and number == 1:
                raise LabError("There is no such thing. Take another.")
            if how == "dies":
                os._exit(9)
            time.sleep(0.05 if how == "slow" else 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
