"""The lines that are not UTF-8 in a file that is: each is listed with its bytes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rowkeeper.migration.export.warehouse import decoded
from rowkeeper.migration.reconcile.differences import KEPT, Difference
from rowkeeper.migration.reconcile.rows import SourceRow
from rowkeeper.migration.reconcile.sheet_bytes import sheet_bytes, stray_lines

STRAY = "the line is not UTF-8 and was read by a guess; its bytes are kept"


def stray_rows(file: str, rows: Sequence[SourceRow]) -> Iterator[Difference]:
    """Those of a legacy file, of which raw has the bytes."""
    for row in rows:
        if data := decoded(row.record_base64):
            yield _said(file, row.line, row.row_id or "", data)


def stray_lines_of(source: str, sha256: str | None, data_dir: Path) -> Iterator[Difference]:
    """Those of a sheet's text file; none where its bytes are not kept."""
    data, _ = sheet_bytes(source, sha256, data_dir)
    for line, stray in stray_lines(data or b"").items():
        yield _said(source, line, "", stray)


def _said(file: str, line: int, row_id: str, data: bytes) -> Difference:
    shown = data.decode("utf-8", "backslashreplace").rstrip("\r\n")
    return Difference(KEPT, file, line, "", row_id, shown, "", STRAY)
