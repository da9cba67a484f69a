"""``rowkeeper run`` as a process of its own, on a sheet of people with files in a Drive."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping

from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.warehouse import Target, connect
from tests.fakes.site import DriveFile, Site
from tests.fakes.slow_internet import SlowInternet
from tests.helpers.samples import GID

SHEET = "docs.google.com/spreadsheets/d/e/2PACX-whole-runs/pubhtml"
COMMAND = "from rowkeeper.cli import main; main()"
FILE = "1File"
TOLD = """select count(*), count(distinct asset_id) from raw.asset_events
where event_type = 'downloaded'"""
SESSIONS = "select session_id, status from download_sessions order by created_at"
Run = subprocess.Popen[str]


def add_people(site: Site, people: int, files: int) -> None:
    """People with so many files each, and the sheet that names them."""
    rows = []
    for person in range(1, people + 1):
        own = [
            DriveFile(f"{FILE}{person}{n:020}", "a.txt", b"%d %d" % (person, n))
            for n in range(files)
        ]
        site.files.extend(own)
        links = " ".join(f"https://drive.google.com/file/d/{item.id}/view" for item in own)
        rows.append(f"<tr><td>{person}</td><td>Ann</td><td>{links}</td></tr>")
    head = "<tr><td>#</td><td>Name</td><td>Notes</td></tr>"
    table = f'<table class="waffle">{head}{"".join(rows)}</table>'
    site.pages[SHEET] = f'<html><div id="{GID}">{table}</div></html>'


def begin_run(
    *words: str, prefix: tuple[str, ...] = (), environ: Mapping[str, str] | None = None
) -> Run:
    """A run of that sheet, begun by the command ``prefix``, in a group of its own."""
    sheet = ("--sheet", f"https://{SHEET}?gid={GID}")
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", COMMAND, "run", *words, *sheet],
        cwd=PROJECT_DIR,
        env={**os.environ, **(environ or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def asked(net: SlowInternet) -> Counter[str]:
    """How often each file was asked for."""
    return Counter({name: n for name, n in net.asked.items() if name.startswith(FILE)})


def interrupt(run: Run, net: SlowInternet, requests: int, times: int) -> float:
    """Ctrl-C, as a terminal sends it to all of a group, ``times`` times, after so many files were
    asked for; the seconds until the end."""
    while asked(net).total() < requests:
        assert run.poll() is None, f"{run.returncode}: {run.communicate()[1]}"
        time.sleep(0.02)
    since = time.monotonic()
    for left in reversed(range(times)):
        os.killpg(run.pid, signal.SIGINT)
        if left:  # the next one comes when this one was heard
            assert run.stderr
            assert any("Ctrl-C again" in line for line in iter(run.stderr.readline, ""))
    run.communicate(timeout=120)
    return time.monotonic() - since


def told(target: Target) -> tuple[int, int]:
    """How many downloads were told of, and of how many assets."""
    with connect(target) as warehouse:
        ((events, assets),) = warehouse.query(TOLD)
    return events, assets


def sessions(target: Target) -> dict[str, str]:
    """How each session stands by its id, in the order of their beginnings."""
    with connect(target) as warehouse:
        return {str(session_id): str(status) for session_id, status in warehouse.query(SESSIONS)}
