"""What stands in a fetched document: its text, and the links in it by their canonical addresses."""

from pathlib import Path
from typing import Any

from downloaders.base import Fetched, Request
from rowkeeper.links import classify
from rowkeeper.text_links import split_links, unescaped

MAX_CHARACTERS = 1_000_000


def is_text(request: Request, fetched: Fetched) -> bool:
    """Is it a document whose text can be read?"""
    return request.asset_kind == "document" and fetched.mime_type == "text/plain"


def read_text(path: Path) -> dict[str, Any]:
    """The details of a ``document_read`` event: ``text`` and ``links``, one a line.

    Of a longer document only the first million characters are told; the file has them all.
    """
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        text = file.read(MAX_CHARACTERS)
    links = (classify(unescaped(url)) for url in split_links(text))
    return {"text": text, "links": "\n".join(dict.fromkeys(link.url for link in links))}
