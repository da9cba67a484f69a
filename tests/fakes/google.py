"""Google Drive, Docs and the sign-in page, as much as an anonymous visitor sees of them."""

import hashlib
import json
import re
from dataclasses import replace
from html import escape
from urllib.parse import quote

from tests.fakes.site import (
    Document,
    DriveEntry,
    DriveFile,
    DriveFolder,
    Site,
    WebRequest,
    WebResponse,
    not_found,
    redirect,
)

SIGN_IN = "https://accounts.google.com/ServiceLogin?service=wise&continue=https://drive.google.com/"
FORMATS = {"document": {"txt", "html"}, "spreadsheet": {"csv"}, "presentation": {"pdf"}}
TYPES = {
    "txt": "text/plain",
    "html": "text/html",
    "csv": "text/csv",
    "pdf": "application/pdf",
}
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"

SCAN_PAGE = """<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head>
<body><div class="uc-main"><div id="uc-text">
<p class="uc-warning-caption">Google Drive can't scan this file for viruses.</p>
<p class="uc-warning-subcaption"><span class="uc-name-size"><a href="/open?id={id}">{name}</a>
 ({size})</span> is too large for Google to scan for viruses.</p>
<form id="download-form" action="https://drive.usercontent.google.com/download" method="get">
<input type="submit" id="uc-download-link" class="goog-inline-block" value="Download anyway"/>
<input type="hidden" name="id" value="{id}"><input type="hidden" name="export" value="download">
<input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="{uuid}">
</form></div></div></body></html>"""

SERVER_ERROR = b"<html><title>Error (Server Error)!!1</title></html>"
QUOTA_PAGE = """<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head>
<body><div class="uc-main"><div id="uc-text"><p class="uc-error-caption">Sorry, you can't view or
download this file at this time.</p><p class="uc-error-subcaption">Too many users have viewed or
downloaded this file recently. Please try accessing the file again later.</p></div></div>
</body></html>"""

REMOVED_PAGE = b"""<!DOCTYPE html><html><head><title>Google Drive - Page Not Found</title></head>
<body><p class="uc-error-caption">Sorry, the file you have requested has been deleted.</p></body>
</html>"""

ENTRY = """<div class="flip-entry" id="entry-{id}" tabindex="0" role="link">
<div class="flip-entry-info"><a href="{url}" target="_blank"><div class="flip-entry-visual">
<div class="flip-entry-visual-card"></div></div><div class="flip-entry-title">{name}</div></a></div>
<div class="flip-entry-last-modified"><div>Nov 3</div></div></div>"""

ADDRESS = {
    "file": "https://drive.google.com/file/d/{}/view?usp=drive_web",
    "folder": "https://drive.google.com/drive/folders/{}",
    "document": "https://docs.google.com/document/d/{}/edit?usp=drive_web",
    "spreadsheet": "https://docs.google.com/spreadsheets/d/{}/edit?usp=drive_web",
    "presentation": "https://docs.google.com/presentation/d/{}/edit?usp=drive_web",
}


def drive(site: Site, request: WebRequest) -> WebResponse:
    """drive.google.com: ``/uc?id=``, ``/embeddedfolderview?id=`` and ``/open?id=``."""
    wanted = request.query.get("id", "")
    if not _opens(site, wanted, request.query.get("resourcekey")):
        return not_found()
    if request.path == "/open":
        place = page_of(site, wanted)
        return redirect(place) if place else not_found()
    if request.path == "/uc":
        if any(item.id == wanted for item in site.documents):
            return WebResponse(SERVER_ERROR, status=500)
        return _file(site, wanted, False, request.headers.get("range", ""))
    if request.path == "/embeddedfolderview":
        return _folder(site, wanted)
    return not_found()


def page_of(site: Site, media_id: str) -> str | None:
    """Where Drive sends somebody who opens an id."""
    for item in site.files:
        if item.id == media_id and item.shown_in:
            return f"https://docs.google.com/{item.shown_in}/d/{media_id}/edit?rtpof=true&sd=true"
        if item.id == media_id:
            return item.shortcut_to or ADDRESS["file"].format(media_id)
    if any(item.id == media_id for item in site.folders):
        return ADDRESS["folder"].format(media_id)
    kinds = [item.kind for item in site.documents if item.id == media_id]
    return ADDRESS[kinds[0]].format(media_id) if kinds else None


def _opens(site: Site, media_id: str, key: str | None) -> bool:
    """May whoever has ``key`` find it?"""
    known: list[DriveFile | DriveFolder | Document] = [*site.files, *site.folders, *site.documents]
    return all(item.resource_key in (None, key) for item in known if item.id == media_id)


def usercontent(site: Site, request: WebRequest) -> WebResponse:
    """drive.usercontent.google.com/download; big files want the form's confirm and uuid."""
    if request.path != "/download":
        return not_found()
    query = request.query
    if not _opens(site, query.get("id", ""), query.get("resourcekey")):
        return not_found()
    confirmed = query.get("confirm") == "t" and query.get("uuid") == UUID
    return _file(site, query.get("id", ""), confirmed, request.headers.get("range", ""))


