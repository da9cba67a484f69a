"""The site as it is served: on this machine alone, to whoever has the token, and read-only."""

import json
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import uvicorn
from playwright.sync_api import Browser, expect

from rowkeeper.archive.live import Live
from rowkeeper.archive.serve import make_app
from rowkeeper.cli.serve import listen
from rowkeeper.core.errors import UsageError
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import connect
from rowkeeper.workspace.context import Context
from tests.fakes.s3 import archive_in
from tests.helpers.archives import context_at
from tests.helpers.browser import until
from tests.helpers.catalogues import SOUND, made_site
from tests.helpers.events import event
from tests.helpers.stores import request_of
from uploaders.local.store import LocalStore
from uploaders.registry import open_store

TOKEN = "let-me-in"
HERE, STORED, ELSEWHERE, NOBODYS = (f"00000000-0000-5000-8000-00000000000{n}" for n in range(1, 5))
ASSETS = """
create table assets (
    asset_id uuid, person_row_id text, asset_type text, asset_kind text, provider text,
    media_id text, filename text, mime_type text, download_status text, upload_status text,
    archived_by text, store text, object_key text, file_size_bytes bigint, local_file_path text
);
create table people (row_id text);
create table failures (asset_id uuid, next_step text);
create table person_content (asset_id uuid);
"""


Place = tuple[str, str | None, str, str | None, str | None]
"""An asset, its local path, its media type, the root of its store and its object's key."""


def has_assets(context: Context, places: Iterable[Place]) -> None:
    """Published tables, of which the media of the site are read."""
    with connect(context.target) as warehouse:
        for statement in ASSETS.split(";\n"):
            warehouse.execute(statement) if statement.strip() else None
        for asset_id, path, mime, root, key in places:
            warehouse.execute(
                "insert into assets values (?, '1', 'a', 'video', 'p', 'm', 'f', ?, 'uploaded', "
                "'uploaded', 'rowkeeper', ?, ?, 256, ?)",
                [asset_id, mime, root, key, path],
            )


@contextmanager
def serving(context: Context) -> Iterator[str]:
    """The site is served; gives its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = make_app(context, context.settings.data_dir / "site", TOKEN)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Context, str]]:
    """A data folder with a site, and the address at which it is served."""
    folder = tmp_path_factory.mktemp("served")
    context = context_at(folder)
    data_dir = context.settings.data_dir
    made_site(data_dir, 11, 4, hostile=True)
    (data_dir / "files" / "page.html").write_text("<script>alert(document.cookie)</script>")
    store = LocalStore(folder / "share" / "archive")
    (store.folder / "people").mkdir(parents=True)
    (store.folder / "people" / "2.mp4").write_bytes(bytes(range(256)))
    places: list[Place] = [
        (HERE, SOUND, "audio/wav", None, None),
        (STORED, None, "video/mp4", store.root, "people/2.mp4"),
        (ELSEWHERE, "../share/archive/people/2.mp4", "text/html", None, None),
    ]
    has_assets(context, places)
    with serving(context) as url:
        yield context, url


@pytest.fixture
def asked(served: tuple[Context, str]) -> requests.Session:
    """A browser that has come with the token."""
    session = requests.Session()
    answer = session.get(f"{served[1]}/?token={TOKEN}")
    assert answer.url == f"{served[1]}/site/index.html"
    assert answer.status_code == 200
    return session


def test_strangers_get_nothing(served: tuple[Context, str], asked: requests.Session) -> None:
    _, url = served
    for path in ("/", "/site/index.html", f"/media/{HERE}", "/files/page.html", "/events"):
        assert requests.get(url + path).status_code == 403
        assert requests.get(f"{url}{path}?token=guess").status_code == 403
        away = asked.get(url + path, headers={"Host": "evil.example"}, stream=True)
        assert (away.status_code, away.text) == (400, "Invalid host header")
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert asked.request(method, f"{url}/site/index.html").status_code == 405


def test_a_recording_comes_by_ranges_from_the_file_or_the_store(
    served: tuple[Context, str], asked: requests.Session
) -> None:
    context, url = served
    sound = (context.settings.data_dir / SOUND).read_bytes()
    part = asked.get(f"{url}/media/{HERE}", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, sound[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(sound)}"
    stored = asked.get(f"{url}/media/{STORED}", headers={"Range": "bytes=-6"})
    assert (stored.status_code, stored.content) == (206, bytes(range(250, 256)))
    for asset_id in (ELSEWHERE, NOBODYS):
        refused = asked.get(f"{url}/media/{asset_id}")
        assert refused.status_code == 404
        assert refused.text


def test_an_object_in_a_bucket_plays_from_there(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The address is made when it is asked for; the browser goes there, as the pages let it."""
    archive_in(monkeypatch, "s3://served-media").create_bucket(Bucket="served-media")
    settings = load_settings({"data_dir": str(tmp_path / "data")})
    context = Context(settings, context_at(tmp_path).target)
    made_site(settings.data_dir, 2, 1)
    store = open_store(settings)
    sound = settings.data_dir / SOUND
    store.put(request_of(tmp_path, sound.read_bytes()), "people/2.wav")
    has_assets(context, [(STORED, None, "audio/wav", store.root, "people/2.wav")])
    with serving(context) as url:
        session = requests.Session()
        session.get(f"{url}/?token={TOKEN}")
        answer = session.get(f"{url}/media/{STORED}", allow_redirects=False)
        assert answer.status_code == 307
        assert "X-Amz-Signature" in answer.headers["Location"]
        part = session.get(f"{url}/media/{STORED}", headers={"Range": "bytes=0-9"})
        assert (part.status_code, part.content) == (206, sound.read_bytes()[:10])
        page = browser.new_page()
        page.goto(f"{url}/?token={TOKEN}")
        page.goto(f"{url}/site/person/2.html")
        page.evaluate("document.querySelector('[data-asset]').preload = 'metadata'")
        until(page, "document.querySelector('[data-asset]').duration === 60")
        page.close()


