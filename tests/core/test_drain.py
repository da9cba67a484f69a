"""The drain on both engines: each event once, whatever is killed, repeated or restored."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rowkeeper.core.drain import COLUMNS, drain
from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.journal import columns
from rowkeeper.core.journal.journal import Journal
from rowkeeper.core.journal.segments import Finding
from rowkeeper.core.warehouse import Target, Warehouse, connect
from tests.helpers.events import about
from tests.helpers.events import event as download


@pytest.fixture(params=["by column", "by line"])
def read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments are read both ways, whatever their size."""
    monkeypatch.setattr(columns, "FEW_BYTES", 0 if request.param == "by column" else 1 << 40)


pytestmark = pytest.mark.usefixtures("read")


def write(folder: Path, *events: AssetEvent) -> None:
    with Journal(folder) as journal:
        for event in events:
            journal.append(event)


def event(number: int = 1, **values: object) -> AssetEvent:
    return replace(download(number), **values)  # type: ignore[arg-type]


def ids(target: Target) -> list[str]:
    with connect(target) as warehouse:
        rows = warehouse.query("select event_id from raw.asset_events order by event_id")
    return [row[0] for row in rows]


def test_nothing_to_drain_touches_nothing(engine: Target, tmp_path: Path) -> None:
    assert drain(tmp_path / "journal", engine) == 0


def test_events_arrive_verbatim_and_once(engine: Target, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    told = event(
        error_message="50 % 'off'; \"ü\" ?\n\t,",
        filename="",
        mime_type=r"\N",
        size_bytes=2**40,
        details={"b": [1, "ß"]},
    )
    write(folder, told, event(2))
    assert drain(folder, engine) == 2
    assert drain(folder, engine) == 0
    write(folder, event(3), told)
    write(folder, told, told)
    drain(folder, engine)
    with connect(engine) as warehouse:
        names = ", ".join(COLUMNS)
        rows = warehouse.query(
            f"select {names} from raw.asset_events where event_id = ?", [told.event_id]
        )
    assert len(rows) == 1
    found = dict(zip(COLUMNS, rows[0], strict=True))
    assert found["error_message"] == told.error_message
    assert found["size_bytes"] == 2**40
    assert found["details"] == '{"b": [1, "ß"]}'
    assert found["occurred_at"].isoformat() == told.occurred_at
    assert (found["filename"], found["mime_type"], found["store"]) == ("", r"\N", None)
    assert len(ids(engine)) == 3


def test_a_damaged_segment_gives_its_whole_events_and_all_once_it_is_brought_back(
    engine: Target, tmp_path: Path
) -> None:
    folder = tmp_path / "journal"
    told = [event(number) for number in (1, 2, 3)]
    write(folder, *told)
    (path,) = (folder / "sealed").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole.replace(about(2)["asset_id"].encode(), about(9)["asset_id"].encode()))
    damage: list[Finding] = []
    drain(folder, engine, damage)
    assert len(damage) == 1
    assert ids(engine) == sorted(told[place].event_id for place in (0, 2))
    path.write_bytes(whole)  # from a backup
    drain(folder, engine)
    assert ids(engine) == sorted(item.event_id for item in told)


def test_a_drain_that_dies_before_its_commit_is_done_again(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "journal"
    write(folder, event(1), event(2))
    real = Warehouse.insert_new

    def dies(self: Warehouse, table: str, *rest: object) -> None:
        if table.endswith("journal_segments"):
            raise KeyboardInterrupt
        real(self, table, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Warehouse, "insert_new", dies)
        with pytest.raises(KeyboardInterrupt):
            drain(folder, engine)
    assert ids(engine) == []
    assert drain(folder, engine) == 2
    assert len(ids(engine)) == 2


def test_a_fresh_warehouse_is_filled_from_the_whole_journal(engine: Target, tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    write(folder, event(1))
    drain(folder, engine)
    write(folder, event(2))
    drain(folder, engine)
    before = ids(engine)
    with connect(engine) as warehouse:
        warehouse.execute("drop table raw.asset_events")
        warehouse.execute("drop table raw.journal_segments")
    drain(folder, engine)
    assert ids(engine) == before
    assert len(before) == 2


def test_a_warehouse_restored_from_an_old_copy_mends_itself(tmp_path: Path) -> None:
    folder, file = tmp_path / "journal", tmp_path / "rowkeeper.duckdb"
    target = Target(name="dev", type="duckdb", path=str(file))
    write(folder, event(1))
    drain(folder, target)
    shutil.copy(file, tmp_path / "old.duckdb")
    write(folder, event(2))
    drain(folder, target)
    after = ids(target)
    shutil.copy(tmp_path / "old.duckdb", file)
    assert len(ids(target)) == 1
    drain(folder, target)
    assert ids(target) == after


def test_while_the_warehouse_is_down_the_journal_keeps_everything(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    down = Target(
        name="prod", type="postgres", host="127.0.0.1", port=9, user="u", password="geheim"
    )
    write(folder, event(1))
    with pytest.raises(WarehouseError) as raised:
        drain(folder, down)
    assert "geheim" not in str(raised.value)
    up = Target(name="dev", type="duckdb", path=str(tmp_path / "rowkeeper.duckdb"))
    assert drain(folder, up) == 1
