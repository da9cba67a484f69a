"""What is done to a copy of a warehouse, which ``dbt test`` and ``reconcile`` must both see."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.warehouse import Target, Warehouse, connect
from rowkeeper.migration.reconcile.modelled import KEYS

VIDEOS = "select min(media_id) as first, max(media_id) as last from {schema}.assets where "
VIDEOS += "asset_kind = 'video'"
CONTESTED = "from {schema}.unverified_claims where standing = 'contested'"
LAST_CSV = "file_sha256 = (select min(file_sha256) from raw.legacy_csv_files where generation = 21)"


@dataclass(frozen=True)
class Corruption:
    """What is done to a copy, which data test sees it, and ``reconcile`` as what difference: its
    column and words."""

    seen_by: str
    column: str
    said: str
    statements: tuple[str, ...]


CORRUPTIONS = {
    "an asset moved to another person in assets only": Corruption(
        "assert_marts_agree",
        "person_row_id",
        "to another person than its metadata",
        (
            "update {schema}.assets set person_row_id = (select max(row_id) from {schema}.people "
            "where row_id != person_row_id) where cast(asset_id as text) = "
            "(select min(cast(asset_id as text)) from {schema}.assets)",
        ),
    ),
    "person_content with somebody else's name": Corruption(
        "assert_marts_agree",
        "name",
        "person_content says something else",
        (
            "update {schema}.person_content set name = (select max(name) from {schema}.people "
            "where people.row_id != person_content.row_id) where row_id = "
            "(select min(row_id) from {schema}.person_content)",
        ),
    ),
    "person_content with somebody else's e-mail": Corruption(
        "assert_marts_agree",
        "email",
        "person_content says something else",
        (
            "update {schema}.person_content set email = 'somebody@else.org' where row_id = "
            "(select min(row_id) from {schema}.person_content)",
        ),
    ),
    "media ids swapped between two videos": Corruption(
        "assert_assets_are_asked_for",
        "asset_id",
        "not that of this person, medium and kind",
        (
            f"create table swapped as {VIDEOS}",
            "update {schema}.assets set media_id = (select case when media_id = first then last "
            "else first end from swapped) where asset_kind = 'video' and media_id in "
            "(select first from swapped union select last from swapped)",
            "update {schema}.person_content set media_id = (select case when media_id = first then "
            "last else first end from swapped) where asset_kind = 'video' and media_id in "
            "(select first from swapped union select last from swapped)",
        ),
    ),
    "a contested claim called one that stands": Corruption(
        "assert_claims_are_counted",
        "standing",
        "calls a doubtful claim something else",
        ("update {schema}.unverified_claims set standing = 'stands' where standing = 'contested'",),
    ),
    "a contested claim made a fact": Corruption(
        "assert_claims_are_counted",
        "upload",
        "is not listed",
        (
            "update {schema}.assets set upload_status = 'claimed', legacy_object_key = "
            f"(select min(object_key) {CONTESTED}), legacy_object_uuid = "
            f"(select min(object_uuid) {CONTESTED}) where cast(asset_id as text) = (select "
            "min(cast(asset_id as text)) from {schema}.assets where person_row_id = "
            f"(select min(row_id) {CONTESTED}))",
            "delete from {schema}.unverified_claims where standing = 'contested'",
        ),
    ),
    "an unverified claim deleted": Corruption(
        "assert_claims_are_counted",
        "upload",
        "is not listed",
        (
            "delete from {schema}.unverified_claims where claim_key = (select min(claim_key) from "
            "{schema}.unverified_claims where standing = 'unverified' and claim = 'upload')",
        ),
    ),
    "the last history row of a person deleted": Corruption(
        "assert_history_is_whole",
        "",
        "people_history has not version",
        (
            "delete from {schema}.people_history where version_key = "
            "(select max(version_key) from {schema}.people_history)",
        ),
    ),
    "another type in the version that holds": Corruption(
        "assert_people_agree_with_their_history",
        "personality_type",
        "people_history says otherwise in version",
        (
            "update {schema}.people_history set personality_type = 'another' where version_key = "
            "(select min(version_key) from {schema}.people_history where valid_to is null "
            "and row_id in (select row_id from {schema}.people where in_sheet))",
        ),
    ),
    "a typing link changed": Corruption(
        "assert_people_are_their_rows",
        "typing_document_link",
        "made from this row and says otherwise",
        (
            "update {schema}.people set typing_document_link = 'https://example.org/' where row_id "
            "= (select min(row_id) from {schema}.people where typing_document_link is not null)",
        ),
    ),
    "a status changed": Corruption(
        "assert_people_are_their_rows",
        "status",
        "made from this row and says otherwise",
        (
            "update {schema}.people set status = 'changed' where row_id = "
            "(select min(row_id) from {schema}.people)",
        ),
    ),
    "a CSV's type changed in raw": Corruption(
        "assert_raw_is_as_loaded",
        "type",
        "raw names another value than the file has",
        (
            "update raw.legacy_csv_rows set type = 'changed' where row_key = "
            f"(select min(row_key) from raw.legacy_csv_rows where {LAST_CSV})",
        ),
    ),
    "a sheet's name changed in raw": Corruption(
        "assert_raw_is_as_loaded",
        "name",
        "raw names another value than the row's cells have",
        (
            "update raw.sheet_rows set name = 'changed' where row_key = "
            "(select max(row_key) from raw.sheet_rows where name != '' and not is_header)",
        ),
    ),
    "a count of coverage changed": Corruption(
        "assert_marts_agree",
        "expected",
        "coverage counts otherwise",
        ("update {schema}.coverage set expected = expected + 1",),
    ),
    "a medium with another owner": Corruption(
        "assert_marts_agree",
        "row_ids",
        "media says otherwise",
        ("update {schema}.media set row_ids = '999'",),
    ),
    "a session's total changed": Corruption(
        "assert_session_totals_are_their_outcomes",
        "completed_assets",
        "download_sessions says otherwise",
        ("update {schema}.download_sessions set completed_assets = 0",),
    ),
}


DEEP = (
    "update raw.legacy_csv_rows set cells = replace(cells, '\"' || type || '\"', '\"changed\"'), "
    "record_text = replace(record_text, type, 'changed'), type = 'changed' where row_key = "
    f"(select max(row_key) from raw.legacy_csv_rows where type != '' and {LAST_CSV})",
    "update raw.sheet_rows set cells = replace(cells, '\"' || name || '\"', '\"changed\"'), "
    "content_sha256 = 'changed', name = 'changed' where row_key = (select max(row_key) "
    "from raw.sheet_rows where name != '' and email != '' and not is_header)",
)
"""A row of a CSV and one of the sheet that contradict themselves nowhere."""

ELSE = {
    "bigint": ("coalesce({column}, 0) + 1", "coalesce({column}, 0) - 1"),
    "integer": ("coalesce({column}, 0) + 1", "coalesce({column}, 0) - 1"),
    "boolean": ("not coalesce({column}, false)",),
    "timestamp with time zone": (
        "coalesce({column}, timestamptz '2020-01-01 00:00:00+00') + interval '1 day'",
    ),
    "uuid": ("cast('00000000-0000-5000-8000-000000000000' as uuid)",),
    "json": ('cast(\'{{"row_id": "0"}}\' as json)',),
    "jsonb": ('cast(\'{{"row_id": "0"}}\' as jsonb)',),
    "text": (
        "coalesce({column}, '') || ' changed'",
        "(select max(row_id) from {schema}.people where row_id is distinct from {table}.{column})",
        *(f"'{word}'" for word in ("failed", "pending", "complete", "partial", "mixed", "drive")),
        "null",
    ),
}
"""Type of a column -> what else to write into it; the first that its constraints allow."""
ELSE["character varying"] = ELSE["varchar"] = ELSE["text"]
COLUMNS = """select column_name, data_type from information_schema.columns
    where table_schema = '{schema}' and table_name = '{table}' order by ordinal_position"""


def change_every_column(target: Target) -> Iterator[tuple[str, str]]:
    """Change a cell of each column of each published table, one row after the other.

    Yields table and column; for a table without a row its name and ''.
    """
    with connect(target) as warehouse:
        for table, key in KEYS.items():
            names = ", ".join(key)
            rows = warehouse.query(f"select {names} from {target.schema}.{table} order by {names}")
            if not rows:
                yield table, ""
                continue
            columns = warehouse.query(COLUMNS.format(schema=target.schema, table=table))
            others = [(name, kind) for name, kind in columns if name not in key]
            for number, (column, kind) in enumerate(others):
                row = dict(zip(key, rows[number % len(rows)], strict=True))
                place = (target.schema, table, column)
                _change(warehouse, place, ELSE[kind.lower()], row)
                yield table, column


def _change(
    warehouse: Warehouse,
    place: tuple[str, str, str],
    values: tuple[str, ...],
    row: dict[str, Any],
) -> None:
    schema, table, column = place
    which = " and ".join(f"cast({name} as text) = '{value}'" for name, value in row.items())
    look = f"select cast({column} as text) from {schema}.{table} where {which}"
    before = warehouse.query(look)
    for value in values:
        said = value.format(schema=schema, table=table, column=column)
        try:
            warehouse.execute(f"update {schema}.{table} set {column} = {said} where {which}")
        except WarehouseError:
            continue
        if warehouse.query(look) != before:
            return
    raise AssertionError(f"{table}.{column} could not be changed from {before}")
