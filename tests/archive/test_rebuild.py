"""A lost or damaged warehouse is made again by one command, also after the journal was hurt."""

import json
from pathlib import Path

import pytest

from rowkeeper.archive import restore
from rowkeeper.archive.rebuild import rebuild
from rowkeeper.archive.restore import Filled
from rowkeeper.cli import run_command
from rowkeeper.core.journal.folder_id import folder_id, known_folder
from rowkeeper.core.journal.journal import journal_dir, sealed_segments
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace.sessions import session
from tests.fakes.internet import FakeInternet
from tests.helpers.archives import context_at
from tests.helpers.warehouses import tables

SCHEMAS = ("raw", "raw_staging", "staging", "intermediate", "checks")


def ruin(target: Target) -> None:
    """Flip a bit of the DuckDB file, or empty the schemas of Postgres."""
    if target.path:
        path = Path(target.path)
        data = bytearray(path.read_bytes())
        data[20] ^= 1
        path.write_bytes(data)
        return
    with connect(target) as warehouse:
        for schema in (*SCHEMAS, target.schema):
            warehouse.execute(f"drop schema if exists {schema} cascade")
        warehouse.execute(f"create schema {target.schema}")


def hurt(path: Path) -> int:
    """Flip a bit in the last hash that a segment tells of; the number of its line."""
    data = bytearray(path.read_bytes())
    place = data.rindex(b'"sha256":"')
    data[place + 20] ^= 1
    path.write_bytes(data)
    return bytes(data[:place]).count(b"\n") + 1


def test_a_folder_that_lost_its_id_is_rebuilt_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_at(tmp_path)
    place = context.settings.data_dir
    own_id = folder_id(place)
    with session(journal_dir(place), "download") as current:
        current.new({"asset"})
    known_folder(place).unlink()  # type: ignore[union-attr]
    made = Filled(0, 0, ())
    monkeypatch.setattr(restore, "fill_tables", lambda *_, **__: made)
    assert rebuild(context).filled is made
    assert folder_id(place) == own_id


def test_rebuild_and_salvage(
    engine: Target, internet: FakeInternet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = journal_dir(tmp_path / "data")

    def said(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        ended = run_command(list(arguments))
        out, err = capsys.readouterr()
        assert ended == code, out + err
        return " ".join((out + err).split())

    said("run")
    before = tables(engine)
    assert before["assets"]
    assert "0 findings" in said("journal", "check")

    ruin(engine)
    if engine.type == "duckdb":
        words = said("run", "--mode", "basic", code=4)
        assert "is damaged" in words
        assert "rowkeeper rebuild" in words
        assert "is damaged" in said("doctor", code=1)
    asked = len(internet.requests)
    said("rebuild")
    assert tables(engine) == before

    path = max(sealed_segments(folder).values(), key=lambda item: item.stat().st_size)
    line = hurt(path)
    assert f"{path}, line {line}: its checksum does not fit" in said("journal", "check", code=3)
    assert "rowkeeper journal salvage" in said("rebuild", code=3)
    done = json.loads(said("journal", "salvage", "--json"))
    assert (done["brought_back"], done["lost"]) == (1, 0)
    assert "0 findings" in said("journal", "check")
    ruin(engine)
    said("rebuild")
    assert tables(engine) == before
    assert len(internet.requests) == asked

    path = max(sealed_segments(folder).values(), key=lambda item: item.stat().st_size)
    path.unlink()
    words = said("run", code=3)
    assert f"{path}: this sealed segment is missing" in words
    assert "rowkeeper journal salvage" in words
    if engine.path:
        Path(engine.path).unlink()
    else:
        ruin(engine)
    words = said("restore", "--to", str(tmp_path / "out"), code=11)
    assert "this sealed segment is missing" in words
    assert (tmp_path / "out" / "restored.csv").exists()
    words = said("journal", "salvage")
    assert "Verify everything again" in words
    assert "0 findings" in said("journal", "check")
    said("run")
    assert "this sealed segment is missing" not in said("journal", "check")


def test_there_must_be_something_to_rebuild_from(
    engine: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["rebuild"]) == 3
    assert "nothing to rebuild from" in capsys.readouterr().err
