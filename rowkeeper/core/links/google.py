"""What addresses of Google Drive and of Google's documents lead to."""

import re
from urllib.parse import SplitResult, unquote

from rowkeeper.core.links.link import Link
from rowkeeper.core.links.wrappers import parameter, site

DRIVE_HOSTS = frozenset(
    {"drive.google.com", "drive.usercontent.google.com"}
    | {"lh3.google.com", "googleapis.com", "content.googleapis.com", "drive-thirdparty.google.com"}
    | {f"lh{number}.googleusercontent.com" for number in range(3, 7)}
)
DOCS_HOSTS = frozenset(
    {"docs.google.com", "spreadsheets.google.com", "sheets.google.com", "slides.google.com"}
)

_GOOGLE_ID = re.compile(r"[A-Za-z0-9_-]{10,128}(?![A-Za-z0-9_-])")
ID_LENGTHS = frozenset({19, 28, 33, 44})
"""Of the ids of files, folders and documents; those of published pages are longer."""
_GOES_ON = re.compile(r"\s+[\w-]")
"""What follows an id that a blank cuts short: the rest of it, for all that one knows."""
_SEVERAL = re.compile(rf"{_GOOGLE_ID.pattern}[\s,;|]+{_GOOGLE_ID.pattern}")
_RESOURCE_KEY = re.compile(r"[0-9]-[A-Za-z0-9_-]{10,64}")
_DRIVE_PATH = re.compile(
    r"/((?:file|folder)(?:/u/\d+)?/d|(?:drive/)?(?:mobile/)?(?:u/\d+/)?(?:mobile/)?folders)/([^/]*)"
)
_FOLDER_FRAGMENT = re.compile(r"folders/(?:.*/)?([^/?&]*)")
_PICTURE_PATH = re.compile(r"/(?:u/\d+/)?d/([^/=]*)")
_PASSING_PATH = re.compile(r"/docs/secure(?:sc)?/(?:[^/]+/)+([^/]+)$")
PASSING_HOST = re.compile(r"doc-[\w-]+\.googleusercontent\.com")
"""Where Drive sends a browser for the bytes of a file, for some hours."""
_EXPORT_PATH = re.compile(r"/feeds/download/(document|spreadsheet|presentation)s/")
_API_PATH = re.compile(r"/drive/v[23]/files/([^/]*)")
_ACCOUNT = re.compile(r"^(?:/a/[^/]+)?(?:/u/\d+)?(?=/)")
"""The team and the account that open an address: it leads to the same without them."""
_DOCS_PATH = re.compile(
    r"/(document|spreadsheets|presentation|forms|drawings)(?:/u/\d+)?/d/([^/]*)"
    r"(?:/([^/]*))?"
)
_OTHER_PATH = re.compile(r"/(videos|jamboard)(?:/u/\d+)?/d/([^/]*)")
_OLD_PATH = re.compile(
    r"/(?:(spreadsheet|document|presentation)/|(?=ccc\b|Doc\b|View\b))(?:u/\d+/)?"
    r"(?:ccc|pub|edit|view|lv|Doc|View|present|embed|export|preview)?/?$"
)
_DOCS_TYPES = {
    "document": "document",
    "spreadsheets": "spreadsheet",
    "presentation": "presentation",
    "forms": "form",
    "drawings": "drawing",
}
_OF_DRIVE = re.compile(r"/(?:uc|leaf|viewer|thumbnail|(?:file|(?:embedded)?folder)view)\b")
_OLD_WORDS = {"spreadsheet": "spreadsheets"}


def drive(parts: SplitResult) -> Link | None:
    """The file or folder that an address of ``DRIVE_HOSTS`` leads to."""
    place = site(parts)
    if place.startswith("lh") or place.endswith("googleapis.com"):
        pattern = _PICTURE_PATH if place.startswith("lh") else _API_PATH
        match = pattern.match(parts.path)
        return _place(False, match[1], parts) if match else None
    if _DOCS_PATH.match(_ACCOUNT.sub("", parts.path)):
        return docs(parts)
    if named := _DRIVE_PATH.search(parts.path):
        return _place("folder" in named[1], named[2], parts)
    if hidden := _FOLDER_FRAGMENT.match(parts.fragment):
        return _place(True, hidden[1], parts)
    return _place("folderview" in parts.path, parameter(parts, "id", "srcid", "docid"), parts)


