"""The links of a cell as raw rows: what they lead to and which assets they ask for."""

from collections.abc import Iterable, Iterator
from typing import Any

from rowkeeper.ids import asset_id
from rowkeeper.links import classify
from rowkeeper.text import trimmed
from rowkeeper.text_links import split_links, unescaped

SHEET_CONTENT = frozenset({"name", "notes"})
LEGACY_CONTENT = frozenset({"link", "doc_link", "youtube_playlist", "google_drive"})
LEGACY_COLUMNS = ("link", "doc_link", "extracted_links", "youtube_playlist", "google_drive")


def link_rows(
    urls: Iterable[str], *, row_key: str, source: str, row_id: str, column: str, is_content: bool
) -> Iterator[dict[str, Any]]:
    """The rows of ``raw.links`` for the links of one cell, in order.

    ``is_content`` says that the cell holds the person's content: then each kind of asset of a link
    is a row of its own. A row without a row id asks for no asset.
    """
    owner = trimmed(row_id)
    for position, url in enumerate(urls):
        link = classify(unescaped(url))
        kinds: tuple[str | None, ...] = link.asset_kinds if is_content and owner else ()
        for kind in kinds or (None,):
            yield {
                "link_key": f"{row_key}:{column}:{position}:{kind or ''}",
                "row_key": row_key,
                "source": source,
                "row_id": owner,
                "column_name": column,
                "position": position,
                "url": url,
                "canonical_url": link.url,
                "provider": link.provider,
                "link_type": link.link_type,
                "media_id": link.media_id,
                "asset_kind": kind,
                "asset_kinds": ",".join(link.asset_kinds if is_content else ()),
                "asset_id": kind and asset_id(owner, link.provider, link.media_id, kind),
                "is_content": is_content,
            }


def sheet_cell_links(text: str, links: Iterable[str]) -> list[str]:
    """The links of a sheet's cell: those behind the text, then those written out in it."""
    found = list(links)
    known = {classify(unescaped(url)).url for url in found}
    return found + [url for url in split_links(text) if classify(unescaped(url)).url not in known]
