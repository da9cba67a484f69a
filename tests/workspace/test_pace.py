"""The pace in Postgres: one for all machines that share the warehouse."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from rowkeeper.core.errors import PauseSiteError
from rowkeeper.core.net.throttle import Limit, Throttle
from rowkeeper.core.settings import Settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.lasting import LastingSession, create_tables
from rowkeeper.workspace.pace import PostgresPace, throttle_of
from tests.helpers.loopback import serving

SITE = "direct"
HOST = "direct site.example"
MACHINE = """
import sys, urllib.request
from concurrent.futures import ThreadPoolExecutor
from rowkeeper.core.errors import PauseSiteError
from rowkeeper.core.net.throttle import Limit, Throttle
from rowkeeper.core.profiles import load_target
from rowkeeper.workspace.lasting import LastingSession
from tests.helpers.loopback import serving
from rowkeeper.workspace.pace import PostgresPace
url, rate, times = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])

def ask(_):
    try:
        throttle.wait("direct", "direct site.example")
    except PauseSiteError:
        return
    with urllib.request.urlopen(url) as answer:
        if answer.status == 202:
            throttle.pause("direct site.example", 900)
            print("paused", flush=True)

with LastingSession(load_target("prod")) as session, ThreadPoolExecutor(3) as threads:
    pace = PostgresPace(session)
    throttle = Throttle({"direct": Limit(rate=rate, burst=1)}, pace, longest_s=60)
    throttle.paused_s("direct")
    print("ready", flush=True)
    sys.stdin.readline()
    list(threads.map(ask, range(times)))
"""
HOLDER = """
import sys, time
from rowkeeper.core.net.throttle import Limit, Throttle
from rowkeeper.core.profiles import load_target
from rowkeeper.workspace.lasting import LastingSession
from rowkeeper.workspace.pace import PostgresPace
pace = PostgresPace(LastingSession(load_target("prod")))
throttle = Throttle({"direct": Limit(slots=2)}, pace)
with throttle.slot("direct"), throttle.slot("direct"):
    print("held", flush=True)
    time.sleep(60)
