"""A cluster of machines with lines of their own: ``python -m tests.machines --rounds 50``, as root.

A scheduler and four workers, each in a network namespace. In each round two workers are killed and
the line of a third is cut, for a while or for good. Then drivers are killed and interrupted, sites
ask for a pause, four plain runs have data folders of their own, and four workers race one. Nothing
is lost or doubled, no site is asked more often than it may be, and none after it asked for a pause.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rowkeeper.core.errors import INTERRUPTED
from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.warehouse import connect
from tests.fakes.site import Fault, Site
from tests.helpers.clusters import context_here
from tests.helpers.whole_runs import add_people, asked, begin_run, interrupt, sessions, told
from tests.helpers.worlds import (
    FILES,
    LATENCY_S,
    RACED,
    THREADS,
    WORKERS,
    World,
    change,
    expect,
    say,
    world,
)

CUTS_S = (4.0, 15.0, 45.0, None)
"""For how long a line is cut; None: until all is done without it."""
PLAIN_RATE = 3.0
LOCKED = """
from rowkeeper.core.warehouse import connect
from tests.helpers.clusters import context_here
with connect(context_here().target) as warehouse:
    warehouse.query("select pg_advisory_lock(7)")
    print("held", flush=True)
    while True:
        warehouse.query("select 1")
