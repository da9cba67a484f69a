"""Drive and Docs over real HTTP and TLS, against a fake that serves the pages Google serves."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from downloaders.base import FetchSettings
from rowkeeper.core.errors import AmbiguousError, TransferError, Verdict
from rowkeeper.core.ids import asset_id
from tests.fakes.clients import changed, fetch, request_for
from tests.fakes.drive_api import KEY
from tests.fakes.internet import HANDLERS, FakeInternet
from tests.fakes.site import (
    Document,
    DriveEntry,
    DriveFile,
    DriveFolder,
    Fault,
    Site,
    WebRequest,
    WebResponse,
    not_found,
)

BIG = bytes(range(256)) * 12_000
SITE = Site(
    files=[
        DriveFile("small1_file", "naïve ../../report.PDF", b"%PDF-1.7", "application/pdf"),
        DriveFile("bigone", "film.mp4", BIG, "video/mp4", big=True),
        DriveFile("noext1", "notes", b"\x89PNG\r\n\x1a\n", "image/png"),
        DriveFile("hollow_film", "film.mp4", b"", "video/mp4"),
        DriveFile("hollow_file", "empty.dat"),
        DriveFile("quota1", error="quota"),
        DriveFile("hidden", error="sign_in"),
        DriveFile("page_kept1", "saved.html", b"<!DOCTYPE html><html>mine", "text/html"),
        DriveFile("page_sent1", "film.mp4", b"<!DOCTYPE html><html>Sorry", "video/mp4"),
        DriveFile("untold_one", "clip", b"\x00\x00\x00\x18ftypmp42" + bytes(80)),
    ],
    folders=[
        DriveFolder(
            "folder1",
            "Ann & Ben",
            (
                DriveEntry("small1_file", "A <b> & c"),
                DriveEntry("folder2_more", "more", "folder"),
                DriveEntry("docone_text", "Text", "document"),
            ),
        )
    ],
    documents=[
        Document("docone_text", "Typing notes", "Hello\nÄrger"),
        Document("private1", "x", sign_in=True),
    ],
)


@pytest.fixture
def net() -> Iterator[FakeInternet]:
    with FakeInternet(replace(SITE, faults=[])) as internet:
        yield internet


def failure(settings: FetchSettings, provider: str, kind: str, media_id: str) -> TransferError:
    with pytest.raises(TransferError) as caught:
        fetch(settings, request_for(provider, kind, media_id))
    left = {path.suffix for path in settings.data_dir.iterdir()}
    passing = caught.value.verdict in {Verdict.RETRY, Verdict.PAUSE}
    assert left <= ({".part", ".resume"} if passing else set())
    return caught.value


def test_small_file_keeps_its_name_as_data(settings: FetchSettings) -> None:
    request = request_for("drive", "file", "small1_file")
    fetched = fetch(settings, request)
    assert fetched.path == settings.data_dir / f"{request.asset_id}.pdf"
    assert fetched.filename == "naïve ../../report.PDF"
    assert (fetched.mime_type, fetched.size_bytes) == ("application/pdf", 8)
    assert fetched.path.read_bytes() == b"%PDF-1.7"


def test_extension_follows_the_type_without_a_name_that_has_one(settings: FetchSettings) -> None:
    assert fetch(settings, request_for("drive", "file", "noext1")).path.suffix == ".png"


def test_big_file_passes_the_virus_scan_page(net: FakeInternet, settings: FetchSettings) -> None:
    fetched = fetch(settings, request_for("drive", "file", "bigone"))
    assert fetched.sha256 == hashlib.sha256(BIG).hexdigest()
    assert fetched.path.read_bytes() == BIG
    assert [item[1] for item in net.requests] == [
        "drive.google.com",
        "drive.usercontent.google.com",
    ]


@pytest.mark.parametrize(
    ("provider", "kind", "media_id", "code", "verdict"),
    [
        ("drive", "file", "quota1", "quota", Verdict.PAUSE),
        ("drive", "file", "hidden", "permission_denied", Verdict.NEEDS_PERSON),
        ("drive", "file", "nobody", "not_found", Verdict.RETRY),
        ("drive", "file", "a/../b", "bad_link", Verdict.PERMANENT),
        ("drive", "folder", "nobody", "not_found", Verdict.RETRY),
        ("drive", "video", "small1_file", "unsupported", Verdict.PERMANENT),
        ("docs", "document", "private1", "permission_denied", Verdict.NEEDS_PERSON),
        ("docs", "document", "nobody", "not_found", Verdict.RETRY),
        ("nobody", "video", "123456", "unsupported", Verdict.PERMANENT),
    ],
)
def test_refusals(
    settings: FetchSettings, provider: str, kind: str, media_id: str, code: str, verdict: Verdict
) -> None:
    error = failure(settings, provider, kind, media_id)
    assert (error.code, error.verdict) == (code, verdict)


@pytest.mark.parametrize(
    ("kind", "code", "verdict"),
    [
        (503, "http_503", Verdict.RETRY),
        (429, "rate_limited", Verdict.PAUSE),
        (403, "permission_denied", Verdict.NEEDS_PERSON),
        (410, "gone", Verdict.PERMANENT),
        ("drop", "transport", Verdict.RETRY),
        ("truncate", "truncated", Verdict.RETRY),
        ("redirect:https://evil.example/x", "led_elsewhere", Verdict.RETRY),
        ("redirect:http://drive.google.com/uc", "led_elsewhere", Verdict.RETRY),
        ("redirect:https://drive.google.com:8443/uc", "led_elsewhere", Verdict.RETRY),
        ("redirect:https://drive.google.com@evil.example/", "led_elsewhere", Verdict.RETRY),
        ("redirect:https://127.0.0.1/", "led_elsewhere", Verdict.RETRY),
        ("redirect:file:///etc/passwd", "led_elsewhere", Verdict.RETRY),
        ("redirect:https://www.google.com/sorry/index", "rate_limited", Verdict.PAUSE),
    ],
)
def test_faults(
    net: FakeInternet, settings: FetchSettings, kind: int | str, code: str, verdict: Verdict
) -> None:
    net.site.faults.append(Fault("usercontent.google.com/download", kind))
    error = failure(settings, "drive", "file", "bigone")
    assert (error.code, error.verdict) == (code, verdict)
    assert {host for _, host, _ in net.requests} <= {
        "drive.google.com",
        "drive.usercontent.google.com",
    }


SORRY = "<html><title>Sorry...</title><p>It may be sending automated queries.</p></html>"


@pytest.mark.parametrize(
    ("kind", "media_id", "path"),
    [("file", "bigone", "uc"), ("folder", "folder1", "embeddedfolderview")],
)
@pytest.mark.parametrize(
    ("answer", "code", "verdict"),
    [
        (WebResponse(SORRY.encode(), status=403), "quota", Verdict.PAUSE),
        (WebResponse(SORRY.encode()), "quota", Verdict.PAUSE),
        (WebResponse(b"x", "text/plain", 404), "not_found", Verdict.RETRY),
        (WebResponse(b"x", "text/plain", 403), "permission_denied", Verdict.NEEDS_PERSON),
        (
            WebResponse(b"<html><title>Sign in - Google Accounts</title></html>"),
            "permission_denied",
            Verdict.NEEDS_PERSON,
        ),
    ],
)
def test_what_comes_in_the_place_of_a_file_or_folder(
    settings: FetchSettings,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    media_id: str,
    path: str,
    answer: WebResponse,
    code: str,
    verdict: Verdict,
) -> None:
    def drive(site: Site, request: WebRequest) -> WebResponse:
        return answer if request.path == f"/{path}" else not_found()

    monkeypatch.setitem(HANDLERS, "drive.google.com", drive)
    error = failure(settings, "drive", kind, media_id)
    assert (error.code, error.verdict) == (code, verdict)


@pytest.mark.parametrize("by_api", [False, True])
@pytest.mark.parametrize("provider", ["drive", "docs"])
def test_what_nobody_finds_is_gone_for_good_only_in_time(
    settings: FetchSettings, provider: str, by_api: bool
) -> None:
    """It may as well not be shared, or its link lack the resource key."""
    known = changed(settings, api_key=KEY) if by_api else settings
    kind = {"drive": "file", "docs": "document"}[provider]
    error = failure(known, provider, kind, "nobody_knows")
    assert (type(error), error.code) == (AmbiguousError, "not_found")


@pytest.mark.parametrize("name", ["Sign in sheets", "Access denied", "Sorry..."])
def test_what_a_folder_is_called_is_no_refusal(
    net: FakeInternet, settings: FetchSettings, name: str
) -> None:
    net.site.folders.append(DriveFolder("named_folder", name, (DriveEntry("noext1", "x"),)))
    try:
        fetched = fetch(settings, request_for("drive", "folder", "named_folder"))
    finally:
        net.site.folders.pop()
    assert fetched.details["title"] == name


def test_redirects_end(net: FakeInternet, settings: FetchSettings) -> None:
    net.site.faults.append(Fault("drive.google.com/uc", "redirect:https://drive.google.com/uc", 99))
    assert failure(settings, "drive", "file", "small1_file").code == "too_many_redirects"
    assert [path for _, _, path in net.requests] == ["/uc"] * 11 + ["/open"]


def test_certificates_are_verified(settings: FetchSettings) -> None:
    error = failure(changed(settings, ca_file=None), "drive", "file", "small1_file")
    assert (error.code, error.verdict) == ("transport", Verdict.RETRY)
    assert "CERTIFICATE_VERIFY_FAILED" in str(error)


def test_folder_lists_and_discovers(settings: FetchSettings) -> None:
    request = request_for("drive", "folder", "folder1")
    fetched = fetch(settings, request)
    listing = json.loads(fetched.path.read_text())
    assert listing["title"] == "Ann & Ben"
    assert [entry["title"] for entry in listing["entries"]] == ["A <b> & c", "more", "Text"]
    assert [
        (child.position, child.provider, child.asset_kind, child.media_id)
        for child in fetched.discovered
    ] == [
        (1, "drive", "file", "small1_file"),
        (2, "drive", "folder", "folder2_more"),
        (3, "docs", "document", "docone_text"),
        (3, "docs", "document_html", "docone_text"),
    ]
    assert fetched.discovered[0].asset_id == asset_id("7", "drive", "small1_file", "file")
    assert fetch(settings, request).sha256 == fetched.sha256


def test_document_is_stored_as_it_came(settings: FetchSettings) -> None:
    fetched = fetch(settings, request_for("docs", "document", "docone_text"))
    assert fetched.path.suffix == ".txt"
    assert fetched.path.read_bytes().decode("utf-8-sig") == "Hello\r\nÄrger"
    assert (fetched.filename, fetched.mime_type) == ("Typing notes.txt", "text/plain")


def test_a_page_is_a_file_only_where_somebody_stored_one(settings: FetchSettings) -> None:
    kept = fetch(settings, request_for("drive", "file", "page_kept1"))
    assert (kept.mime_type, kept.path.suffix) == ("text/html", ".html")
    kept.path.unlink()
    error = failure(settings, "drive", "file", "page_sent1")
    assert (error.code, error.verdict) == ("not_a_file", Verdict.PERMANENT)


def test_a_film_without_a_byte_is_none(settings: FetchSettings) -> None:
    assert failure(settings, "drive", "file", "hollow_film").code == "empty"
    assert fetch(settings, request_for("drive", "file", "hollow_file")).size_bytes == 0


def test_the_bytes_say_what_no_header_tells(settings: FetchSettings) -> None:
    fetched = fetch(settings, request_for("drive", "file", "untold_one"))
    assert (fetched.mime_type, fetched.path.suffix) == ("video/mp4", ".mp4")


def test_a_huge_file_goes_on_where_it_broke_off(net: FakeInternet, settings: FetchSettings) -> None:
    """Behind the page that warns of viruses, too."""
    net.site.faults.append(Fault("usercontent.google.com/download", "truncate"))
    assert failure(settings, "drive", "file", "bigone").code == "truncated"
    served = net.served["drive.usercontent.google.com"]
    fetched = fetch(settings, request_for("drive", "file", "bigone"))
    assert fetched.sha256 == hashlib.sha256(BIG).hexdigest()
    assert net.served["drive.usercontent.google.com"] == len(BIG) > served > 0


@pytest.mark.parametrize(
    ("provider", "kind", "media_id"),
    [
        ("drive", "file", "bigone"),
        ("drive", "file", "small1_file"),
        ("docs", "document", "docone_text"),
    ],
)
def test_what_is_too_large_is_left(
    settings: FetchSettings, provider: str, kind: str, media_id: str
) -> None:
    error = failure(changed(settings, max_bytes=5), provider, kind, media_id)
    assert (error.code, error.verdict) == ("too_large", Verdict.PERMANENT)
