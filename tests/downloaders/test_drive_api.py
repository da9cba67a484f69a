"""Drive and Docs by the API: files, folders, exports, shortcuts, quotas, and no secret shown."""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from downloaders.base import FetchSettings
from downloaders.google.drive_api import _refusal
from downloaders.pool import download_all
from rowkeeper.core.errors import InputError, TransferError, Verdict
from rowkeeper.core.events import AssetEvent
from tests.fakes import drive_api
from tests.fakes.clients import fetch, request_for, settings_for
from tests.fakes.drive_api import KEY, TOKEN, refusal
from tests.fakes.internet import FakeInternet
from tests.fakes.sheets import service_account
from tests.fakes.site import Document, DriveEntry, DriveFile, DriveFolder, Fault, Site, WebResponse

FILM = bytes(range(256)) * 4000
PAGE = "https://docs.google.com/document/d/typing_notes/edit"
BELOW = "https://drive.google.com/drive/folders/folder_below"
FILES = "www.googleapis.com/drive/v3/files"
SITE = Site(
    files=[
        DriveFile("private_film", "film.mp4", FILM, "video/mp4"),
        DriveFile("changed_file", "x.bin", b"abc", md5="0" * 32),
        DriveFile("quota_file__", "x.bin", b"abc", error="api_quota"),
        DriveFile("not_shared__", "x.bin", b"abc", error="not_shared"),
        DriveFile("shortcut_one", "Notes", shortcut_to=PAGE),
        DriveFile("shortcut_two", "Below", shortcut_to=BELOW),
    ],
    folders=[
        DriveFolder(
            "folder_of_all",
            "All",
            (
                DriveEntry("private_film", "the film"),
                DriveEntry("shortcut_one", "notes"),
                DriveEntry("folder_below", "below", "folder"),
                DriveEntry("table_of_all", "table", "spreadsheet"),
                DriveEntry("slides_of_all", "slides", "presentation"),
            ),
        )
    ],
    documents=[
        Document("typing_notes", "Typing notes", "Hello", html="<html><body>Hello</body></html>"),
        Document("table_of_all", "Table", "a,b", kind="spreadsheet"),
        Document("slides_of_all", "Slides", "x", kind="presentation"),
    ],
)


@pytest.fixture
def net() -> Iterator[FakeInternet]:
    with FakeInternet(replace(SITE, faults=[])) as internet:
        yield internet


@pytest.fixture(params=["key", "account"])
def settings(request: pytest.FixtureRequest, net: FakeInternet, tmp_path: Path) -> FetchSettings:
    if request.param == "key":
        return settings_for(net, tmp_path, api_key=KEY)
    file = service_account(tmp_path / "key.json", "https://oauth2.googleapis.com/")
    return settings_for(net, tmp_path, credentials_file=file)


def test_a_file_is_held_to_drives_checksum(settings: FetchSettings) -> None:
    fetched = fetch(settings, request_for("drive", "file", "private_film"))
    assert fetched.sha256 == hashlib.sha256(FILM).hexdigest()
    assert (fetched.filename, fetched.mime_type) == ("film.mp4", "video/mp4")
    assert fetched.path.suffix == ".mp4"


def test_a_half_file_is_resumed_while_its_checksum_is_the_same(
    net: FakeInternet, settings: FetchSettings
) -> None:
    net.site.faults.append(Fault("alt=media", "truncate"))
    request = request_for("drive", "file", "private_film")
    with pytest.raises(TransferError, match=r"arrived|dropped"):
        fetch(settings, request)
    before = net.served["www.googleapis.com"]
    assert fetch(settings, request).sha256 == hashlib.sha256(FILM).hexdigest()
    assert net.served["www.googleapis.com"] - before < len(FILM) * 2 / 3


def test_a_folder_comes_page_by_page(net: FakeInternet, settings: FetchSettings) -> None:
    fetched = fetch(settings, request_for("drive", "folder", "folder_of_all"))
    assert [(child.provider, child.asset_kind, child.media_id) for child in fetched.discovered] == [
        ("drive", "file", "private_film"),
        ("docs", "document", "typing_notes"),
        ("docs", "document_html", "typing_notes"),
        ("drive", "folder", "folder_below"),
        ("docs", "spreadsheet", "table_of_all"),
        ("docs", "presentation", "slides_of_all"),
    ]
    assert [child.title for child in fetched.discovered][:2] == ["the film", "notes"]
    assert sum(path == "/drive/v3/files" for _, _, path in net.requests) == 3


