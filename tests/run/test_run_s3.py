"""The whole road into S3: a store that refuses loses nothing, and no secret shows anywhere."""

import csv
import hashlib
import json
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, urlsplit

import bagit  # type: ignore[import-untyped]
import pytest
import requests

from rowkeeper.archive.bag import write_tables
from rowkeeper.archive.bag_files import begin
from rowkeeper.cli import run_command
from rowkeeper.core.profiles import load_target
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Row, Target, connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import select
from tests.fakes.internet import FakeInternet
from tests.fakes.s3 import SECRET, archive_in

BUCKET = "the-archive"


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_what_a_refusing_store_did_not_take_it_takes_later(
    engine: Target,
    internet: FakeInternet,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    client = archive_in(monkeypatch, f"s3://{BUCKET}/team")

    assert run_command(["run"]) == 5
    refused = capsys.readouterr()
    assert len(refused.err.splitlines()) == 1
    assert "make the bucket" in refused.err
    with connect(engine) as warehouse:
        assert not warehouse.query("select 1 from main.assets where archived_by = 'rowkeeper'")
    fetched = len(internet.requests)

    client.create_bucket(Bucket=BUCKET)
    assert run_command(["run"]) == 0
    assert len(internet.requests) == fetched + 1  # the sheet alone
    with connect(engine) as warehouse:
        archived = warehouse.query(
            "select asset_id, cloud_storage_url, bucket, object_key, sha256 from main.assets "
            "where archived_by = 'rowkeeper'"
        )
    assert len(archived) > 10
    ids_of = {sha256: {row[0] for row in archived if row[4] == sha256} for *_, sha256 in archived}
    for _, url, bucket, key, sha256 in archived:
        assert PurePosixPath(key).stem in ids_of[sha256]  # one content is one object
        assert (urlsplit(url).netloc, urlsplit(url).path.lstrip("/")) == (bucket, key)
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert hashlib.sha256(body).hexdigest() == sha256
    said = capsys.readouterr()
    secrets = [SECRET, *signatures_of(archived, capsys)]
    a_bag_has_it_all(archived, tmp_path, capsys)
    assert SECRET not in refused.out + refused.err + said.out + said.err
    for path in tmp_path.rglob("*"):
        if path.is_file():
            body = path.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in body], path


def signatures_of(archived: list[Row], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The signatures in the addresses of all that one person has, which give the bytes."""
    asset_id, *_, sha256 = archived[0]
    assert run_command(["url", asset_id]) == 0
    (address,) = capsys.readouterr().out.splitlines()
    assert hashlib.sha256(requests.get(address, timeout=60).content).hexdigest() == sha256
    with connect(load_target()) as warehouse:
        sql = "select person_row_id from main.assets where asset_id = ?"
        ((row_id,),) = warehouse.query(sql, [asset_id])
    assert run_command(["url", row_id, "--json", "--lifetime", "7d"]) == 0
    answer = json.loads(capsys.readouterr().out)["addresses"]
    assert asset_id in {item["asset_id"] for item in answer}
    assert all(item["expires_at"] and "X-Amz-Expires=604800" in item["url"] for item in answer)
    queries = [urlsplit(url).query for url in (address, *(item["url"] for item in answer))]
    return [parse_qs(query)["X-Amz-Signature"][0] for query in queries]


def a_bag_has_it_all(
    archived: list[Row], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each archived content and each row, whatever an earlier try left behind."""
    stale = begin(tmp_path / "bag") / "data" / "archive" / "stale.txt"
    stale.parent.mkdir(parents=True)
    stale.write_text("?")
    command = ["export", "bag", "--to", str(tmp_path / "bag")]
    assert run_command(command) == 0, capsys.readouterr().err
    assert "is valid" in capsys.readouterr().out
    bag = bagit.Bag(str(tmp_path / "bag"))
    bag.validate()
    hashes = {path: entry["sha256"] for path, entry in bag.payload_entries().items()}
    assert {sha256 for *_, sha256 in archived} <= set(hashes.values())
    assert "data/archive/stale.txt" not in hashes
    index = csv.DictReader((tmp_path / "bag" / "data/archive/restored.csv").open(encoding="utf-8"))
    assert {hashes[f"data/archive/{row['path']}"] == row["sha256"] for row in index} == {True}
    with (tmp_path / "bag" / "data/tables/assets.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["asset_id"]: row for row in csv.DictReader(file)}
    assert len(rows) == int(bag.info["Asset-Count"])
    assert {asset_id for asset_id, *_ in archived} <= set(rows)
    assert not [row for row in rows.values() if "X-Amz" in str(row)]
    someone = next(iter(rows.values()))["person_row_id"]
    counts = write_tables(
        Context(load_settings(), load_target()), select(people=someone), tmp_path / "tables"
    )
    assert counts["people"] == 1
    with (tmp_path / "tables" / "assets.csv").open(encoding="utf-8", newline="") as file:
        assert {row["person_row_id"] for row in csv.DictReader(file)} == {someone}
    assert run_command(command) == 2
    assert "is not empty" in capsys.readouterr().err
