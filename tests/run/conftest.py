"""A Drive and a YouTube that take their time, and an archive, for runs on a cluster."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rowkeeper.core.warehouse import Target, connect
from tests.fakes.s3 import archive_in
from tests.fakes.site import Site
from tests.fakes.slow_internet import SlowInternet
from tests.helpers.clusters import STATES, clips_of, drive_of

FILES = 60
LATENCY_S = 0.1


@pytest.fixture
def net(engine: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowInternet]:
    site = Site(files=drive_of(FILES), videos=clips_of(FILES))
    with SlowInternet(site, LATENCY_S) as internet:
        internet.lead_here(monkeypatch)
        monkeypatch.setenv("ROWKEEPER_DOWNLOAD_CONCURRENCY", "drive=64, youtube=64")
        monkeypatch.setenv("ROWKEEPER_DOWNLOAD_BACKOFF_S", "0.01")
        with connect(engine) as warehouse:
            warehouse.execute(STATES)
        yield internet


@pytest.fixture
def bucket(engine: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The archive: a bucket of its own."""
    name = f"cluster-{tmp_path.name.replace('_', '-').lower()}"[:60].strip("-")
    client = archive_in(monkeypatch, f"s3://{name}")
    client.create_bucket(Bucket=name)
    return name