NOTES = [("document", "typing_notes"), ("document_html", "typing_notes")]


@pytest.mark.parametrize(
    ("media_id", "found"),
    [
        ("shortcut_one", NOTES),
        ("shortcut_two", [("folder", "folder_below")]),
    ],
)
def test_what_is_no_file_leads_to_one(
    settings: FetchSettings, media_id: str, found: list[tuple[str, str]]
) -> None:
    fetched = fetch(settings, request_for("drive", "file", media_id))
    assert fetched.mime_type == "application/json"
    assert [(child.asset_kind, child.media_id) for child in fetched.discovered] == found


@pytest.mark.parametrize(
    ("kind", "media_id", "name", "body"),
    [
        ("document", "typing_notes", "Typing notes", "\ufeffHello"),
        ("document_html", "typing_notes", "Typing notes", "<html><body>Hello</body></html>"),
        ("spreadsheet", "table_of_all", "Table", "a,b"),
        ("spreadsheet", "table_of_all,7", "Table.csv", "a,b7"),
        ("presentation", "slides_of_all", "Slides", "%PDF-1.7\nx"),
    ],
)
def test_exports(settings: FetchSettings, kind: str, media_id: str, name: str, body: str) -> None:
    fetched = fetch(settings, request_for("docs", kind, media_id))
    assert (fetched.filename, fetched.path.read_text()) == (name, body)


@pytest.mark.parametrize(
    ("kind", "media_id"), [("presentation", "slides_of_all"), ("document_html", "typing_notes")]
)
def test_what_is_too_large_for_the_api_is_asked_of_docs_itself(
    settings: FetchSettings, monkeypatch: pytest.MonkeyPatch, kind: str, media_id: str
) -> None:
    request = request_for("docs", kind, media_id)
    body = fetch(settings, request).path.read_bytes()

    def document(item: Document, action: str, query: Any) -> WebResponse:
        if action == "export":
            return refusal(403, "exportSizeLimitExceeded")
        facts = {"id": item.id, "mimeType": drive_api.NATIVE + item.kind}
        return drive_api.answer(facts | {"modifiedTime": "2026-11-30"})

    monkeypatch.setattr(drive_api, "document", document)
    fetched = fetch(settings, request)
    assert fetched.path.read_bytes() == body
    assert fetched.details["source_version"] == "2026-11-30"


@pytest.mark.parametrize(
    ("media_id", "faults", "code", "verdict"),
    [
        ("nobody_knows", [], "not_found", Verdict.RETRY),
        ("not_shared__", [], "permission_denied", Verdict.NEEDS_PERSON),
        ("quota_file__", [], "quota", Verdict.PAUSE),
        ("changed_file", [], "checksum_mismatch", Verdict.RETRY),
        ("private_film", [Fault(FILES, 429)], "rate_limited", Verdict.PAUSE),
        ("private_film", [Fault(FILES, 503)], "http_503", Verdict.RETRY),
        (
            "private_film",
            [Fault(FILES, "redirect:https://evil.example/x")],
            "http_302",
            Verdict.RETRY,
        ),
        ("private_film", [Fault(FILES, "drop", 9)], "transport", Verdict.RETRY),
        ("private_film", [Fault("alt=media", 502)], "http_502", Verdict.RETRY),
        ("private_film", [Fault("alt=media", 404)], "not_found", Verdict.RETRY),
        (
            "private_film",
            [Fault("alt=media", "redirect:https://evil.example/x")],
            "led_elsewhere",
            Verdict.RETRY,
        ),
    ],
)
def test_each_refusal_has_its_verdict(
    net: FakeInternet,
    settings: FetchSettings,
    media_id: str,
    faults: list[Fault],
    code: str,
    verdict: Verdict,
) -> None:
    net.site.faults.extend(replace(fault) for fault in faults)
    with pytest.raises(TransferError) as caught:
        fetch(settings, request_for("drive", "file", media_id))
    assert (caught.value.code, caught.value.verdict) == (code, verdict)
    assert "evil.example" not in {host for _, host, _ in net.requests}


