"""The kit's file on its way to workers that cannot see it, sent once for all of them."""

from pathlib import Path
from typing import Any

import numpy as np

from auditcore.errors import KitError

MOST_BYTES = 2_000_000_000


class Parcel:
    """A kit's file that is put into Ray's shared memory when the first worker needs it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._reference: Any = None

    def sent(self, ray: Any) -> Any:
        """Return Ray's reference to the bytes, shape (bytes,) uint8.

        Raises:
            KitError: it is no single file, or too large to be sent.
        """
        if self._reference is None:
            if not self._file.is_file() or self._file.stat().st_size > MOST_BYTES:
                raise KitError(
                    f"A worker cannot see {self._file}, and it is not sent to it: only a kit's "
                    f"file of at most {MOST_BYTES // 10**9} GB is. Put the kit on storage that "
                    "all machines see at the same path."
                )
            self._reference = ray.put(np.fromfile(self._file, dtype=np.uint8))
        return self._reference
