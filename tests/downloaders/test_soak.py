"""Transfers from a server that often fails, and runs that are killed: whole files or verdicts."""

import hashlib
import multiprocessing
import random
import signal
import time
from collections import Counter
from pathlib import Path

from downloaders.base import FetchSettings, Request
from downloaders.places import MOVES
from downloaders.pool import download_all
from rowkeeper.core.errors import Verdict
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.progress import Progress
from tests.fakes.clients import request_for, settings_in
from tests.fakes.flaky import STALL_S, Flaky, body_of, flaky_server
from tests.fakes.journals import events_in

TRANSFERS, KILLS = 500, 100


def settings_for(host: str, folder: Path, workers: int) -> FetchSettings:
    return settings_in(
        folder,
        hosts=(host,),
        private_addresses=["127.0.0.0/8"],
        workers=workers,
        attempts=2,
        timeout_s=STALL_S / 3,
        backoff_s=0.001,
        max_attempts=1000,
        retry_after_s=0,
    )


def wanted(url: str, count: int) -> list[Request]:
    return [
        request_for("direct", "file", f"{url}{n}.mp4", row_id=str(n % 40)) for n in range(count)
    ]


def test_five_hundred_transfers_through_a_server_that_fails(tmp_path: Path) -> None:
    """Each run goes on where the last one ended, until nothing is left to try."""
    with flaky_server(share=0.3) as site:
        waiting = {item.asset_id: item for item in wanted(site.url, TRANSFERS)}
        urls = {asset_id: item.media_id for asset_id, item in waiting.items()}
        settings = settings_for(site.host, tmp_path, workers=16)
        done: dict[str, AssetEvent] = {}
        arrived: dict[str, list[int]] = {}

        def on_progress(progress: Progress[Request]) -> None:
            if progress.state == "running" and progress.done_bytes:
                arrived.setdefault(progress.request.asset_id, []).append(progress.done_bytes)

        for _ in range(40):
            events: list[AssetEvent] = []
            download_all(waiting.values(), settings, events.append, "s1", on_progress)
            assert sorted(str(event.asset_id) for event in events) == sorted(waiting)
            final = [event for event in events if event.verdict not in {"retry", "pause"}]
            done |= {str(event.asset_id): event for event in final}
            waiting = {key: item for key, item in waiting.items() if key not in done}
            if not waiting:
                break
    assert done.keys() == urls.keys()
    for asset_id, event in done.items():
        check(event, urls[asset_id], site, tmp_path)
    assert_resumed(arrived, urls, site)
    kinds = Counter(event.event_type for event in done.values())
    assert kinds[EventType.DOWNLOADED] > TRANSFERS * 0.8
    assert {fault for _, fault in site.served} > {"503", "reset", "truncated", "stalled", "html"}
    assert list((tmp_path / "files" / ".partial").iterdir()) == []


def check(event: AssetEvent, url: str, site: Flaky, folder: Path) -> None:
    """A file is whole; a page in its place has its verdict."""
    path = url.removeprefix(site.url[:-1])
    if event.event_type is EventType.DOWNLOADED:
        body = (folder / str(event.local_path)).read_bytes()
        assert body == body_of(path)
        assert event.sha256 == hashlib.sha256(body).hexdigest()
    else:
        assert (event.error_code, event.verdict) == ("not_media", Verdict.PERMANENT.value)
        assert site.served[path, "html"] == 1


def assert_resumed(arrived: dict[str, list[int]], urls: dict[str, str], site: Flaky) -> None:
    """No byte came twice of what broke off: each try began where the one before it had ended.

    Told by what came, not by what was sent: a client that times out leaves bytes behind unread.
    """
    faults: dict[str, set[str]] = {}
    for path, fault in site.served:
        faults.setdefault(path, set()).add(fault)
    gone_on = {"", "503", "reset", "truncated", "slow", "stalled"}
    broken = 0
    for asset_id, positions in arrived.items():
        path = urls[asset_id].removeprefix(site.url[:-1])
        if faults[path] <= gone_on:
            assert positions == sorted(set(positions))
            assert positions[-1] == len(body_of(path))
            broken += "truncated" in faults[path]
    assert broken > 5


def test_a_run_killed_a_hundred_times_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["downloaders.direct", "tests.downloaders.test_soak"])
    chance = random.Random(7)
    with flaky_server(share=0.0, delay_s=0.02) as site:
        killed, calm = tmp_path / "killed", tmp_path / "calm"
        for _ in range(KILLS):
            run = context.Process(target=go_on, args=(site.host, killed))
            asked = site.served.total() + chance.randrange(5)  # no clock: machines differ in speed
            run.start()
            while site.served.total() < asked and run.is_alive():
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.02))
            run.kill()
            run.join()
            assert run.exitcode in {-signal.SIGKILL, 0}
        before = len(outcomes(killed))
        go_on(site.host, killed)
        go_on(site.host, calm)
    assert 0 < before < 300
    assert files_of(killed) == files_of(calm)
    assert len(files_of(calm)) == 300
    assert outcomes(killed) == outcomes(calm)
    # a kill right after an event leaves what only that event's repetition would have needed
    left = (killed / "files" / ".partial").rglob("*")
    assert {path.name for path in left if path.is_file()} <= {MOVES}


def go_on(host: str, folder: Path) -> None:
    """What a run does: fetch what the journal does not have yet."""
    have = {asset_id for asset_id, *_ in outcomes(folder)}
    left = [item for item in wanted(f"http://{host}/", 300) if item.asset_id not in have]
    with Journal(journal_dir(folder)) as journal:
        download_all(left, settings_for(host, folder, workers=2), journal.append, "s1")


def outcomes(folder: Path) -> set[tuple[str | None, ...]]:
    """What the journal says of each asset."""
    return {
        (event.asset_id, event.event_type.value, event.sha256, event.local_path)
        for event in events_in(folder)
    }


def files_of(folder: Path) -> dict[str, str]:
    """The finished media and their hashes."""
    people = folder / "files" / "people"
    return {
        path.relative_to(people).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in people.rglob("*.mp4")
    }
