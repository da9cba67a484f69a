"""Machines with lines of their own, what is between them, and what has to be true of it."""

import os
import sys
import time
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rowkeeper.core.warehouse import Row, connect
from rowkeeper.run.dask_client import client_of
from tests.fakes.s3 import SECRET, MiniStack, client_for
from tests.fakes.site import Site
from tests.fakes.slow_internet import SlowInternet
from tests.helpers.clusters import (
    DOWNLOADED,
    STATES,
    Machines,
    Process,
    begin_driving,
    begun_anew,
    clips_of,
    context_here,
    drive_of,
    machines,
    wanted,
)
from tests.helpers.events import numbered
from tests.helpers.namespaces import HUB, Machine, at_hub, network
from tests.helpers.postgres import DATABASE, start_postgres
from tests.helpers.whole_runs import SHEET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FILES, WORKERS, THREADS = 120, 4, 2
RACED = 480
"""Files enough that the beginning and the end of a race weigh little."""
LATENCY_S = 0.2
RATE = 25.0
"""Requests a second to the site, which eight threads without a pace would exceed."""
BUCKET = "the-archive-of-machines"
FAILED = "select error_code, error_message from raw.asset_events where event_type like '%failed'"
PAUSED_SINCE = """select extract(epoch from paused_until) - pause_s from raw.site_pace
where paused_until > now()"""


@dataclass
class World:
    """The machines, what is between them, and the workers by their machine."""

    machines: list[Machine]
    cluster: Machines
    net: SlowInternet
    store: "S3Client"
    workers: dict[int, int] = field(default_factory=dict)
    sessions: int = 0
    fastest: float = 0.0

    def man(self, count: int = WORKERS) -> None:
        """A worker on each of so many machines, and on no other."""
        for place in [place for place in self.workers if place >= count]:
            self.kill(place)
        for place in range(count):
            if place not in self.workers:
                prefix = self.machines[place].prefix
                self.workers[place] = self.cluster.add_worker(THREADS, prefix)
        if count:
            with client_of(self.cluster.address, 1) as client:
                client.wait_for_workers(count, timeout=60)

    def kill(self, place: int) -> None:
        """The worker of a machine is no more."""
        self.cluster.kill(self.workers.pop(place))

    def drive(self, person: str, files: int = FILES, site: str = "drive") -> Process:
        """A driver at work, of a session of its own."""
        self.sessions += 1
        session_id = numbered(self.sessions)
        return begin_driving(self.cluster.address, session_id, files, person, site)

    def another(self, name: str) -> dict[str, str]:
        """Another database and another archive; what leads there."""
        change(f"create database {name}")
        bucket = f"the-archive-of-{name}"
        self.store.create_bucket(Bucket=bucket)
        return {"ROWKEEPER_PG_DBNAME": name, "ROWKEEPER_STORE_URL": f"s3://{bucket}"}

    def forget_sheets(self) -> None:
        """As if nobody had asked for the sheet."""
        for name in [name for name in self.net.asked if SHEET in name]:
            del self.net.asked[name]

    def reach(self, requests: int, driver: Process) -> None:
        """Wait until the site was asked so often."""
        while self.net.asked.total() < requests and driver.poll() is None:
            time.sleep(0.02)

    def ended(self, driver: Process) -> None:
        """The driver's work is done, and well."""
        expect(driver.wait(600) == 0, f"the driver ended with {driver.returncode}")

    def check(self, person: str, in_flight: int) -> int:
        """All is stored and told of once; how many were asked for again."""
        lost = begun_anew(context_here(), wanted(FILES, person))
        expect(not lost, f"lost: {lost}")
        ids = {item.asset_id for item in wanted(FILES, person)}
        told = Counter(asset_id for (asset_id,) in query(DOWNLOADED) if asset_id in ids)
        pages = self.store.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        keys = [Path(item["Key"]) for page in pages for item in page.get("Contents", [])]
        stored = Counter(key.stem for key in keys if key.stem in ids and key.suffix == ".txt")
        expect(not (failed := query(FAILED)), f"failed: {failed[:3]}")
        expect(told == Counter(ids), f"told of again: {told - Counter(ids)}")
        expect(stored == Counter(ids), f"stored: {len(stored)} of {len(ids)}")
        again = {name: times for name, times in self.net.asked.items() if times > 1}
        expect(len(again) <= in_flight, f"asked again: {again}, in flight: {in_flight}")
        self.check_pace()
        return len(again)

    def check_pace(self, limit: float = RATE) -> float:
        """The site was asked as often as it may be; in each second what was held up may add."""
        came = sorted(self.net.came)
        rate = (len(came) - 1) / (came[-1] - came[0])
        expect(rate <= 1.05 * limit, f"{rate:.1f} requests a second")
        most = max(bisect(came, moment + 1.0) - number for number, moment in enumerate(came))
        expect(most <= 1.05 * limit + WORKERS * THREADS, f"{most} requests in a second")
        self.fastest = max(self.fastest, rate / limit)
        self.net.forget()
        return rate

    def check_pause(self, threads: int) -> int:
        """Nobody asked after the site had said that it wants a pause, but who was on the way; how
        many these were, one a thread at most."""
        ((since,),) = query(PAUSED_SINCE)
        late = sum(moment > float(since) for moment in self.net.came)
        expect(late < threads, f"{late} requests after a pause had begun")
        return late


def expect(is_so: bool, otherwise: str) -> None:
    """End with words."""
    if not is_so:
        raise SystemExit(otherwise)


def query(sql: str) -> list[Row]:
    with connect(context_here().target) as warehouse:
        return warehouse.query(sql)


def change(sql: str) -> None:
    with connect(context_here().target) as warehouse:
        warehouse.execute(sql)


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Four machines, and at their hub the scheduler, Postgres, the store and the sites."""
    data = folder / "postgres" / "data"
    with ExitStack() as stack:
        found = stack.enter_context(network(WORKERS))
        server = stack.enter_context(start_postgres(data))
        server.create_database(DATABASE)
        os.environ |= server.environ(DATABASE) | at_hub(server, data)
        site = Site(files=drive_of(RACED), videos=clips_of(FILES))
        store = MiniStack(host=HUB)
        stack.callback(store.stop)
        net = stack.enter_context(SlowInternet(site, LATENCY_S, HUB))
        os.environ |= net.variables
        os.environ |= {
            "DBT_TARGET": "prod",
            "ROWKEEPER_DATA_DIR": str(folder / "data"),
            "ROWKEEPER_DOWNLOAD_CONCURRENCY": "drive=64, youtube=64",
            "ROWKEEPER_DOWNLOAD_BACKOFF_S": "0.01",
            "ROWKEEPER_DOWNLOAD_RATES": f"drive={RATE}, youtube={RATE}",
            "ROWKEEPER_DOWNLOAD_BURSTS": "drive=1, youtube=1",
            "ROWKEEPER_STORE_URL": f"s3://{BUCKET}",
            "ROWKEEPER_STORE_ENDPOINT_URL": store.url,
            "ROWKEEPER_STORE_ACCESS_KEY_ID": "AKIATEST",
            "ROWKEEPER_STORE_SECRET_ACCESS_KEY": SECRET,
        }
        client = client_for(store.url)
        client.create_bucket(Bucket=BUCKET)
        change(STATES)
        cluster = stack.enter_context(machines(folder, 0, host=HUB))
        yield World(found, cluster, net, client)
