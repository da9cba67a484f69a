"""Ctrl-C in the middle of a run on a cluster: it ends in order, and the next run goes on."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from rowkeeper.core.errors import INTERRUPTED
from rowkeeper.core.warehouse import Target
from rowkeeper.workspace.sessions import workers_of
from tests.fakes.s3 import archive_in
from tests.fakes.site import Site
from tests.fakes.slow_internet import SlowInternet
from tests.helpers.clusters import context_here, machines
from tests.helpers.whole_runs import add_people, asked, begin_run, interrupt, sessions, told

FILES, LATENCY_S = 80, 0.2
"""So many that after a second Ctrl-C, when workers finish a batch each, some are left."""


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@pytest.mark.parametrize(("address", "interrupts"), [("tls", (1, 2)), ("local:2", (1,))])
def test_an_interrupted_run_keeps_what_its_workers_finish(
    engine: Target,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    address: str,
    interrupts: tuple[int, ...],
) -> None:
    site, bucket = Site(), f"interrupted-{address.replace(':', '-')}"
    add_people(site, 1, FILES)
    archive_in(monkeypatch, f"s3://{bucket}").create_bucket(Bucket=bucket)
    monkeypatch.setenv("ROWKEEPER_DOWNLOAD_CONCURRENCY", "drive=64")
    monkeypatch.setenv("ROWKEEPER_DOWNLOAD_WORKERS", "2")
    with SlowInternet(site, LATENCY_S) as net, ExitStack() as stack:
        net.lead_here(monkeypatch)
        if address == "tls":
            address = stack.enter_context(machines(tmp_path, workers=2)).address
        for number, times in enumerate(interrupts, start=1):
            run = begin_run("--cluster", address)
            seconds = interrupt(run, net, 15 * number, times)
            assert run.returncode == INTERRUPTED
            assert seconds < 20  # a few, on a machine that has nothing else to do
            if times == 1:  # all that was asked for is in the journal
                assert told(engine)[0] == asked(net).total() < FILES
        run = begin_run("--cluster", address)
        assert run.wait(240) == 0, run.communicate()[1]
        run.communicate()
        assert set(asked(net).values()) == {1}
    assert told(engine) == (FILES, FILES)
    assert list(sessions(engine).values()) == [*["interrupted"] * len(interrupts), "completed"]
    workers = workers_of(context_here(), sessions(engine))
    assert workers.keys() == sessions(engine).keys()
    assert sum(sum(had.values()) for had in workers.values()) == FILES
