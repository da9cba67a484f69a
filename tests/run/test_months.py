"""Days of a source that changes, through the real command line; ``tests.months`` does thirty."""

import pytest

from rowkeeper.core.warehouse import Target
from tests.fakes.internet import FakeInternet
from tests.months import World, live_through


@pytest.mark.parametrize(("engine", "seed"), [("duckdb", 3), ("postgres", 4)], indirect=["engine"])
def test_whatever_a_run_saw_is_archived(
    engine: Target, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NETWORK_PROXY", "NETWORK_CA_FILE", "DOWNLOAD_BACKOFF_S"):
        monkeypatch.setenv(f"ROWKEEPER_{name}", "")  # put back at the end
    world = World()
    with FakeInternet(world.site) as net:
        live_through(5, seed, engine, net, world)
