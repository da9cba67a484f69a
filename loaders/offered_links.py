"""What would become of the links of a sheet, counted by column, before anything is loaded."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from loaders.links import link_rows, sheet_cell_links
from loaders.sheet import Snapshot
from rowkeeper.core.text import harmless

IGNORED = frozenset({"mail", "sign_in", "static", "inside", "furniture"})
"""The types of links that ``ignored_reason`` of the dbt project passes over."""


@dataclass(frozen=True)
class LinkCount:
    """``number`` links of the column ``title`` that lead to the same kind of place. ``kinds``: the
    assets that each asks for; () where nothing is fetched, which ``fate`` says why. ``host``: of
    direct links, which are fetched from hosts in ``download.hosts`` alone."""

    title: str
    provider: str
    link_type: str
    fate: str
    kinds: tuple[str, ...]
    number: int
    host: str = ""


def count_links(snapshot: Snapshot) -> list[LinkCount]:
    """The links of all rows below the titles, column by column as the sheet has them."""
    counts: Counter[tuple[int, str, str, str, tuple[str, ...], str]] = Counter()
    for row in snapshot.rows:
        if row.is_header:
            continue
        for place, (column, cell) in enumerate(row.named):
            urls = sheet_cell_links(cell.text, cell.links)
            for link in link_rows(
                urls,
                row_key="",
                source="sheet",
                row_id=row.values["row_id"] or "",
                column=column,
            ):
                kinds = tuple(filter(None, link["asset_kinds"].split(",")))
                if kinds and link["asset_kind"] not in (None, kinds[0]):
                    continue  # each kind is a row; the link counts once
                direct = link["provider"] == "direct"
                host = (urlsplit(link["canonical_url"]).netloc if direct else "").lower()
                fate = _fate(link["link_type"], link["rule"], link["row_id"], kinds)
                key = (place, link["provider"], link["link_type"], fate, kinds, host)
                counts[key] += 1
    labels = snapshot.columns.labels(max((len(row.named) for row in snapshot.rows), default=0))
    return [
        LinkCount(
            title=harmless(labels[place]) or f"column {place + 1}",
            provider=provider,
            link_type=link_type,
            fate=fate,
            kinds=kinds if fate == "asset" else (),
            number=number,
            host=host,
        )
        for (place, provider, link_type, fate, kinds, host), number in sorted(counts.items())
    ]


def _fate(link_type: str, rule: str, row_id: str, kinds: tuple[str, ...]) -> str:
    """As the table ``links`` will have it."""
    if not row_id:
        return "quarantined"
    if rule or link_type in IGNORED:
        return "ignored"
    return "asset" if kinds else "unsupported"


def direct_hosts(links: list[LinkCount]) -> Iterator[str]:
    """The hosts of direct links, each once."""
    yield from sorted({link.host for link in links if link.host and link.fate == "asset"})