"""
PARTS = ("race", "pauses", "locks", "plain", "drivers", "faults", "interrupts")
PAUSES = "ROWKEEPER_DOWNLOAD_PAUSE_S"
RATES = "ROWKEEPER_DOWNLOAD_RATES"


def faults(here: World, number: int, chance: random.Random) -> int:
    """Two workers are killed and one is cut off, at any moment; how much was asked twice."""
    here.man()
    person = f"round{number}-"
    first, second, cut = chance.sample(range(WORKERS), 3)
    acts: list[Callable[[], None]] = [
        lambda: here.kill(first),
        lambda: here.kill(second),
        here.machines[cut].cut_off,
    ]
    chance.shuffle(acts)
    driver = here.drive(person)
    for act, moment in zip(acts, sorted(chance.sample(range(1, FILES), 3)), strict=True):
        here.reach(moment, driver)
        act()
    since, length = time.monotonic(), chance.choice(CUTS_S)
    while driver.poll() is None and (length is None or time.monotonic() - since < length):
        time.sleep(0.1)
    here.machines[cut].mend()
    here.ended(driver)
    say(f"Round {number}: a line was cut for {length or 'good'}.")
    twice = here.check(person, 3 * THREADS)
    here.kill(cut)
    return twice


def drivers(here: World, kills: int, chance: random.Random) -> None:
    """Drivers are killed, and the next one takes up what their workers have."""
    here.man()
    met, parts = 0, 0
    while met < kills:
        parts, before = parts + 1, met
        while True:
            driver = here.drive(person := f"part{parts}-")
            here.reach(here.net.asked.total() + chance.randint(1, FILES // 4), driver)
            if met == kills or driver.poll() is not None:
                break
            driver.kill()
            driver.wait()
            met += 1
        here.ended(driver)
        twice = here.check(person, WORKERS * THREADS * (met - before))
        say(f"{met} drivers killed, {twice} asked for twice.")


def pauses(here: World) -> None:
    """A site has enough of it: what one worker is told stops all of them."""
    here.man()
    os.environ[PAUSES] = "900"
    for words, site, name in (
        ("a quota page", "drive", "file40"),
        ("a bot check", "youtube", "clip0000040"),
        ("a 429 that asks for 900 s", "drive", "file41"),
    ):
        with shut(here.net.site, words, name):
            here.ended(here.drive("paused-", site=site))
            late = here.check_pause(WORKERS * THREADS)
            asked = here.net.asked.total()
            here.ended(here.drive("again-", site=site))
            expect(here.net.asked.total() == asked, f"{site} was asked in its pause")
        expect(late < asked, "nobody asked")
        change("delete from raw.site_pace; delete from raw.asset_events")
        here.net.forget()
        say(f"After {words}: of {asked} requests {late} were on their way, none came later.")
    del os.environ[PAUSES]


@contextmanager
def shut(site: Site, words: str, name: str) -> Iterator[None]:
    """The ``site`` answers so when it is asked for ``name``, and afterwards no more."""
    files, videos, faults = list(site.files), list(site.videos), list(site.faults)
    if words == "a bot check":
        site.videos[:] = [replace(v, error="bot_check") if v.id == name else v for v in videos]
    elif words == "a quota page":
        site.files[:] = [replace(f, error="quota") if f.id == name else f for f in files]
    else:
        site.faults.append(Fault(f"id={name}", "wait:900"))
    yield
    site.files[:], site.videos[:], site.faults[:] = files, videos, faults


def locks(here: World) -> None:
    """A machine that is cut off while it talks to Postgres keeps its locks for half a minute."""
    with connect(context_here().target) as warehouse:
        command = [*here.machines[0].prefix, sys.executable, "-c", LOCKED]
        pipe = subprocess.PIPE
        holder = subprocess.Popen(command, cwd=PROJECT_DIR, stdout=pipe, stderr=pipe)
        assert holder.stdout is not None
        holder.stdout.readline()
        here.machines[0].cut_off()
        since = time.monotonic()
        while warehouse.query("select pg_try_advisory_lock(7)") == [(False,)]:
            if time.monotonic() - since > 60:
                holder.kill()
                expect(False, "a machine that is cut off keeps its lock")
            time.sleep(0.5)
        holder.kill()
        holder.communicate()
    here.machines[0].mend()
    say(f"The lock of a machine that was cut off was free after {time.monotonic() - since:.0f} s.")


def plain(here: World, folder: Path) -> None:
    """Four plain runs at one site, each with a data folder on a machine of its own."""
    shared = here.another("plain")
    shared |= {RATES: f"drive={PLAIN_RATE}", "ROWKEEPER_DOWNLOAD_CONCURRENCY": "drive=4"}
    add_people(here.net.site, WORKERS, 40)
    runs = [
        begin_run(
            *("--people", str(number)),
            prefix=machine.prefix,
            environ={**shared, "ROWKEEPER_DATA_DIR": str(folder / f"plain{number}")},
        )
        for number, machine in enumerate(here.machines, start=1)
    ]
    for run in runs:
        _, said = run.communicate(timeout=1200)
        expect(run.returncode == 0, f"a plain run ended with {run.returncode}: {said}")
    here.forget_sheets()
    expect(set(here.net.asked.values()) == {1}, "a file was asked for twice")
    rate = here.check_pace(PLAIN_RATE)
    say(f"Four plain runs asked {rate:.2f} times a second, {PLAIN_RATE:.0f} may be.")


def interrupts(here: World, folder: Path) -> None:
    """Ctrl-C, once and twice; the next run goes on, and nothing is asked for again."""
    shared = here.another("interrupted")
    os.environ |= {**shared, "ROWKEEPER_DATA_DIR": str(folder / "interrupted")}
    here.man(0)
    here.man()
    add_people(here.net.site, 1, RACED)
    for number, times in enumerate((1, 1, 2), start=1):  # workers finish a batch after the last
        run = begin_run("--cluster", here.cluster.address)
        seconds = interrupt(run, here.net, 40 * number, times)
        expect(run.returncode == INTERRUPTED, f"an interrupted run ended with {run.returncode}")
        say(f"A run ended {seconds:.1f} s after {times} Ctrl-C.")
    run = begin_run("--cluster", here.cluster.address)
    _, said = run.communicate(timeout=600)
    expect(run.returncode == 0, f"the run after them ended with {run.returncode}: {said}")
    again = {name: times for name, times in asked(here.net).items() if times > 1}
    expect(not again, f"asked again: {again}")
    target = context_here().target
    expect(told(target) == (RACED, RACED), f"told of: {told(target)}")
    ended = list(sessions(target).values())
    expect(ended == ["interrupted"] * 3 + ["completed"], f"sessions: {ended}")
    here.forget_sheets()
    here.check_pace()


def race(here: World) -> None:
    """Four workers against one, at a site that allows any number."""
    before, os.environ[RATES] = os.environ[RATES], "drive=0"
    rates = {}
    for count in (1, WORKERS):
        here.man(count)
        here.ended(here.drive(f"race{count}-", RACED))
        came = sorted(here.net.came)
        rates[count] = len(came) / (came[-1] - came[0] + LATENCY_S)
        here.net.forget()
    os.environ[RATES] = before
    times = rates[WORKERS] / rates[1]
    say(f"{rates[1]:.1f} files a second of one worker, {times:.1f} times that of {WORKERS}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory(prefix="machines-") as folder, world(Path(folder)) as here:
        if "race" in given.only:
            race(here)
        if "pauses" in given.only:
            pauses(here)
        if "locks" in given.only:
            locks(here)
        if "plain" in given.only:
            plain(here, Path(folder))
        if "drivers" in given.only:
            drivers(here, given.kills, chance)
        if "faults" in given.only:
            twice = sum(faults(here, number, chance) for number in range(given.rounds))
            say(f"{given.rounds} rounds: all is there once, {twice} asked for twice.")
        if "interrupts" in given.only:
            interrupts(here, Path(folder))
        say(f"No site was asked more often than {here.fastest:.3f} times what it allows.")


if __name__ == "__main__":
    main()
