"""The links of a cell as raw rows: what they lead to and which assets they ask for."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from rowkeeper.core.ids import asset_id
from rowkeeper.core.links.classify import classify
from rowkeeper.core.links.escapes import unescaped
from rowkeeper.core.links.link import Link
from rowkeeper.core.links.text import find_links
from rowkeeper.core.text import trimmed

TYPING_DOCUMENT, KNOWN_EARLIER, TRACKING = "typing document", "known earlier", "tracking column"
_PERSON_RULES = {"type": TYPING_DOCUMENT}
_LEGACY_RULES = {
    **_PERSON_RULES,
    **dict.fromkeys(("extracted_links", "document_text"), KNOWN_EARLIER),
    **dict.fromkeys(
        (
            *("processed", "extraction_date", "last_download_attempt", "download_errors"),
            *("youtube_status", "youtube_files", "youtube_media_id", "permanent_failure"),
            *("drive_status", "drive_files", "drive_media_id", "file_uuids", "s3_paths"),
        ),
        TRACKING,
    ),
}
"""Columns whose links are no content, by the rule that says so. Any other column is content."""


SHORT, REMEMBERED = 200, 8192
"""Characters of a cell or a link, and how many of these are looked at once: each generation of a
legacy CSV has the same ones, often in several columns."""


@lru_cache(maxsize=REMEMBERED)
def _classified(url: str) -> Link:
    return classify(unescaped(url))


@lru_cache(maxsize=REMEMBERED)
def _found(cell: str) -> tuple[str, ...]:
    return tuple(find_links(cell))


def link_rows(
    urls: Iterable[str], *, row_key: str, source: str, row_id: str, column: str
) -> Iterator[dict[str, Any]]:
    """The rows of ``raw.links`` for the links of one cell, in order.

    ``rule`` names what keeps the links of a column from being content, '' for none; ``is_content``
    says that the link is the person's content: the classifier knows what it leads to, and no rule
    stands against it. Each kind of asset that a link of a person asks for is a row of its own, also
    where an earlier system knew it. A row without a row id asks for no asset.
    """
    owner = trimmed(row_id)
    rule = (_LEGACY_RULES if source == "legacy_csv" else _PERSON_RULES).get(column, "")
    for position, url in enumerate(urls):
        link = _classified(url) if len(url) <= SHORT else classify(unescaped(url))
        asks = owner != "" and rule in {"", KNOWN_EARLIER}
        kinds: tuple[str | None, ...] = link.asset_kinds if asks else ()
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
                "asset_kinds": ",".join(link.asset_kinds),
                "asset_id": kind and asset_id(owner, link.provider, link.media_id, kind),
                "is_content": rule == "" and link.asset_kinds != (),
                "rule": rule,
                "shows_canonical": False,
            }


def sheet_cell_links(text: str, links: Iterable[str]) -> list[str]:
    """The links of a sheet's cell: those behind the text, then those written out in it."""
    cell_links = list(links)
    return cell_links + [url for url in find_links(text) if url not in cell_links]


def legacy_row_links(
    values: Iterable[tuple[str, str]], row_key: str, row_id: str
) -> list[dict[str, Any]]:
    """The rows of ``raw.links`` for a legacy row, given its cells by column."""
    return [
        row
        for column, cell in values
        if cell and (urls := _found(cell) if len(cell) <= SHORT else find_links(cell))
        for row in link_rows(
            urls, row_key=row_key, source="legacy_csv", row_id=row_id, column=column
        )
    ]
