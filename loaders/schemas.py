"""The raw tables that dlt loads: their names, their columns and their keys."""

from typing import Any, Literal, get_args

import pyarrow as pa  # type: ignore[import-untyped]

from loaders import columns
from rowkeeper.core.csv.legacy import COLUMNS

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
        ("is_header", _FLAG),
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
