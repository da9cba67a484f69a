"""A data folder, a bucket prefix and a database under other names: nothing is lost or disowned."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core.errors import NothingError, StoreError
from rowkeeper.core.profiles import load_target
from rowkeeper.core.warehouse import Target, connect
from tests.fakes.internet import FakeInternet
from tests.fakes.s3 import archive_in
from tests.fakes.site import DriveFile
from tests.helpers.postgres import PostgresServer
from tests.helpers.warehouses import states

URLS = "select cloud_storage_url from {schema}.assets where archived_by = 'rowkeeper' order by 1"


def verified(capsys: pytest.CaptureFixture[str], code: int = 0, *options: str) -> dict[str, Any]:
    capsys.readouterr()
    assert run_command(["verify", "--json", *options]) == code, capsys.readouterr().err
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def urls(target: Target) -> list[str]:
    with connect(target) as warehouse:
        return [url for (url,) in warehouse.query(URLS.format(schema=target.schema))]


def rename(
    engine: Target, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, data: Path
) -> Target:
    """The data folder goes to ``data``; its database is called otherwise from now on."""
    old = Path(str(engine.path or data.parent / "data"))
    (old.parent if engine.path else old).rename(data)
    monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(data))
    if engine.type == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        server.drop_database("renamed")
        server._execute('alter database "rowkeeper" rename to "renamed"')
        server.create_database("rowkeeper")
        monkeypatch.setenv("ROWKEEPER_PG_DBNAME", "renamed")
    return load_target()


def test_a_moved_folder_and_a_renamed_database_own_their_archive(
    engine: Target,
    internet: FakeInternet,
    files: list[DriveFile],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    assert run_command(["run"]) == 0, capsys.readouterr().err
    before, asked = states(engine), len(internet.requests)
    asset_url = urls(engine)[0]
    moved = rename(engine, request, monkeypatch, tmp_path / "else where")
    archive = tmp_path / "else where" / "archive"
    stored = [archive / before[item.id][1] for item in files]
    capsys.readouterr()
    assert run_command(["url", "1"]) == 0
    assert str(tmp_path / "data") not in (said := capsys.readouterr().out)
    assert said.count(archive.as_uri()) == 3

    stored[1].unlink()
    answer = verified(capsys, 11)
    assert answer["report"]["places"] == {"file": 6, "object": 6}
    assert (answer["elsewhere"], answer["closed"], answer["orphans"]) == ({}, [], [])
    assert [item["error_code"] for item in answer["dangling"]] == ["object_missing"]
    (tmp_path / "else where" / before[files[0].id][0]).unlink()
    verified(capsys, 11)
    assert run_command(["run"]) == 0, capsys.readouterr().err
    assert "Brought 2 lost files back" in capsys.readouterr().out  # one file of two people
    assert states(moved) == before
    assert len(internet.requests) == asked + 1  # the sheet
    assert stored[1].read_bytes() == files[1].body
    assert asset_url not in urls(moved)
    assert all(url.startswith(f"{archive.as_uri()}/") for url in urls(moved))
    assert verified(capsys)["sound"]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_an_archive_that_events_of_before_call_by_its_path_is_known_where_it_is_now(
    engine: Target,
    internet: FakeInternet,
    files: list[DriveFile],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """And so is a prefix of a bucket; but not a store that has other bytes, or next to nothing."""
    old, new = tmp_path / "outside", tmp_path / "else where"
    monkeypatch.setenv("ROWKEEPER_STORE_URL", old.as_uri())
    assert run_command(["run"]) == 0, capsys.readouterr().err
    before, asked = states(engine), len(internet.requests)

    empty = tmp_path / "empty"
    (empty / "x").mkdir(parents=True)
    (empty / "x" / "y").write_bytes(b"somebody's")
    answer = verified(capsys, StoreError.exit_code, "--store", empty.as_uri(), "--only", "objects")
    assert answer["closed"] == [old.as_uri()]
    assert answer["elsewhere"] == {old.as_uri(): 7}
    assert not answer["sound"]
    assert [item["next_step"][:7] for item in answer["orphans"]] == ["keep it"]

    shutil.copytree(old, new)
    for path in sorted(new.rglob("*.txt")):
        path.write_bytes(path.read_bytes()[::-1])
    answer = verified(capsys, StoreError.exit_code, "--store", new.as_uri(), "--only", "objects")
    assert answer["report"]["places"]["object"] == 0
    shutil.rmtree(new)

    old.rename(new)
    monkeypatch.setenv("ROWKEEPER_STORE_URL", new.as_uri())
    capsys.readouterr()
    assert run_command(["url", "1"]) == 0  # before any run knows of the move
    assert capsys.readouterr().out.count(new.as_uri()) == 3

    client = archive_in(monkeypatch, "s3://moved-archive/team")
    client.create_bucket(Bucket="moved-archive")
    for path in new.rglob("*.txt"):
        key = path.relative_to(new).as_posix()
        client.put_object(Bucket="moved-archive", Key=f"team/{key}", Body=path.read_bytes())
    shutil.rmtree(new)
    assert verified(capsys)["report"]["places"] == {"file": 6, "object": 6}
    for entry in client.list_objects_v2(Bucket="moved-archive")["Contents"]:
        key = entry["Key"].replace("team/", "people/")
        source = f"moved-archive/{entry['Key']}"
        client.copy_object(Bucket="moved-archive", Key=key, CopySource=source)
        client.delete_object(Bucket="moved-archive", Key=entry["Key"])
    monkeypatch.setenv("ROWKEEPER_STORE_URL", "s3://moved-archive/people")
    assert run_command(["run"]) == 0, capsys.readouterr().err
    assert "Not open" not in capsys.readouterr().out
    place = "s3://moved-archive/people/"
    assert {url[: len(place)] for url in urls(engine)} == {place}
    assert len(internet.requests) == asked + 1
    after = states(engine)
    for item in files:
        assert after[item.id][1] == f"people/{before[item.id][1]}"
        assert after[item.id][2:] == before[item.id][2:]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_what_read_nothing_is_not_sound(
    engine: Target, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("Row ID,Name,Email,Type\n1,Anna,a@x.org,\n")
    assert run_command(["run", "--sheet", str(sheet)]) == 0, capsys.readouterr().err
    assert not verified(capsys, NothingError.exit_code)["sound"]
