"""Results as Parquet tables to save: made when they are asked for, in a thread of their own."""

import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from auditcore.audit import Store


def offer(
    store: Store,
    owner: str,
    audits: Sequence[tuple[str, str]],
    name: str,
    key: str,
    notes: Sequence[tuple[str, str, str]] = (),
) -> None:
    """Offer the tables of audits, each with what its kit is called, as one file; see `tables`."""
    st.download_button(
        "Save the tables (Parquet)",
        lambda: tables(store, owner, audits, notes),
        f"{name}.zip",
        "application/zip",
        key=key,
        icon=":material/table_view:",
        on_click="ignore",
    )


def tables(
    store: Store,
    owner: str,
    audits: Sequence[tuple[str, str]],
    notes: Sequence[tuple[str, str, str]] = (),
) -> bytes:
    """Return photos.parquet and kits.parquet of these audits in one zip.

    `notes`: id and name of kits without an audit to count, and why there is none.
    """
    from auditcore.survey import (
        KitLine,
        Tables,
    )  # brings pyarrow, which no page needs to begin with

    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        with Tables(Path(folder)) as both:
            for audit_id, name in audits:
                both.add_audit(store.audit(audit_id, owner), name)
            for kit_id, name, note in notes:
                both.add_note(KitLine(name, kit_id, note=note))
        with zipfile.ZipFile(out, "w") as archive:
            for file in sorted(Path(folder).iterdir()):
                archive.write(file, file.name)
    return out.getvalue()