def docs(site: Site, request: WebRequest) -> WebResponse:
    """docs.google.com/{document,spreadsheets,presentation}/d/ID/export?format=, and /d/e/ID/pub."""
    parts = request.path.strip("/").split("/")
    if parts[:3] == ["document", "d", "e"] and parts[4:] == ["pub"]:
        return _published(site, parts[3])
    if parts[3:] == ["htmlview"]:
        return _tabs_page(site, parts[2], request.query.get("resourcekey"))
    if parts[1:2] != ["d"] or parts[3:] != ["export"]:
        return not_found()
    kinds = {"document": "document", "spreadsheets": "spreadsheet", "presentation": "presentation"}
    documents = [
        item for item in site.documents if (item.id, item.kind) == (parts[2], kinds[parts[0]])
    ]
    wanted = request.query.get("format", "")
    if not documents or wanted not in FORMATS[documents[0].kind]:
        return not_found()
    [document] = documents
    if not _opens(site, document.id, request.query.get("resourcekey")):
        return not_found()
    if document.sign_in:
        return redirect(SIGN_IN)
    headers = {"Content-Disposition": disposition(f"{document.title}.{wanted}")}
    if document.version:
        headers["ETag"] = f'"{document.version}"'
        if request.headers.get("if-none-match") == headers["ETag"]:
            return WebResponse(status=304, headers=headers)
    body = exported(document, wanted, request.query.get("gid", ""))
    return WebResponse(body, f"{TYPES[wanted]}; charset=utf-8", headers=headers)


def _published(site: Site, media_id: str) -> WebResponse:
    """docs.google.com/document/d/e/ID/pub: a page that comes without a file's name."""
    document = next((item for item in site.documents if item.id == media_id), None)
    if document is None:
        return not_found()
    page = document.html.replace("<head>", f"<head><title>{escape(document.title)}</title>")
    return WebResponse(page.encode(), "text/html; charset=utf-8")


def _tabs_page(site: Site, media_id: str, key: str | None) -> WebResponse:
    """The page for readers of a spreadsheet: its cells, and its tabs as buttons if it has some."""
    tabs = [item.tabs for item in site.documents if item.id == media_id]
    if not tabs or not _opens(site, media_id, key):
        return not_found()
    buttons = "".join(
        f'<li id="sheet-button-{gid}"><a>{escape(title)}</a></li>' for gid, title in tabs[0]
    )
    menu = f"<ul id='sheet-menu'>{buttons}</ul>" if buttons else ""
    page = f"<html><body>{menu}<div id='sheets-viewport'></div></body></html>"
    return WebResponse(page.encode())


def exported(document: Document, wanted: str, tab: str = "") -> bytes:
    """A document in one of its formats, as Google writes it."""
    if wanted == "html":
        return document.html.encode()
    if wanted == "pdf":
        return b"%PDF-1.7\n" + document.text.encode()
    if wanted == "csv":
        return f"{document.text}{tab}".encode()
    return b"\xef\xbb\xbf" + document.text.replace("\n", "\r\n").encode()


def accounts(site: Site, request: WebRequest) -> WebResponse:
    """The sign-in page."""
    return WebResponse(b"<html><head><title>Sign in - Google Accounts</title></head></html>")


def disposition(name: str) -> str:
    """A Content-Disposition as Drive writes it: an ASCII name and the real one."""
    plain = json.dumps(name.encode("ascii", "replace").decode().replace("?", "_"))
    return f"attachment; filename={plain}; filename*=UTF-8''{quote(name, safe='')}"


def _file(site: Site, file_id: str, confirmed: bool, wanted: str) -> WebResponse:
    item = next((item for item in site.files if item.id == file_id), None)
    if item is None or item.shortcut_to:
        return not_found()
    if item.error == "quota":
        return WebResponse(QUOTA_PAGE.encode())
    if item.error == "removed":
        return WebResponse(REMOVED_PAGE, status=404)
    if item.error == "sign_in":
        return redirect(SIGN_IN)
    return _scan_page(item) if item.big and not confirmed else _body(item, wanted)


def _scan_page(item: DriveFile) -> WebResponse:
    page = SCAN_PAGE.format(id=item.id, name=escape(item.name), size="120M", uuid=UUID)
    return WebResponse(page.encode())


def _body(item: DriveFile, wanted: str) -> WebResponse:
    """The file, or from ``Range: bytes=N-`` on."""
    digest = hashlib.sha256(item.body).hexdigest()
    headers = {"Content-Disposition": disposition(item.name), "ETag": f'"{digest[:16]}"'}
    return ranged(WebResponse(item.body, item.mime_type, headers=headers), wanted)


def ranged(response: WebResponse, wanted: str) -> WebResponse:
    """The part of ``response`` that the Range header ``wanted`` asks for."""
    match = re.fullmatch(r"bytes=(\d+)-", wanted)
    if match is None:
        return response
    first, size = int(match[1]), len(response.body)
    if first >= size:
        return WebResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers = {**response.headers, "Content-Range": f"bytes {first}-{size - 1}/{size}"}
    return replace(response, body=response.body[first:], status=206, headers=headers)


def _entry_url(item: DriveEntry) -> str:
    url = ADDRESS[item.kind].format(item.id)
    if not item.resource_key:
        return url
    return escape(f"{url}{'&' if '?' in url else '?'}resourcekey={item.resource_key}")


def _folder(site: Site, folder_id: str) -> WebResponse:
    folder = next((item for item in site.folders if item.id == folder_id), None)
    if folder is None:
        return not_found()
    entries = "".join(
        ENTRY.format(id=item.id, name=escape(item.name), url=_entry_url(item))
        for item in folder.entries
    )
    head = f"<html><head><title>{escape(folder.name)}</title></head><body>"
    page = f'{head}<div class="flip-contents"><div class="flip-entries">{entries}'
    return WebResponse((page if folder.cut else f"{page}</div></div></body></html>").encode())
