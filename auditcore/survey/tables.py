"""The results of audits as Parquet: photos.parquet, a row a photo; kits.parquet, a row a statement.

Rows stand in the order of the kits and of the photos in them, so that the same audits give the same
tables. Types are plain: text, whole numbers, floats, null for what there is not. They are written
as the audits end, some thousand rows at a time. What each column means, and what it does not, is
in the tables themselves: `pyarrow.parquet.read_schema(file).field("decision").metadata`.

photos.parquet
    kit             text    the kit's place in the folder, or its id
    kit_id          text    SHA-256 of the kit
    audit_id        text    of the audit in this ledger
    photo           int32   index in the kit, from 0
    file            text    the photo's file
    hidden_queries  int32   t: hidden versions compared with the published one
    beaten_by       int32   K: how many of them scored above it
    log_statistic   float64 natural log of the photo's own statistic; null for log 0, and where no
                            claim is made about the photo by itself
    log_threshold   float64 where the claim about the photo begins; null where none is made
    decision        text    used | not shown | cannot tell; null where no claim is made about it
    claim           text    what the audit's one statement is about

kits.parquet
    kit, kit_id, audit_id   as above; audit_id is null where no audit could be started
    photos, versions        int32   of the kit
    claim, test, collection_test, score     text
    p               text    the kit's share of the accepted chance of a false alarm, as a fraction
    level           text    what this attempt was tested at, as a fraction
    attempt, models_tried   int32
    queries         int64   versions asked about
    decision        text    used | not shown | cannot tell; null where there is no verdict
    statistic, threshold    float64, statistic_name text: of the collection, null where none is kept
    grade           text    guaranteed | no guarantee
    headline        text    the verdict in one sentence
    note            text    why there is no verdict, else null
    model, fingerprint, started, software   text
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from auditcore.audit import AuditRecord, Store, verdict_words
from auditcore.errors import EvidenceError
from auditcore.survey.running import KitLine

PHOTOS_FILE, KITS_FILE = "photos.parquet", "kits.parquet"
ROWS = 10_000
"""Rows of a group: what is held in memory."""

_TEXT, _COUNT, _REAL = pa.string(), pa.int32(), pa.float64()
_PHOTOS: tuple[tuple[str, Any, str], ...] = (
    ("kit", _TEXT, "The kit's place in the folder, or its id."),
    ("kit_id", _TEXT, "SHA-256 of the kit."),
    ("audit_id", _TEXT, "The audit in the ledger of the machine that wrote this."),
    ("photo", _COUNT, "Index in the kit, from 0."),
    ("file", _TEXT, "The photo's file."),
    ("hidden_queries", _COUNT, "Hidden versions compared with the published one (t)."),
    ("beaten_by", _COUNT, "How many of them scored above the published one (K)."),
    (
        "log_statistic",
        _REAL,
        "Natural log of this photo's own statistic. Null for log 0, and where no claim is made "
        "about this photo by itself, as under a claim about the collection: of many photos, some "
        "stand high by chance alone.",
    ),
    (
        "log_threshold",
        _REAL,
        "What log_statistic has to reach. Null where no claim is made about this photo by itself.",
    ),
    (
        "decision",
        _TEXT,
        "Used, not shown or cannot tell. Null: no claim is made about this photo by itself, as "
        "under a claim about the collection. Not shown never means not used.",
    ),
    ("claim", _TEXT, "What the audit's one statement is about."),
)
_KITS: tuple[tuple[str, Any, str], ...] = (
    ("kit", _TEXT, "The kit's place in the folder, or its id."),
    ("kit_id", _TEXT, "SHA-256 of the kit, null for a file that could not be opened."),
    ("audit_id", _TEXT, "The audit in the ledger of the machine that wrote this, or null."),
    ("photos", _COUNT, "Photos in the kit."),
    ("versions", _COUNT, "Versions of each photo, the published one included."),
    ("claim", _TEXT, "What the one statement is about: the collection, each photo, or one."),
    ("test", _TEXT, "The sequential test."),
    ("collection_test", _TEXT, "How a collection is tested."),
    ("score", _TEXT, "The score."),
    ("p", _TEXT, "This kit's accepted chance of a false alarm, over all attempts; a fraction."),
    ("level", _TEXT, "What this attempt was tested at; a fraction."),
    ("attempt", _COUNT, "Which attempt of this kit on this model it is."),
    ("models_tried", _COUNT, "Models this kit was pointed at; false alarms add up over them."),
    ("queries", pa.int64(), "Versions asked about."),
    (
        "decision",
        _TEXT,
        "Used, not shown or cannot tell, about the claim; null: no verdict. Not shown never means "
        "not used.",
    ),
    ("statistic", _REAL, "Evidence on the collection, or its p-value (see statistic_name)."),
    ("threshold", _REAL, "Used at or above it for evidence, at or below it for a p-value."),
    ("statistic_name", _TEXT, "What the statistic is."),
    ("grade", _TEXT, "Guaranteed; or no guarantee, for a kit made from a given seed."),
    ("headline", _TEXT, "The verdict in one sentence."),
    ("note", _TEXT, "Why there is no verdict, else null."),
    ("model", _TEXT, "The model's name."),
    ("fingerprint", _TEXT, "SHA-256 of the model's weights and preprocessing."),
    ("started", _TEXT, "When the audit was started, UTC."),
    ("software", _TEXT, "What made it."),
)


def _schema(columns: Sequence[tuple[str, Any, str]], about: str) -> Any:
    fields = [pa.field(name, kind, metadata={"means": means}) for name, kind, means in columns]
    return pa.schema(fields, metadata={"telltale": "results", "about": about})


PHOTOS_SCHEMA = _schema(
    _PHOTOS,
    "One row a photo of an audited kit. An audit makes one statement; see column claim.",
)
KITS_SCHEMA = _schema(
    _KITS,
    "One row a kit: one statement at the kit's own level. All statements of a survey together "
    "raise a false alarm with at most the sum of their p.",
)


def write_tables(folder: Path, store: Store, audit_ids: Iterable[str]) -> None:
    """Write photos.parquet and kits.parquet of these audits, in this order; both appear at the end.

    Raises:
        AuditError: there is no such audit.
        EvidenceError: the folder cannot be written to.
    """
    with Tables(folder) as tables:
        for audit_id in audit_ids:
            tables.add_audit(store.audit(audit_id))


class Tables:
    """Both tables while they are written; they appear when the block ends without an error.

    Raises:
        EvidenceError: the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._photos = self._writer(PHOTOS_FILE, PHOTOS_SCHEMA)
            self._kits = self._writer(KITS_FILE, KITS_SCHEMA)
        except OSError as error:
            raise self._cannot_write() from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        try:
            self._photos.close()
            self._kits.close()
            for name in (PHOTOS_FILE, KITS_FILE):
                unfinished = self._unfinished(name)
                if kind is None:
                    unfinished.replace(self._folder / name)
                else:
                    unfinished.unlink()
        except OSError as error:
            raise self._cannot_write() from error

    def add_audit(self, record: AuditRecord, name: str | None = None) -> None:
        """Add a kit and its photos, from its audit; `name`: what the kit is called, its id if None.

        Raises:
            EvidenceError: the folder cannot be written to.
        """
        called = name or record.plan.kit_id
        self._photos.write_all(_photo_rows(record, called))
        self._kits.write_all([_kit_row(record, called)])

    def add_note(self, line: KitLine) -> None:
        """Add a kit without an audit, with the reason."""
        row = dict.fromkeys(KITS_SCHEMA.names)
        row |= {"kit": line.name, "kit_id": line.kit_id, "note": line.note}
        self._kits.write_all([row | {"photos": line.photos or None}])

    def _writer(self, name: str, schema: Any) -> "_Writer":
        return _Writer(self._unfinished(name), schema)

    def _unfinished(self, name: str) -> Path:
        return self._folder / f".{name}.unfinished"

    def _cannot_write(self) -> EvidenceError:
        return EvidenceError(
            f"The tables cannot be written to {self._folder}. The audits are kept: name another "
            "folder and run the same command again."
        )


