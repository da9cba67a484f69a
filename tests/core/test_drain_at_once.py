"""Several processes make the drain's tables in one empty Postgres at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from rowkeeper.core.drain import create_tables
from rowkeeper.core.warehouse import Target, connect


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_tables_are_made_once_by_all_who_begin_at_once(engine: Target) -> None:
    def make(_: int) -> frozenset[str]:
        with connect(engine) as warehouse:
            create_tables(warehouse)
            return warehouse.tables("raw")

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(24)))
    assert made[0] >= {"asset_events", "journal_segments"}
    assert set(made) == {made[0]}
