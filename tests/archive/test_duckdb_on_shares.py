"""A share that fails under DuckDB's own writes, which no shim in Python sees."""

import errno
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rowkeeper.core.ids import new_id
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.warehouse import Target
from tests.helpers.journals import EVENTS
from tests.helpers.mounts import fault, mounted, needs_fuse
from tests.helpers.sources import VIDEO, write_rows
from tests.helpers.warehouses import in_order

pytestmark = needs_fuse

RUN = """
import sys
from importlib import import_module
from pathlib import Path
from rowkeeper.cli import run_command

*hurt, module, name = sys.argv[1:]
room = import_module(module)
whole = getattr(room, name)

def begun(*given, **named):
    if hurt:
        Path(hurt[0]).write_text(hurt[1])
    return whole(*given, **named)

setattr(room, name, begun)
sys.exit(run_command(["run", "--mode", "basic"]))
"""
DRAIN = ("rowkeeper.core.drain", "drain")
INGEST = ("loaders.pipeline", "ingest")
BUILD = ("rowkeeper.workspace.build", "refresh")
FAULTS = [
    (errno.EIO, DRAIN),
    (errno.ENOSPC, DRAIN),
    (errno.ENOSPC, INGEST),
    (errno.ESTALE, INGEST),
    (errno.EIO, BUILD),
    (errno.EROFS, BUILD),
]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_share_that_fails_while_duckdb_writes(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run ends with one sentence; each goes on, and the last one finds the disk well again."""
    monkeypatch.setenv("ROWKEEPER_SHEET_SOURCE", str(tmp_path / "people.csv"))
    rows, session = [["row_id", "name", "email", "type", "link"]], new_id()
    with mounted(tmp_path) as place:
        data = place / "data"
        monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(data))
        for number, (error, step) in enumerate(FAULTS):
            rows.append([f"{number}", f"Person {number}", f"p{number}@example.org", "", VIDEO])
            write_rows(tmp_path / "people.csv", rows)
            with Journal(journal_dir(data)) as journal:
                journal.append(replace(EVENTS[number], session_id=session))
            hurt = (str(tmp_path / "backing.fault"), f"{error} .duckdb")
            code, said = _run(*hurt, *step)
            fault(place, 0)
            assert code == 9, (error, step, said)
            assert len(said.splitlines()) == 1, said
        code, said = _run(*BUILD)
        assert code == 0, said
        target = Target(name="dev", type="duckdb", path=str(data / "rowkeeper.duckdb"))
        people = in_order(target, "select row_id from {schema}.people order by 1")
        assert people == [(row[0],) for row in rows[1:]]
        event_ids = in_order(target, "select event_id from raw.asset_events")
        assert {event.event_id for event in EVENTS} <= {event for (event,) in event_ids}


def _run(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr
