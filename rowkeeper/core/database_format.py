"""The format of a database, in ``raw.rowkeeper_format``; without that table it is 1."""

from typing import TYPE_CHECKING

from rowkeeper.core.errors import NewerVersionError

if TYPE_CHECKING:
    from rowkeeper.core.warehouse import Warehouse

DATABASE = 3
THERE = """
select 1 from information_schema.tables
where table_schema = 'raw' and table_name = 'rowkeeper_format'
"""
CREATE = """
create table if not exists raw.rowkeeper_format
(format bigint primary key, since timestamptz default current_timestamp)
"""


def check_database(warehouse: "Warehouse") -> int:
    """The format of a database. Raises ``NewerVersionError`` if it is newer."""
    if not warehouse.query(THERE):
        return 1
    ((number,),) = warehouse.query("select max(format) from raw.rowkeeper_format")
    if number is not None and number > DATABASE:
        raise NewerVersionError.of("The database", number, DATABASE)
    return int(number or 1)


def write_format(warehouse: "Warehouse") -> None:
    """Say that the database has the newest format; the schema ``raw`` is there."""
    warehouse.execute(CREATE)
    warehouse.insert_new("raw.rowkeeper_format", ("format",), [(DATABASE,)], "format")