def passing(parts: SplitResult) -> Link | None:
    """The file of Drive whose bytes an address of ``PASSING_HOST`` gave for a while."""
    match = _PASSING_PATH.match(parts.path)
    return _place(False, match[1], parts) if match else None


def _place(folder: bool, text: str, parts: SplitResult) -> Link | None:
    media_id = _id(text)
    if media_id is None:
        return None
    key = _RESOURCE_KEY.fullmatch(parameter(parts, "resourcekey", "resourceKey"))
    resource_key = key[0] if key else ""
    if folder:
        url = f"https://drive.google.com/drive/folders/{media_id}"
        return Link("drive", "folder", media_id, url, resource_key=resource_key)
    url = f"https://drive.google.com/file/d/{media_id}/view"
    return Link("drive", "file", media_id, url, resource_key=resource_key)


def docs(parts: SplitResult) -> Link | None:
    """The document that an address of ``DOCS_HOSTS`` leads to, or a file of Drive."""
    parts = parts._replace(path=_ACCOUNT.sub("", parts.path))
    named = _DOCS_PATH.match(parts.path)
    if named is None:
        return _other_docs(parts)
    if named[2] == "e":  # published to the web, under an id of its own
        media_id = _id(named[3] or "")
        link_type = f"published_{_DOCS_TYPES[named[1]]}"
        url = f"https://docs.google.com/{named[1]}/d/e/{media_id}/pub"
        return Link("docs", link_type, media_id, url) if media_id else None
    media_id = _id(named[2])
    return _document(named[1], media_id, parts) if media_id else None


def _other_docs(parts: SplitResult) -> Link | None:
    """Older addresses, and those of what Drive holds."""
    if _OF_DRIVE.match(parts.path) or _DRIVE_PATH.search(parts.path):
        return drive(parts)
    media_id = _id(parameter(parts, "key", "id", "docid"))
    if other := _OTHER_PATH.match(parts.path):
        url = f"https://docs.google.com/{other[1]}/d/{_id(other[2])}/edit"
        return Link("docs", other[1], _id(other[2]) or "", url) if _id(other[2]) else None
    if media_id is None:
        return None
    if parts.path.startswith("/open"):
        return _document("document", media_id, parts)
    if exported := _EXPORT_PATH.match(parts.path):
        return _document(_OLD_WORDS.get(exported[1], exported[1]), media_id, parts)
    if old := _OLD_PATH.match(parts.path):
        word = old[1] or ("spreadsheet" if "ccc" in parts.path else "document")
        return _document(_OLD_WORDS.get(word, word), media_id, parts)
    if site(parts) == "spreadsheets.google.com":
        return _document("spreadsheets", media_id, parts)
    return None


def may_be_whole(size: int, lengths: frozenset[int] = ID_LENGTHS) -> bool:
    """Are so many characters a whole id, of which these ``lengths`` are known and longer ones are
    of kinds that nobody counted?"""
    return size in lengths or size > max(lengths)


def _id(text: str) -> str | None:
    plain = unquote(text).strip()
    match = _GOOGLE_ID.match(plain)
    if match is None or _SEVERAL.match(plain):
        return None  # of several one would pass for all
    is_cut = not may_be_whole(len(match[0])) and _GOES_ON.match(plain, match.end())
    return None if is_cut else match[0]


def _tab(parts: SplitResult) -> str:
    """The gid of the tab that a spreadsheet's link names; '' for the first one, 0."""
    match = re.search(r"(?:^|[^\w])gid=0*([1-9][0-9]{0,11})", f"{parts.fragment}&{parts.query}")
    return match[1] if match else ""


def _document(word: str, media_id: str, parts: SplitResult) -> Link:
    """A tab of a spreadsheet is a medium of its own, ``ID,GID``: it has a CSV of its own."""
    tab = _tab(parts) if word == "spreadsheets" else ""
    key = _RESOURCE_KEY.fullmatch(parameter(parts, "resourcekey", "resourceKey"))
    url = f"https://docs.google.com/{word}/d/{media_id}/edit"
    resource_key = key[0] if key else ""
    if tab:
        media_id, url = f"{media_id},{tab}", f"{url}#gid={tab}"
    return Link("docs", _DOCS_TYPES[word], media_id, url, resource_key=resource_key)
