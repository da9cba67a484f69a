"""Days of a source that changes, through the real command line; ``tests.months`` does thirty."""

import pytest

from rowkeeper.core.warehouse import Target
from tests.fakes.internet import FakeInternet
from tests.months import LIST, World, live_through


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    ("engine", "faults"),
    [("duckdb", ("page", "folder")), ("postgres", ("limit", "folder"))],
    indirect=["engine"],
)
def test_whatever_a_run_saw_is_archived(
    engine: Target,
    faults: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A first day of faults, one on which all changes too, and one on which all is well again."""
    for name in ("NETWORK_PROXY", "NETWORK_CA_FILE", "DOWNLOAD_BACKOFF_S", "DOWNLOAD_REREAD_AFTER"):
        monkeypatch.setenv(f"ROWKEEPER_{name}", "")  # put back at the end
    world = World()
    with FakeInternet(world.site) as net:
        live_through(2, 3, engine, net, world, changes=8, faults=faults)
    first, *_, last, _ = capsys.readouterr().out.split("Look further:")
    if "page" in faults:
        assert "2 lists or documents are not known to be complete" in first
        listed = f"https://www.youtube.com/playlist?list={LIST}"
        because = "The source states 3 entries and listed 2."
        assert f"Partial: youtube_playlist of row 1 (Ann) {listed}: {because}" in first
        assert "0 of them archived in full" in first
    assert "Partial:" not in last
    assert "not known to be complete" not in last
