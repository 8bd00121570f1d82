"""The shelf of kits that a person keeps on this machine, made here or brought along."""

import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from auditcore import paths
from auditcore.database import LOCAL_OWNER, for_writing
from auditcore.errors import KitError
from auditcore.jobs.tables import KitRow, connect


@dataclass(frozen=True)
class KeptKit:
    """One kit on the shelf: its id, what its owner sees it called, and when it was put there."""

    kit_id: str
    title: str
    photos: int
    made_here: bool
    created: datetime


class Shelf:
    """Kits by owner. A kit holds secrets, so nobody but its owner can list or open it here."""

    def __init__(self, database: Path | None = None) -> None:
        self._engine = connect(database or paths.database())

    def keep(
        self, kit_id: str, kit: bytes, *, title: str, photos: int, made_here: bool, owner: str
    ) -> None:
        """Put a kit on the shelf (again): the file first, then the line that names it."""
        _write_whole(paths.kits_dir() / f"{kit_id}.zip", kit)
        row = KitRow(
            owner=owner,
            kit_id=kit_id,
            title=title,
            photos=photos,
            made_here=made_here,
            created=datetime.now(UTC).replace(tzinfo=None),
        )
        with Session(for_writing(self._engine)) as session, session.begin():
            if session.get(KitRow, (owner, kit_id)) is None:
                session.add(row)

    def list(self, owner: str = LOCAL_OWNER) -> list[KeptKit]:
        """Return the owner's kits, the newest first."""
        wanted = select(KitRow).where(KitRow.owner == owner).order_by(KitRow.created.desc())
        with Session(self._engine) as session:
            return [_as_kept(row) for row in session.scalars(wanted)]

    def path(self, kit_id: str, owner: str = LOCAL_OWNER) -> Path:
        """Return the file of one kit; raises KitError when the owner keeps no such kit here."""
        with Session(self._engine) as session:
            known = session.get(KitRow, (owner, kit_id)) is not None
        file = paths.kits_dir() / f"{kit_id}.zip"
        if not known or not file.is_file():
            raise KitError(
                "That kit is not kept on this machine any more. Open it again from the file that "
                "you saved when the photos were protected."
            )
        return file


def _as_kept(row: KitRow) -> KeptKit:
    created = row.created.replace(tzinfo=UTC)
    return KeptKit(row.kit_id, row.title, row.photos, row.made_here, created)


def _write_whole(path: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
        part.write(data)
        part.flush()
        os.fsync(part.fileno())
    Path(part.name).replace(path)
