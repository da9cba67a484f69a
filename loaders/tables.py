"""The raw tables that dlt loads: their columns, their keys and the rows of a snapshot or a file."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

import pyarrow as pa  # type: ignore[import-untyped]

from loaders import columns
from loaders.chain import ChainLink, snapshot_id_of
from loaders.grid import Cell
from loaders.legacy_claims import claims_of
from loaders.legacy_reading import LegacyFile
from loaders.links import legacy_row_links, link_rows, sheet_cell_links
from loaders.row_keys import RowIds, keys_row
from loaders.sheet import Snapshot
from rowkeeper.core.csv.legacy import COLUMNS
from rowkeeper.core.identity import row_id_key
from rowkeeper.core.text import sha256, to_json

Row = dict[str, Any]
TableName = Literal[
    "sheet_snapshots",
    "sheet_rows",
    "legacy_csv_files",
    "legacy_csv_rows",
    "row_keys",
    "legacy_claims",
    "legacy_evidence",
    "links",
]
EVIDENCE: TableName = "legacy_evidence"
TABLES: tuple[TableName, ...] = tuple(name for name in get_args(TableName) if name != EVIDENCE)
"""What each ingest loads. Evidence is loaded only where somebody has a list of it."""
Rows = dict[TableName, list[Row]]

RULES_VERSION = 12
"""The version of the rules that make keys, links and claims of a row: the finder and the classifier
of links, the names of columns, the claims. Raise it when what they make changes, so that rows which
older ones read are read again. Rows that name none were read by version 1 or before."""

KEYS: dict[TableName, str] = {
    "sheet_snapshots": "snapshot_id",
    "sheet_rows": "row_key",
    "legacy_csv_files": "file_sha256",
    "legacy_csv_rows": "row_key",
    "row_keys": "row_key",
    "legacy_claims": "claim_key",
    "legacy_evidence": "evidence_key",
    "links": "link_key",
}

_TEXT, _COUNT, _FLAG = pa.string(), pa.int64(), pa.bool_()
_TIME = pa.timestamp("us", tz="UTC")


def _schema(*columns: tuple[str, pa.DataType], text: tuple[str, ...] = ()) -> pa.Schema:
    return pa.schema([*columns, *((name, _TEXT) for name in text)])


SCHEMAS: dict[TableName, pa.Schema] = {
    "sheet_snapshots": _schema(
        ("snapshot_id", _TEXT),
        ("source", _TEXT),
        ("tab_gid", _TEXT),
        ("tab_title", _TEXT),
        ("observed_at", _TIME),
        ("content_sha256", _TEXT),
        ("row_count", _COUNT),
        ("previous_id", _TEXT),
        ("snapshot_number", _COUNT),
        ("notice", _TEXT),
        ("source_sha256", _TEXT),
        ("rules_version", _COUNT),
    ),
    "sheet_rows": _schema(
        ("row_key", _TEXT),
        ("snapshot_id", _TEXT),
        ("sheet_row", _COUNT),
        ("is_header", _FLAG),
        ("content_sha256", _TEXT),
        ("values_sha256", _TEXT),
        ("cells", _TEXT),
        text=columns.COLUMNS,
    ),
    "legacy_csv_files": _schema(
        ("file_sha256", _TEXT),
        ("file_name", _TEXT),
        ("file_path", _TEXT),
        ("file_mtime", _TIME),
        ("generation", _COUNT),
        ("header", _TEXT),
        ("header_text", _TEXT),
        ("encoding", _TEXT),
        ("notice", _TEXT),
        ("line_end", _TEXT),
        ("delimiter", _TEXT),
        ("preamble", _TEXT),
        ("layout", _TEXT),
        ("header_base64", _TEXT),
        ("row_count", _COUNT),
        ("content_sha256", _TEXT),
        ("rules_version", _COUNT),
    ),
    "legacy_csv_rows": _schema(
        ("row_key", _TEXT),
        ("file_sha256", _TEXT),
        ("line", _COUNT),
        ("generation", _COUNT),
        ("content_sha256", _TEXT),
        ("values_sha256", _TEXT),
        ("cells", _TEXT),
        ("record_text", _TEXT),
        ("record_base64", _TEXT),
        text=COLUMNS,
    ),
    "row_keys": _schema(
        ("row_key", _TEXT),
        ("row_id", _TEXT),
        ("name_key", _TEXT),
        ("first_name_key", _TEXT),
        ("email_key", _TEXT),
        ("type_key", _TEXT),
        ("email_address", _TEXT),
    ),
    "legacy_claims": _schema(
        ("claim_key", _TEXT),
        ("row_key", _TEXT),
        ("row_id", _TEXT),
        ("claim", _TEXT),
        ("side", _TEXT),
        ("provider", _TEXT),
        ("media_id", _TEXT),
        ("asset_kind", _TEXT),
        ("asset_id", _TEXT),
        ("words", _TEXT),
        ("file_name", _TEXT),
        ("object_uuid", _TEXT),
        ("object_key", _TEXT),
        ("claimed_at", _TIME),
        ("verdict", _TEXT),
        ("standing", _TEXT),
    ),
    "legacy_evidence": _schema(
        ("evidence_key", _TEXT),
        ("file_sha256", _TEXT),
        ("list_name", _TEXT),
        ("list_kind", _TEXT),
        ("line", _COUNT),
        ("row_id", _TEXT),
        ("person", _TEXT),
        ("person_key", _TEXT),
        ("file", _TEXT),
        ("file_name", _TEXT),
        ("media_id", _TEXT),
        ("object_uuid", _TEXT),
        ("cells", _TEXT),
    ),
    "links": _schema(
        ("link_key", _TEXT),
        ("row_key", _TEXT),
        ("source", _TEXT),
        ("row_id", _TEXT),
        ("column_name", _TEXT),
        ("position", _COUNT),
        ("url", _TEXT),
        ("canonical_url", _TEXT),
        ("provider", _TEXT),
        ("link_type", _TEXT),
        ("media_id", _TEXT),
        ("asset_kind", _TEXT),
        ("asset_kinds", _TEXT),
        ("asset_id", _TEXT),
        ("is_content", _FLAG),
        ("rule", _TEXT),
        ("shows_canonical", _FLAG),
    ),
}


def as_arrow(table: TableName, rows: Rows) -> pa.Table:
    """The rows of ``table`` with the types of its columns, also when there are none."""
    return pa.Table.from_pylist(rows[table], schema=SCHEMAS[table])


def no_rows() -> Rows:
    """An empty list for each table."""
    return {table: [] for table in TABLES}


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
    snapshot_id = snapshot_id_of(
        previous.snapshot_id, snapshot.source, snapshot.tab_gid, snapshot.content_sha256
    )
    rows["sheet_snapshots"].append(
        {
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
    )
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
    rows["legacy_csv_files"].append(
        {
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
            "row_count": len(file.rows),
            "content_sha256": sha256(
                to_json([[row.line, row.content_sha256, sha256(row.text)] for row in file.rows])
            ),
            "rules_version": RULES_VERSION,
        }
    )
    for row in file.rows:
        row_key = f"{file.file_sha256}:{row.line}"
        rows["legacy_csv_rows"].append(
            {
                "row_key": row_key,
                "file_sha256": file.file_sha256,
                "line": row.line,
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
