"""Google Drive, Docs and the sign-in page, as much as an anonymous visitor sees of them."""

import json
from html import escape
from urllib.parse import quote

from tests.fakes.site import DriveFile, Site, WebRequest, WebResponse, not_found, redirect

SIGN_IN = "https://accounts.google.com/ServiceLogin?service=wise&continue=https://drive.google.com/"
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

QUOTA_PAGE = """<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head>
<body><div class="uc-main"><div id="uc-text"><p class="uc-error-caption">Sorry, you can't view or
download this file at this time.</p><p class="uc-error-subcaption">Too many users have viewed or
downloaded this file recently. Please try accessing the file again later.</p></div></div>
</body></html>"""

ENTRY = """<div class="flip-entry" id="entry-{id}" tabindex="0" role="link">
<div class="flip-entry-info"><a href="{url}" target="_blank"><div class="flip-entry-visual">
<div class="flip-entry-visual-card"></div></div><div class="flip-entry-title">{name}</div></a></div>
<div class="flip-entry-last-modified"><div>Nov 3</div></div></div>"""

ADDRESS = {
    "file": "https://drive.google.com/file/d/{}/view?usp=drive_web",
    "folder": "https://drive.google.com/drive/folders/{}",
    "document": "https://docs.google.com/document/d/{}/edit?usp=drive_web",
}


def drive(site: Site, request: WebRequest) -> WebResponse:
    """drive.google.com: ``/uc?id=`` and ``/embeddedfolderview?id=``."""
    if request.path == "/uc":
        return _file(site, request.query.get("id", ""), confirmed=False)
    if request.path == "/embeddedfolderview":
        return _folder(site, request.query.get("id", ""))
    return not_found()


def usercontent(site: Site, request: WebRequest) -> WebResponse:
    """drive.usercontent.google.com/download; big files want the form's confirm and uuid."""
    if request.path != "/download":
        return not_found()
    query = request.query
    confirmed = query.get("confirm") == "t" and query.get("uuid") == UUID
    return _file(site, query.get("id", ""), confirmed)


def docs(site: Site, request: WebRequest) -> WebResponse:
    """docs.google.com/document/d/ID/export?format=txt."""
    parts = request.path.strip("/").split("/")
    if parts[:2] != ["document", "d"] or parts[3:] != ["export"]:
        return not_found()
    document = next((item for item in site.documents if item.id == parts[2]), None)
    if document is None or request.query.get("format") != "txt":
        return not_found()
    if document.sign_in:
        return redirect(SIGN_IN)
    body = b"\xef\xbb\xbf" + document.text.replace("\n", "\r\n").encode()
    headers = {"Content-Disposition": disposition(document.title + ".txt")}
    return WebResponse(body, "text/plain; charset=utf-8", headers=headers)


def accounts(site: Site, request: WebRequest) -> WebResponse:
    """The sign-in page."""
    return WebResponse(b"<html><head><title>Sign in - Google Accounts</title></head></html>")


def disposition(name: str) -> str:
    """A Content-Disposition as Drive writes it: an ASCII name and the real one."""
    plain = json.dumps(name.encode("ascii", "replace").decode().replace("?", "_"))
    return f"attachment; filename={plain}; filename*=UTF-8''{quote(name, safe='')}"


def _file(site: Site, file_id: str, confirmed: bool) -> WebResponse:
    item = next((item for item in site.files if item.id == file_id), None)
    if item is None:
        return not_found()
    if item.error == "quota":
        return WebResponse(QUOTA_PAGE.encode())
    if item.error == "sign_in":
        return redirect(SIGN_IN)
    return _scan_page(item) if item.big and not confirmed else _body(item)


def _scan_page(item: DriveFile) -> WebResponse:
    page = SCAN_PAGE.format(id=item.id, name=escape(item.name), size="120M", uuid=UUID)
    return WebResponse(page.encode())


def _body(item: DriveFile) -> WebResponse:
    headers = {"Content-Disposition": disposition(item.name)}
    return WebResponse(item.body, item.mime_type, headers=headers)


def _folder(site: Site, folder_id: str) -> WebResponse:
    folder = next((item for item in site.folders if item.id == folder_id), None)
    if folder is None:
        return not_found()
    entries = "".join(
        ENTRY.format(id=item.id, name=escape(item.name), url=ADDRESS[item.kind].format(item.id))
        for item in folder.entries
    )
    page = f"<html><head><title>{escape(folder.name)}</title></head><body>{entries}</body></html>"
    return WebResponse(page.encode())
