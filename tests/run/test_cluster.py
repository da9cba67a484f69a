"""A run on a cluster: the same as on one machine, whoever dies on the way."""

import json

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core.warehouse import Target, connect
from tests.fakes.internet import FakeInternet
from tests.fakes.s3 import archive_in

BUCKET = "the-archive-of-a-cluster"
FETCHED = """
select provider, media_id, asset_kind, count(*)
from raw.asset_events
where event_type = 'downloaded' and details not like '%same_file_as%'
group by provider, media_id, asset_kind
"""
STATES = """
select assets.download_status, assets.local_file_path from public.assets as assets
where cast(assets.asset_id as text)
    in (select asset_id from raw.asset_events where event_type = 'downloaded')
"""
WORKERS = """
select distinct cast(details as json) ->> 'worker' from raw.asset_events
where event_type in ('downloaded', 'download_failed')
"""
ARCHIVED = """
select count(*) from raw.asset_events
where event_type = 'uploaded' and asset_id not in (
    select asset_id from raw.asset_events
    where event_type = 'downloaded' and details like '%same_file_as%'
)
"""
pytestmark = pytest.mark.parametrize("engine", ["postgres"], indirect=True)


def test_a_run_on_two_workers_is_a_run(
    engine: Target,
    internet: FakeInternet,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = archive_in(monkeypatch, f"s3://{BUCKET}/team")
    client.create_bucket(Bucket=BUCKET)
    assert run_command(["run", "--cluster", "local:2"]) == 0, capsys.readouterr()
    with connect(engine) as warehouse:
        fetched = warehouse.query(FETCHED)
        states = warehouse.query(STATES)
        workers = {name for (name,) in warehouse.query(WORKERS) if name}
        left = warehouse.query("select * from raw.worker_results where asset_id <> ''")
        (archived,) = warehouse.column(ARCHIVED)
        told = warehouse.column("select uploaded_assets from public.runs where kind = 'run'")
    assert {count for *_, count in fetched} == {1}
    assert {state for state, _ in states} == {"uploaded"}
    assert workers
    said = capsys.readouterr().out
    assert all(f"{name} " in said for name in workers)
    assert archived > 10
    assert f" Archived {archived}, 0 failed." in said
    assert told == [archived]
    assert {name for _, name in states} == {None}
    assert run_command(["status", "--json"]) == 0
    (by_worker,) = json.loads(capsys.readouterr().out)["workers"].values()
    assert by_worker.keys() == workers
    assert run_command(["status"]) == 0
    assert f"by worker: {min(workers)} " in capsys.readouterr().out
    assert left == []
    before = len(internet.requests)
    assert run_command(["run", "--cluster", "local:2"]) == 0
    assert len(internet.requests) == before + 1  # the sheet alone
    assert " Archived 0, 0 failed." in capsys.readouterr().out