"""
pytestmark = pytest.mark.parametrize("engine", ["postgres"], indirect=True)


class FakeSite:
    """Notes when each request came; from number ``bot_check_from`` on it answers 202."""

    def __init__(self, bot_check_from: int = 1 << 30) -> None:
        self.bot_check_from = bot_check_from
        self.times: list[float] = []
        self.lock = threading.Lock()

    @contextmanager
    def running(self) -> Iterator[str]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with site.lock:
                    site.times.append(time.monotonic())
                    is_checked = len(site.times) >= site.bot_check_from
                self.send_response(202 if is_checked else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        with serving(Handler) as url:
            yield f"{url}/"


@contextmanager
def machines(count: int, *arguments: object) -> Iterator[list["subprocess.Popen[str]"]]:
    """Processes that are all ready to ask, and begin with a line to each."""
    command = [sys.executable, "-c", MACHINE, *map(str, arguments)]
    pipe = subprocess.PIPE
    found = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(count)]
    try:
        for one in found:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        yield found
    finally:
        for one in found:
            one.kill()
            one.communicate()


@contextmanager
def a_machine(target: Target) -> Iterator[PostgresPace]:
    with LastingSession(target) as session:
        yield PostgresPace(session)


def go(found: list["subprocess.Popen[str]"]) -> list[str]:
    """Let all begin at once; what each said in the end."""
    for one in found:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate(timeout=300)[0] for one in found]
    assert [one.returncode for one in found] == [0] * len(found)
    return said


def test_four_machines_ask_as_often_as_one_may(engine: Target) -> None:
    site, rate, each = FakeSite(), 40.0, 30
    with site.running() as url, machines(4, url, rate, each) as found:
        begun = time.monotonic()
        go(found)
    assert len(site.times) == 4 * each
    for number, came in enumerate(sorted(site.times), start=1):
        assert number <= 1 + 1.05 * rate * (came - begun)


def test_what_one_machine_is_told_stops_them_all(engine: Target) -> None:
    site = FakeSite(bot_check_from=20)
    with site.running() as url, machines(4, url, 8.0, 30) as found:
        said = go(found)
    assert "paused" in "".join(said)
    # the turns are 125 ms apart: what goes out before the pause is written is a turn or two
    assert len(site.times) <= 20 + 3
    with a_machine(engine) as pace:
        assert 890 < pace.paused_s(HOST) <= 900
        assert pace.paused_s(SITE) == pace.paused_s("direct other.example") == 0
        assert pace.paused_hosts(SITE) > 890
        with pytest.raises(PauseSiteError):
            Throttle({}, pace, longest_s=60).wait(SITE, HOST)
        pace.pause(HOST, 5)
        assert pace.paused_s(HOST) > 800
        pace.resume(SITE)
        assert pace.paused_s(HOST) == pace.paused_hosts(SITE) == 0


def test_a_pause_stops_those_who_wait_for_their_turn(engine: Target) -> None:
    asked = []
    with a_machine(engine) as pace:

        def sleep(seconds: float) -> None:
            asked.append(seconds)
            if len(asked) == 1:
                pace.pause(SITE, 900)

        throttle = Throttle({SITE: Limit(rate=0.05, burst=1)}, pace, sleep=sleep, longest_s=60)
        throttle.wait(SITE)
        with pytest.raises(PauseSiteError):
            throttle.wait(SITE)
    assert asked == [pytest.approx(20, abs=10)]


def test_a_burst_and_then_the_rate_by_the_clock_of_the_server(engine: Target) -> None:
    with a_machine(engine) as pace:
        delays = [pace.turn(SITE, Limit(rate=0.01, burst=3)) for _ in range(5)]
        assert [round(max(0.0, delay), -1) for delay in delays] == [0, 0, 0, 100, 200]
        with connect(engine) as warehouse:
            warehouse.execute("update raw.site_pace set ahead_until = now() + interval '9 years'")
        assert pace.turn(SITE, Limit(rate=0.01)) == pytest.approx(3600, abs=5)


def test_a_pause_lasts_as_long_as_it_was_meant_to_whatever_the_clock_does(engine: Target) -> None:
    with a_machine(engine) as pace, connect(engine) as warehouse:
        for pause_s, left in ((900, 900), (60, 900), (1800, 1800)):
            pace.pause(HOST, pause_s)
            # as it looks after the server's clock went back a year
            warehouse.execute(
                "update raw.site_pace set paused_until = paused_until + interval '1 year'"
            )
            if pause_s != 1800:
                assert pace.paused_s(HOST) == pytest.approx(left, abs=5)
        assert pace.paused_hosts(SITE) == pytest.approx(1800, abs=5)
        time.sleep(0.3)
        assert pace.paused_hosts(SITE) < 1799.9  # it goes on from there
        assert pace.turn(HOST, Limit(rate=1.0)) <= 0  # who is paused alone was never asked


def test_a_table_of_an_earlier_version_has_no_lengths(engine: Target) -> None:
    with connect(engine) as warehouse:
        create_tables(warehouse)
        warehouse.execute(
            "alter table raw.site_pace drop column pause_s;"
            "insert into raw.site_pace values ('direct', null, now() + interval '1 year')"
        )
        with a_machine(engine) as pace:
            assert pace.paused_s(SITE) == pytest.approx(86_400, abs=5)
            pace.resume(SITE)
            assert pace.paused_s(SITE) == 0
            pace.pause(SITE, 5)
            assert warehouse.query("select pause_s from raw.site_pace") == [(5.0,)]


def test_slots_are_shared_and_freed_with_their_process(engine: Target) -> None:
    with a_machine(engine) as pace, a_machine(engine) as other:
        command = [sys.executable, "-c", HOLDER]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            holder.stdout.readline()
            assert pace.slot(SITE, 2) is None
            third = pace.slot(SITE, 3)
            assert third is not None
            assert (pace.slot(SITE, 3), other.slot(SITE, 3)) == (None, None)
            third()
            holder.kill()
        # the first slot itself: a server frees those of a dead session one after the other
        with Throttle({SITE: Limit(slots=1)}, pace).slot(SITE):
            assert other.slot(SITE, 1) is None
        assert other.slot(SITE, 1) is not None


def test_a_server_that_ends_the_session_is_asked_again(engine: Target) -> None:
    with a_machine(engine) as pace, connect(engine) as warehouse:
        pace.pause(SITE, 900)
        give_back = pace.slot(SITE, 1)
        warehouse.query(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where pid <> pg_backend_pid() and datname = current_database()"
        )
        assert pace.paused_s(SITE) > 800
        assert give_back is not None
        give_back()
        assert pace.slot(SITE, 1) is not None


def test_who_only_looks_makes_no_table(engine: Target, tmp_path: Path) -> None:
    context = Context(Settings(data_dir=tmp_path), engine)
    with throttle_of(context) as throttle, connect(engine) as warehouse:
        assert throttle.paused_s("youtube") == throttle.paused_hosts(SITE) == 0
        throttle.resume("youtube")
        assert warehouse.tables("raw") == frozenset()