def test_what_somebody_else_wrote_runs_no_script_here(
    served: tuple[Context, str], asked: requests.Session
) -> None:
    _, url = served
    page = asked.get(f"{url}/files/page.html")
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/files/%2e%2e/rowkeeper.duckdb", "/site/../rowkeeper.duckdb", "/files/..%2fx"):
        assert asked.get(url + path).status_code == 404
    answer = asked.get(f"{url}/site/index.html")
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_run_is_seen_while_it_is_at_work(tmp_path: Path) -> None:
    live = Live(tmp_path)
    assert live.said() == ""
    note = {"command": "rowkeeper run\x1b[31m", "pid": 7, "since": "12:00"}
    (tmp_path / "run.json").write_text(json.dumps(note))
    with Journal(journal_dir(tmp_path)) as journal:
        for number in range(2):
            journal.append(event(number))
            said = live.said()
            assert f"{number + 1} downloaded, 0 archived" in said
    assert "\x1b" not in said
    (tmp_path / "run.json").unlink()
    assert live.said() == ""


def test_a_browser_plays_from_the_server_and_sees_the_run(
    served: tuple[Context, str], browser: Browser
) -> None:
    context, url = served
    note = context.settings.data_dir / "run.json"
    note.write_text(json.dumps({"command": "rowkeeper run", "pid": 7, "since": "12:00"}))
    said: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(f"{url}/?token={TOKEN}")
    expect(page.locator("#live")).to_contain_text("rowkeeper run is at work since 12:00")
    page.goto(f"{url}/site/search.html#q=unique1x4")
    page.locator("#found li a").first.click()
    page.wait_for_url("**/person/1.html#*")
    until(page, "Math.abs(document.querySelector('audio').currentTime - 30) < 0.5")
    page.goto(f"{url}/site/person/2.html")
    source = page.locator("video").get_attribute("src")
    assert source == f"/media/{STORED}"
    page.goto(f"{url}/files/page.html")
    page.close()
    note.unlink()
    assert [one for one in said if "sandboxed" not in one] == []


def test_it_listens_on_this_machine_alone_and_says_that_a_port_is_taken() -> None:
    with listen(0) as listening:
        host, port = listening.getsockname()
        assert host == "127.0.0.1"
        with (
            socket.create_server(("127.0.0.1", 0)) as other,
            pytest.raises(UsageError, match=r"can't be used .*: name another with --port"),
        ):
            listen(other.getsockname()[1])
        assert port
