"""The rows of the raw tables that a snapshot of the sheet or a legacy CSV makes."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256 as digest

from loaders import columns
from loaders.batches import Rows
from loaders.chain import ChainLink, snapshot_id_of
from loaders.grid import Cell
from loaders.legacy_claims import claims_of
from loaders.legacy_reading import LegacyFile
from loaders.links import legacy_row_links, link_rows, sheet_cell_links
from loaders.row_keys import RowIds, keys_row
from loaders.schemas import Row
from loaders.sheet import Snapshot
from rowkeeper.core.csv.legacy import COLUMNS
from rowkeeper.core.identity import row_id_key
from rowkeeper.core.text import sha256, to_json

RULES_VERSION = 15
"""The version of the rules that make keys, links and claims of a row: the finder and the classifier
of links, the names of columns, the claims. Raise it when what they make changes, so that rows which
older ones read are read again. Rows that name none were read by version 1 or before."""


def values_sha256(values: Mapping[str, str | None], names: Iterable[str]) -> str:
    """The SHA-256 of the values that raw has by name; those that are empty don't count.

    A column that a later version adds changes no hash. ``assert_raw_is_as_loaded`` makes it anew.
    """
    filled = ((name, values.get(name)) for name in sorted(names))
    return sha256("".join(f"{name}\x1e{value}\x1f" for name, value in filled if value))


def add_snapshot(rows: Rows, snapshot: Snapshot, previous: ChainLink, ids: RowIds) -> None:
    """Add ``snapshot`` to ``rows``, its row ids as ``ids`` spells them, behind ``previous``.

    A load that is tried again has the same keys, and a sheet that turns back to an old content gets
    a new one.
    """
    facts = _snapshot_row(snapshot, previous)
    snapshot_id = facts["snapshot_id"]
    rows["sheet_snapshots"].append(facts)
    for row in snapshot.rows:
        row_key = f"{snapshot_id}:{row.number}"
        rows["sheet_rows"].append(
            {
                "row_key": row_key,
                "snapshot_id": snapshot_id,
                "sheet_row": row.number,
                "is_header": row.is_header,
                "content_sha256": row.content_sha256,
                "values_sha256": values_sha256(row.values, columns.COLUMNS),
                "cells": row.cells_json,
                **row.values,
            }
        )
        row_id = ids.of(row.values["row_id"])
        add_sheet_content(rows, row_key, row_id, row.values, row.named, is_header=row.is_header)


def _snapshot_row(snapshot: Snapshot, previous: ChainLink) -> Row:
    snapshot_id = snapshot_id_of(
        previous.snapshot_id, snapshot.source, snapshot.tab_gid, snapshot.content_sha256
    )
    return {
        "snapshot_id": snapshot_id,
        "source": snapshot.source,
        "tab_gid": snapshot.tab_gid,
        "tab_title": snapshot.tab_title,
        "observed_at": snapshot.observed_at,
        "content_sha256": snapshot.content_sha256,
        "row_count": len(snapshot.rows),
        "previous_id": previous.snapshot_id,
        "snapshot_number": previous.number + 1,
        "notice": " ".join(snapshot.notices) or None,
        "source_sha256": snapshot.source_sha256,
        "rules_version": RULES_VERSION,
    }


def add_sheet_content(
    rows: Rows,
    row_key: str,
    row_id: str,
    values: Mapping[str, str | None],
    named: Iterable[tuple[str, Cell]],
    *,
    is_header: bool,
) -> None:
    """Add the keys of a row and the links of all its cells; those of a header row are nobody's."""
    rows["row_keys"].append(keys_row(row_key, row_id, values))
    for column, cell in named:
        rows["links"] += link_rows(
            sheet_cell_links(cell.text, cell.links),
            row_key=row_key,
            source="sheet",
            row_id="" if is_header else row_id,
            column=column,
        )


def add_legacy_file(rows: Rows, file: LegacyFile, ids: RowIds) -> None:
    """Add ``file``, its rows, their links and what they claim to ``rows``.

    An id that no other source has spelt yet is taken in its normal form: these files went through
    programs that make ``3.0`` of 3.
    """
    count, content = 0, digest(b"[")  # of JSON: the line and two hashes of each row
    for count, row in enumerate(file.rows(), 1):
        facts = to_json([row.line, row.content_sha256, sha256(row.text)])
        content.update(f"{',' * (count > 1)}{facts}".encode())
        row_key = f"{file.file_sha256}:{row.line}"
        rows["legacy_csv_rows"].append(
            {
                "row_key": row_key,
                "file_sha256": file.file_sha256,
                "line": row.line,
                "is_header": row.is_header,
                "generation": row.generation,
                "content_sha256": row.content_sha256,
                "values_sha256": values_sha256(row.values, COLUMNS),
                "cells": row.cells_json,
                "record_text": row.text,
                "record_base64": _base64(row.data),
                **row.values,
            }
        )
        row_id = ids.of(written := row.values.get("row_id"), new=row_id_key(written))
        add_legacy_content(rows, row_key, row_id, row.values, row.named)
    content.update(b"]")
    rows["legacy_csv_files"].append(_file_row(file, count, content.hexdigest()))


def _file_row(file: LegacyFile, row_count: int, content_sha256: str) -> Row:
    return {
        "file_sha256": file.file_sha256,
        "file_name": file.path.name,
        "file_path": str(file.path.resolve()),
        "file_mtime": file.modified_at,
        "generation": file.generation,
        "header": to_json(file.header),
        "header_text": file.header_text,
        "encoding": file.encoding,
        "notice": file.notice,
        "line_end": file.line_end,
        "delimiter": file.delimiter,
        "preamble": file.preamble,
        "layout": to_json(file.layout),
        "header_base64": _base64(file.header_data),
        "row_count": row_count,
        "content_sha256": content_sha256,
        "rules_version": RULES_VERSION,
    }


def add_legacy_content(
    rows: Rows,
    row_key: str,
    row_id: str,
    values: Mapping[str, str],
    named: Iterable[tuple[str, str]],
) -> None:
    """Add the keys of a legacy row, the links of its cells and what it claims."""
    rows["row_keys"].append(keys_row(row_key, row_id, values))
    links = legacy_row_links(named, row_key, row_id)
    rows["links"] += links
    rows["legacy_claims"] += claims_of(values, row_key, row_id, links)


def _base64(data: bytes | None) -> str | None:
    return None if data is None else b64encode(data).decode()
