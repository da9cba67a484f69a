"""The Drive API and Google's tokens, as much of them as rowkeeper asks for."""

import hashlib
import json
import re
from dataclasses import replace
from typing import Any

from tests.fakes.google import TYPES, exported, ranged
from tests.fakes.site import (
    Document,
    DriveEntry,
    DriveFile,
    DriveFolder,
    Site,
    WebRequest,
    WebResponse,
)

KEY, TOKEN = "AIza-drive-key", "ya29.drive-token"
NATIVE = "application/vnd.google-apps."
PAGE_SIZE = 2


def token(site: Site, request: WebRequest) -> WebResponse:
    """A token for whoever signed a claim."""
    return answer({"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"})


def files(site: Site, request: WebRequest) -> WebResponse:
    """www.googleapis.com/drive/v3/files: facts, media, exports and listings."""
    headers = request.headers
    if headers.get("x-goog-api-key") != KEY and headers.get("authorization") != f"Bearer {TOKEN}":
        return refusal(401, "authError")
    path = request.path.removeprefix("/drive/v3/files").strip("/")
    if not path:
        return listing(site, request.query)
    media_id, _, action = path.partition("/")
    known: list[DriveFile | Document] = [*site.files, *site.documents]
    if not opens(site, media_id, headers.get("x-goog-drive-resource-keys")):
        return refusal(404, "notFound")
    listed = next((item for item in known if item.id == media_id), None)
    if listed is None:
        named = [item for item in site.folders if item.id == media_id]
        kind = {"mimeType": f"{NATIVE}folder"}
        folder_facts = {"id": media_id, "name": named[0].name, **kind} if named else None
        return answer(folder_facts) if folder_facts else refusal(404, "notFound")
    if isinstance(listed, Document):
        return document(listed, action, request.query)
    return file(listed, request)


def opens(site: Site, media_id: str, header: str | None) -> bool:
    """Does the header hold the key of the file, if it has one?"""
    pairs = dict(item.split("/", 1) for item in (header or "").split(",") if item)
    known: list[DriveFile | DriveFolder | Document] = [*site.files, *site.folders, *site.documents]
    keys = [item.resource_key for item in known if item.id == media_id]
    return all(key in (None, pairs.get(media_id)) for key in keys)


def file(item: DriveFile, request: WebRequest) -> WebResponse:
    """The facts or the bytes of a file."""
    if item.error == "not_shared":
        return refusal(403, "insufficientFilePermissions")
    if request.query.get("alt") != "media":
        return answer(facts(item))
    if item.error == "api_quota":
        return refusal(403, "downloadQuotaExceeded")
    return ranged(WebResponse(item.body, item.mime_type), request.headers.get("range", ""))


def facts(item: DriveFile) -> dict[str, Any]:
    """What files.get says of a file."""
    values: dict[str, Any] = {"id": item.id, "name": item.name, "mimeType": item.mime_type}
    if item.shortcut_to:
        where = re.search(r"/([a-z]+?)(?:/d|s)/([^/]+)", item.shortcut_to)
        assert where
        mime_type = {"file": "video/mp4"}.get(where[1], NATIVE + where[1])
        details = {"targetId": where[2], "targetMimeType": mime_type}
        return values | {"mimeType": f"{NATIVE}shortcut", "shortcutDetails": details}
    md5 = hashlib.md5(item.body, usedforsecurity=False).hexdigest()
    return values | {"size": str(len(item.body)), "md5Checksum": item.md5 or md5}


def document(item: Document, action: str, query: Any) -> WebResponse:
    """The facts or an export of one of Google's own."""
    if item.sign_in:
        return refusal(404, "notFound")
    if action != "export":
        facts_told = {"id": item.id, "name": item.title, "mimeType": NATIVE + item.kind}
        return answer(facts_told | ({"modifiedTime": item.version} if item.version else {}))
    formats = {mime_type: name for name, mime_type in TYPES.items()}
    return WebResponse(exported(item, formats[query["mimeType"]]), query["mimeType"])


def listing(site: Site, query: Any) -> WebResponse:
    """A folder's entries, two a page."""
    wanted = re.fullmatch(r"'([^']+)' in parents and trashed = false", query["q"])
    assert wanted
    folder = next(item for item in site.folders if item.id == wanted[1])
    entries = folder.entries
    first = int(query.get("pageToken", 0))
    page: dict[str, Any] = {
        "files": [entry(site, item) for item in entries[first : first + PAGE_SIZE]]
    }
    if first + PAGE_SIZE < len(entries):
        page["nextPageToken"] = str(first + PAGE_SIZE)
    if folder.cut:
        page["incompleteSearch"] = True
    return answer(page)


def entry(site: Site, item: DriveEntry) -> dict[str, Any]:
    """One file of a listing."""
    if item.resource_key:
        plain = entry(site, replace(item, resource_key=None))
        return {**plain, "resourceKey": item.resource_key}
    if item.kind == "file":
        listed = next((known for known in site.files if known.id == item.id), None)
        return (
            {**facts(listed), "name": item.name} if listed else {"id": item.id, "name": item.name}
        )
    return {"id": item.id, "name": item.name, "mimeType": NATIVE + item.kind}


def answer(body: Any) -> WebResponse:
    """JSON, as Google sends it."""
    return WebResponse(json.dumps(body).encode(), "application/json; charset=UTF-8")


def refusal(status: int, reason: str, newer: str | None = None) -> WebResponse:
    """An error of the API; ``newer`` is the reason that its details name."""
    named = [{"domain": "global", "reason": reason}] if reason else []
    error: dict[str, Any] = {"code": status, "errors": named, "message": reason}
    if newer:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": newer}
        words = {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US"}
        error["details"] = [words, info]
    body = json.dumps({"error": error}).encode()
    return WebResponse(body, "application/json; charset=UTF-8", status=status)