@pytest.mark.parametrize(
    ("status", "reason", "newer", "code", "verdict"),
    [
        (403, "exportSizeLimitExceeded", None, "export_limit", Verdict.PERMANENT),
        (403, "dailyLimitExceeded", None, "quota", Verdict.PAUSE),
        (403, "limitExceeded", None, "quota", Verdict.PAUSE),
        (403, "concurrentLimitExceeded", None, "quota", Verdict.PAUSE),
        (403, "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED", "quota", Verdict.PAUSE),
        (403, "accessNotConfigured", None, "bad_credentials", Verdict.NEEDS_PERSON),
        (400, "badRequest", "API_KEY_INVALID", "bad_credentials", Verdict.NEEDS_PERSON),
        (403, "forbidden", "API_KEY_SERVICE_BLOCKED", "bad_credentials", Verdict.NEEDS_PERSON),
        (403, "forbidden", "API_KEY_IP_ADDRESS_BLOCKED", "bad_credentials", Verdict.NEEDS_PERSON),
        (403, "", "SERVICE_DISABLED", "bad_credentials", Verdict.NEEDS_PERSON),
        (403, "dailyLimitExceededUnreg", None, "bad_credentials", Verdict.NEEDS_PERSON),
        (403, "userRateLimitExceededUnreg", None, "bad_credentials", Verdict.NEEDS_PERSON),
        (
            403,
            "insufficientPermissions",
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "bad_credentials",
            Verdict.NEEDS_PERSON,
        ),
        (401, "authError", "ACCESS_TOKEN_EXPIRED", "bad_credentials", Verdict.NEEDS_PERSON),
        (403, "insufficientFilePermissions", None, "permission_denied", Verdict.NEEDS_PERSON),
        (404, "", None, "not_found", Verdict.RETRY),
        (400, "badRequest", None, "http_400", Verdict.RETRY),
        (400, "failedPrecondition", None, "http_400", Verdict.RETRY),
        (400, "invalidPageToken", None, "http_400", Verdict.RETRY),
        (409, "conflict", None, "http_409", Verdict.RETRY),
    ],
)
def test_the_reason_that_google_names_decides(
    status: int, reason: str, newer: str | None, code: str, verdict: Verdict
) -> None:
    error = _refusal(status, refusal(status, reason, newer).body, None)
    assert (error.code, error.verdict) == (code, verdict)


@pytest.mark.parametrize("status", [403, 503])
def test_googles_sorry_page_from_the_api_is_about_who_asks(status: int) -> None:
    page = b"<html><title>Sorry...</title>We're sorry... may be sending automated queries.</html>"
    assert _refusal(status, page, None).verdict is Verdict.PAUSE


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"error": "x"}', b'{"error": {"details": [7], "errors": 3}}']
)
def test_an_error_that_names_nothing_is_its_status(body: bytes) -> None:
    assert _refusal(403, body, None).code == "permission_denied"


def test_nothing_tells_the_key(
    net: FakeInternet,
    settings: FetchSettings,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[AssetEvent] = []
    net.site.faults.append(Fault("alt=media", "redirect:https://drive.google.com/uc?id=x"))
    wanted = [
        request_for("drive", "file", media_id)
        for media_id in ("private_film", "quota_file__", "not_shared__")
    ]
    download_all(wanted, settings, events.append, "s1")
    files = [path for path in (settings.data_dir / "files").rglob("*") if path.is_file()]
    shown = [str(events), str(settings), str(net.requests), *map(str, files), *capsys.readouterr()]
    shown += [path.read_bytes().decode("latin-1") for path in files]
    for text in (*shown, caplog.text):
        assert KEY not in text
        assert TOKEN not in text


def test_a_file_that_is_no_key_is_a_sentence(net: FakeInternet, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text("{}")
    settings = settings_for(net, tmp_path, credentials_file=file)
    with pytest.raises(InputError, match=r"drive\.credentials_file"):
        fetch(settings, request_for("drive", "file", "private_film"))


def test_a_key_that_google_refuses_needs_a_person(net: FakeInternet, tmp_path: Path) -> None:
    file = service_account(tmp_path / "key.json", "https://oauth2.googleapis.com/")
    settings = settings_for(net, tmp_path, credentials_file=file)
    net.site.faults.append(Fault("oauth2.googleapis.com/token", 400, 9))
    with pytest.raises(TransferError) as caught:
        fetch(settings, request_for("drive", "file", "private_film"))
    assert (caught.value.code, caught.value.verdict) == ("bad_credentials", Verdict.NEEDS_PERSON)
