"""The format of a database, in ``raw.rowkeeper_format``; without that table it is 1."""

from collections.abc import Sequence
from typing import Any, Protocol

from rowkeeper.core.errors import NewerVersionError

DATABASE = 3
CREATE = """
create table if not exists raw.rowkeeper_format
(format bigint primary key, since timestamptz default current_timestamp)
"""


class Database(Protocol):
    """What is asked of a connection here: the warehouse's, which asks for its format itself."""

    def query(self, sql: str, /) -> list[tuple[Any, ...]]: ...

    def tables(self, schema: str, /) -> frozenset[str]: ...

    def execute(self, sql: str, /) -> None: ...

    def insert_new(
        self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], key: str, /
    ) -> None: ...


def check_database(warehouse: Database) -> int:
    """The format of a database. Raises ``NewerVersionError`` if it is newer."""
    if "rowkeeper_format" not in warehouse.tables("raw"):
        return 1
    ((number,),) = warehouse.query("select max(format) from raw.rowkeeper_format")
    if number is not None and number > DATABASE:
        raise NewerVersionError.of("The database", number, DATABASE)
    return int(number or 1)


def write_format(warehouse: Database) -> None:
    """Say that the database has the newest format; the schema ``raw`` is there."""
    warehouse.execute(CREATE)
    warehouse.insert_new("raw.rowkeeper_format", ("format",), [(DATABASE,)], "format")
