"""A site that has enough of it: what one worker of a cluster is told stops all."""

from dataclasses import replace
from pathlib import Path

import pytest

from rowkeeper.core.warehouse import Target, connect
from tests.fakes.site import Fault, Site
from tests.fakes.slow_internet import SlowInternet
from tests.helpers.clusters import context_here, download, machines, wanted
from tests.helpers.events import numbered
from tests.run.conftest import FILES

TOLD = """
select verdict, error_code from raw.asset_events where event_type = 'download_failed'
"""


def quota(site: Site) -> str:
    site.files[0] = replace(site.files[0], error="quota")
    return "id=file00"


def bot_check(site: Site) -> str:
    site.videos[0] = replace(site.videos[0], error="bot_check")
    return "v=clip0000000"


def too_many(site: Site) -> str:
    site.faults.append(Fault("id=file00", "wait:900"))
    return "id=file00"


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    ("shut", "name", "code"),
    [
        (quota, "drive", "quota"),
        (bot_check, "youtube", "bot_check"),
        (too_many, "drive", "rate_limited"),
    ],
)
def test_what_one_worker_is_told_stops_all(
    engine: Target,
    net: SlowInternet,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    shut: object,
    name: str,
    code: str,
) -> None:
    monkeypatch.setenv("ROWKEEPER_DOWNLOAD_PAUSE_S", "900")
    requests = wanted(FILES, site=name)
    assert callable(shut)
    net.first = shut(net.site)
    with machines(tmp_path, workers=3) as found:
        done = download(context_here(), found.address, requests, numbered(1))
        with connect(engine) as warehouse:  # also of who waits for a turn
            told = set(warehouse.query(TOLD))
        assert {verdict for verdict, _ in told} == {"pause"}
        assert code in {said for _, said in told}
        assert 1 <= done.failed < FILES // 2
        assert done.failed + done.downloaded + done.paused == len(requests)
        assert done.downloaded < FILES // 2  # what was under way, on a busy machine too
        before = net.asked.total()
        again = download(context_here(), found.address, requests[1:], numbered(2))
    assert (again.downloaded, again.paused) == (0, FILES - 1)
    assert net.asked.total() == before
    assert list(done.paused_providers) == [name]
