"""Search: who says it, at which second, and the address that opens there."""

import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import accumulate
from typing import Any

from rowkeeper.catalogue.folding import SEPARATOR
from rowkeeper.catalogue.search_index import index_path, open_index, renew_index, who_of
from rowkeeper.catalogue.search_words import fts_query
from rowkeeper.core.errors import BusyError, NothingError, WarehouseError
from rowkeeper.core.links.moments import at_second
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.selection import require_each, select

BEGIN, END = "\x02", "\x03"
"""Around what was found: no passage has such characters, for each was read as words."""
RANKED = 20_000
"""So many of the passages that have all the words are ranked: of very common words, the first."""
FEW = 300
"""FTS5 itself finds the passages of so many texts; those of more are looked at one by one."""
FOUND = """
with hits as (
    select passages_fts.rowid as passage_id, bm25(passages_fts, 1.0, 0.0) as worth
    from passages_fts
    where passages_fts match :query and (:contents is null or exists (
        select 1 from passages
        where passages.passage_id = passages_fts.rowid
            and passages.content_id in (select value from json_each(:contents))
    ))
    limit :ranked
),

best as (select * from hits order by worth, passage_id limit :limit)

select people.row_id, people.name, people.personality_type, texts.kind, texts.asset_type,
    texts.asset_id, texts.language, texts.source, texts.title, texts.original_url,
    passages.position, passages.start_s, passages.end_s, passages.passage, best.passage_id
from best
inner join passages on best.passage_id = passages.passage_id
inner join texts on passages.content_id = texts.content_id
inner join people on texts.person_row_id = people.row_id
where (:kind is null or texts.kind = :kind)
    and (:people is null or people.row_id in (select value from json_each(:people)))
order by best.worth, best.passage_id, texts.owner_key limit :limit
"""
MARKED = """
select highlight(passages_fts, 0, char(2), char(3)) from passages_fts
where passages_fts match ? and rowid = ?
"""
CONTENTS = """
select distinct content_id from texts
where (:kind is null or kind = :kind)
    and (:people is null or person_row_id in (select value from json_each(:people)))
order by content_id
"""


@dataclass(frozen=True)
class SearchTerms:
    """What is searched. ``type_pattern``: such as ``FF-*``; ``kind``: transcript or document;
    ``people``: row ids and ranges, such as ``12,40-60``."""

    text: str
    type_pattern: str | None = None
    kind: str | None = None
    people: str | None = None
    limit: int = 20


@dataclass(frozen=True)
class FoundPassage:
    """A passage. ``matches`` are the places in it, from and to, of what was searched for.
    ``address`` opens there; times are in seconds."""

    row_id: str
    name: str
    personality_type: str | None
    kind: str
    asset_type: str
    asset_id: str | None
    language: str | None
    source: str
    title: str | None
    address: str | None
    position: int
    start_s: float | None
    end_s: float | None
    passage: str
    matches: tuple[tuple[int, int], ...]


def search(context: Context, wanted: SearchTerms) -> list[FoundPassage]:
    """The passages, best first. The index is brought up to date first, where that can be now.

    Raises ``UsageError`` for a search that can't be read, and ``NothingError`` where there are no
    words yet.
    """
    query = fts_query(wanted.text)
    with suppress(BusyError, WarehouseError):
        renew_index(context)
    if not index_path(context).is_file():
        renew_index(context)
    with open_index(context) as index:
        return find(index, query, wanted)


def find(index: sqlite3.Connection, query: str, wanted: SearchTerms) -> list[FoundPassage]:
    """As :func:`search`, of an open index and what FTS5 is asked."""
    given = {"kind": wanted.kind, "people": _row_ids(index, wanted), "limit": wanted.limit}
    contents, asked = None, f"words : ({query})"
    if wanted.kind or given["people"] is not None:
        chosen = [content for (content,) in index.execute(CONTENTS, given)]
        contents = json.dumps(chosen)
        if len(chosen) <= FEW:
            contents, asked = None, within(query, chosen)
    ranked = RANKED if contents is None else RANKED // 3
    if " OR " in query:
        ranked = -1  # what a rare word finds, and ranks before the rest, may come last
    more = {"query": asked, "contents": contents, "ranked": ranked}
    rows = index.execute(FOUND, given | more).fetchall() if asked else []
    return [_found(*row, marked=_marked(index, query, row[-1])) for row in rows]


def within(query: str, contents: list[int]) -> str:
    """``query``, of the passages of ``contents`` alone; '' where there are none."""
    who = " OR ".join(map(who_of, contents))
    return f"(words : ({query})) AND (who : ({who}))" if who else ""


def _marked(index: sqlite3.Connection, query: str, passage_id: int) -> str:
    marked: str = index.execute(MARKED, [f"words : ({query})", passage_id]).fetchone()[0]
    return marked


def _row_ids(index: sqlite3.Connection, wanted: SearchTerms) -> str | None:
    """The people whose words are searched, as a JSON list; None for all."""
    if wanted.type_pattern is None and wanted.people is None:
        return None
    selection = select(people=wanted.people)
    pattern = (wanted.type_pattern or "*").casefold()
    people = index.execute("select row_id, personality_type from people").fetchall()
    require_each(selection, [row_id for row_id, _ in people])
    chosen = [
        row_id
        for row_id, personality_type in people
        if selection.has(row_id) and fnmatchcase((personality_type or "").casefold(), pattern)
    ]
    if not chosen:
        named = [item for item in (wanted.type_pattern, wanted.people) if item]
        raise NothingError(
            f"None of the {len(people)} people is selected by {' and '.join(named)}: see "
            "rowkeeper status --people."
        )
    return json.dumps(chosen)


def _found(*row: Any, marked: str) -> FoundPassage:
    *facts, url, position, start_s, end_s, passage, _ = row
    matches = places_marked(marked.replace(SEPARATOR, ""))
    values: Any = (*facts, at_second(url, start_s), position, start_s, end_s, passage, matches)
    return FoundPassage(*values)


def places_marked(text: str) -> tuple[tuple[int, int], ...]:
    """From where to where the marks of a text stand, were they not in it."""
    pieces = text.replace(END, BEGIN).split(BEGIN)  # what is marked stands at odd places
    ends = list(accumulate(map(len, pieces)))
    return tuple(zip(ends[::2], ends[1::2], strict=False))
