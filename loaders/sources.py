"""dlt sources for any pipeline: the sheet of people and the legacy CSVs, as our own raw tables.

``loaders`` offers them by name. Every table has a key and is merged by it, so loading the same
again changes nothing where the destination merges; a filesystem appends. ``rowkeeper``'s own
ingest, which also guards the sheet and keeps snapshots in order, loads the same resources.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dlt
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.libs.pyarrow import py_arrow_to_table_schema_columns
from dlt.common.schema.typing import TFileFormat
from dlt.extract import DltResource

from loaders.batches import Batches, Rows, no_rows
from loaders.chain import ChainLink
from loaders.columns import Titles
from loaders.legacy_reading import load_legacy_csv
from loaders.row_keys import RowIds
from loaders.schemas import KEYS, SCHEMAS, TableName
from loaders.sheet import Access, load_sheet
from loaders.tables import add_legacy_file, add_snapshot


class AsGiven(BaseConfiguration):
    """No argument comes from dlt's configuration: a terminal's COLUMNS would be taken for ours."""


@dlt.source(spec=AsGiven)
def people_sheet(
    source: str,
    tab: str | None = None,
    columns: Titles | None = None,
    row_id: Sequence[str] = (),
    access: Access | None = None,
) -> Iterator[DltResource]:
    """The sheet at ``source`` as it is now: ``sheet_snapshots``, ``sheet_rows``, ``row_keys`` and
    ``links``.

    ``source``: a published page, a spreadsheet's URL or a file. ``tab``: its gid or title.
    ``columns``: our column -> its title in this sheet. ``row_id``: the columns that a row id is
    made of. ``access``: credentials and bounds. Each content of a tab is one snapshot. Raises
    ``InputError``, ``SourceUnavailableError`` and ``UsageError``.
    """
    rows = no_rows()
    add_snapshot(rows, load_sheet(source, tab, columns, access, row_id), ChainLink(), RowIds())
    yield from _filled(rows)


@dlt.source(spec=AsGiven)
def legacy_csv(
    paths: Sequence[str], columns: dict[str, str] | None = None, encoding: str = "cp1252"
) -> Iterator[DltResource]:
    """The legacy CSVs of every generation: ``legacy_csv_files``, ``legacy_csv_rows``,
    ``legacy_claims``, ``row_keys`` and ``links``.

    ``paths``: files, folders or globs. ``columns``: our column -> its title in these files.
    ``encoding``: of lines that are not UTF-8. Raises ``InputError`` for the first bad file.
    """
    rows, ids = no_rows(), RowIds()
    for file in load_legacy_csv(paths, columns, encoding):
        add_legacy_file(rows, file, ids)
    yield from _filled(rows)


def _filled(rows: Rows) -> Iterator[DltResource]:
    return (resource(table, rows[table]) for table in rows if rows[table])


def resource(
    table: TableName, rows: Batches, file_format: TFileFormat = "preferred"
) -> DltResource:
    """The rows of ``table``, merged by key with delete-insert: a repeat is harmless.

    Rows go as Arrow, a batch at a time; a table without rows goes as its columns alone.
    """

    @dlt.resource(
        name=table,
        columns=py_arrow_to_table_schema_columns(SCHEMAS[table]),
        primary_key=KEYS[table],
        write_disposition={"disposition": "merge", "strategy": "delete-insert"},
        file_format=file_format,
    )
    def batches() -> Iterator[Any]:
        yield from rows.arrow() if rows else [dlt.mark.materialize_table_schema()]

    return batches()
