"""A provider is one module: the one that the docs show is added, and fetches."""

import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from downloaders.pool import download_all
from downloaders.registry import CLASSES, downloader_class, providers
from rowkeeper.cli import run_command
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.links import classify as links
from rowkeeper.core.links.classify import ASSET_KINDS, classify
from rowkeeper.core.settings import PROJECT_DIR
from tests.fakes import internet
from tests.fakes.clients import request_for, settings_for
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Site, WebResponse

PAGE = (PROJECT_DIR / "docs" / "providers.md").read_text("utf-8")


@pytest.fixture
def clips(monkeypatch: pytest.MonkeyPatch) -> None:
    """The four steps of the page, taken."""
    module_text, finder_text = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    module, finder = ModuleType("downloaders.clips"), ModuleType("finder")
    exec(module_text, module.__dict__)
    exec(finder_text, finder.__dict__)
    monkeypatch.setitem(sys.modules, "downloaders.clips", module)
    monkeypatch.setitem(CLASSES, "clips", ("downloaders.clips", "ClipsDownloader"))
    monkeypatch.setitem(ASSET_KINDS, ("clips", "clip"), ("video",))
    monkeypatch.setitem(links._FINDERS, "clips.example", finder.find_clip)
    monkeypatch.setitem(
        internet.HANDLERS,
        "clips.example",
        lambda _, request: WebResponse(request.path.encode(), "video/mp4"),
    )


def test_the_provider_of_the_docs_works(clips: None, tmp_path: Path) -> None:
    link = classify("http://clips.example/42?utm_source=x")
    assert (link.provider, link.media_id, link.asset_kinds) == ("clips", "42", ("video",))
    events: list[AssetEvent] = []
    with FakeInternet(Site()) as net:
        wanted = [request_for("clips", "video", media_id) for media_id in ("42", "x/../y")]
        download_all(wanted, settings_for(net, tmp_path), events.append, "s1")
    done = {event.media_id: event for event in events}
    assert done["42"].event_type is EventType.DOWNLOADED
    assert (tmp_path / str(done["42"].local_path)).read_text() == "/42/file"
    assert (done["x/../y"].error_code, done["x/../y"].verdict) == ("bad_link", "permanent")


def test_every_provider_is_listed_with_its_kinds(
    clips: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ROWKEEPER_DOWNLOAD_PACE_DIR", str(tmp_path / "pace"))
    assert run_command(["providers", "--json"]) == 0
    answer = {item["name"]: item for item in json.loads(capsys.readouterr().out)}
    assert answer.keys() == set(providers())
    assert (answer["clips"]["kinds"], answer["clips"]["links"]) == (["video"], ["clip"])
    assert (answer["youtube"]["rate"], answer["youtube"]["burst"]) == (2.0, 5)
    assert run_command(["providers"]) == 0
    assert "presentation" in capsys.readouterr().out


def test_the_docs_name_every_provider_kind_and_link() -> None:
    for name in providers():
        assert f"| `{name}` |" in PAGE
        assert all(f"`{kind}`" in PAGE for kind in downloader_class(name).kinds)
    wanted = {kind for kinds in ASSET_KINDS.values() for kind in kinds}
    assert wanted == {kind for name in providers() for kind in downloader_class(name).kinds}