class _Writer:
    """One table, written some thousand rows at a time."""

    def __init__(self, path: Path, schema: Any) -> None:
        self._schema = schema
        self._file = pq.ParquetWriter(path, schema, compression="zstd")
        self._rows: list[Mapping[str, Any]] = []

    def write_all(self, rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            self._rows.append(row)
            if len(self._rows) == ROWS:
                self._flush()

    def close(self) -> None:
        if self._rows:
            self._flush()
        self._file.close()

    def _flush(self) -> None:
        self._file.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []


def _photo_rows(record: AuditRecord, called: str) -> Iterator[dict[str, Any]]:
    plan, verdict = record.plan, record.verdict
    if verdict is None:
        return
    for photo in plan.photos:
        one = verdict.photos[photo]
        yield {
            "kit": called,
            "kit_id": plan.kit_id,
            "audit_id": record.id,
            "photo": photo,
            "file": one.file,
            "hidden_queries": one.hidden_queries,
            "beaten_by": one.beaten_by,
            "log_statistic": None if plan.together else _log(one.statistic),
            "log_threshold": None if plan.together else _log(one.threshold),
            "decision": None if plan.together else one.decision.value,
            "claim": str(plan.claim),
        }


def _kit_row(record: AuditRecord, called: str) -> dict[str, Any]:
    plan, verdict = record.plan, record.verdict
    row = {
        "kit": called,
        "kit_id": plan.kit_id,
        "audit_id": record.id,
        "photos": len(plan.files),
        "versions": plan.versions,
        "claim": str(plan.claim),
        "test": plan.test,
        "collection_test": plan.collection_test,
        "score": str(plan.score["name"]),
        "p": str(plan.p),
        "level": str(plan.level),
        "attempt": plan.attempt,
        "models_tried": plan.models_tried,
        "queries": record.queries,
        "model": str(plan.model["name"]),
        "fingerprint": str(plan.model["fingerprint"]),
        "started": plan.started,
        "software": plan.software,
        "note": record.note or None if verdict is None else verdict.reason,
    }
    return {name: row.get(name) for name in KITS_SCHEMA.names} | _outcome(record)


def _outcome(record: AuditRecord) -> dict[str, Any]:
    if record.verdict is None:
        return {}
    words, together = verdict_words(record.verdict, record.plan), record.verdict.collection
    return {
        "decision": record.verdict.decision.value,
        "statistic": together.statistic,
        "threshold": together.threshold,
        "statistic_name": together.statistic_name,
        "grade": words.grade,
        "headline": words.headline,
    }


def _log(value: float) -> float | None:
    return math.log(value) if value > 0 else None
