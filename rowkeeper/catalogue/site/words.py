"""The words of the catalogue as scripts that a page loads as it needs them: no server, no index to
build in the browser.

A word is looked up in the one file of its first two letters. What FTS5 has made of the words is
taken from its index, so that a page finds what ``rowkeeper search`` finds.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from itertools import groupby
from typing import Any

from rowkeeper.core.said import masked

VOCABULARY = "create virtual table temp.vocabulary using fts5vocab (main, passages_fts, instance)"
OCCURRENCES = (
    "select distinct term, doc from temp.vocabulary where col = 'words' order by term, doc"
)
CONTENTS = """
select contents.content_id, contents.text_key, min(passages.passage_id), count(*)
from contents inner join passages on contents.content_id = passages.content_id
group by contents.content_id, contents.text_key order by 3
"""
OWNERS = """
select content_id, owner_key, person_row_id, kind, coalesce(title, ''), coalesce(original_url, ''),
    coalesce(language, ''), source
from texts order by content_id, owner_key
"""
PASSAGES = """
select position, start_s, passage from passages where content_id = ? order by position
"""


def short(key: str) -> str:
    """What a text or its owner is called in names of files and in links."""
    return sha256(key.encode()).hexdigest()[:16]


def script(call: str, *values: Any) -> str:
    """A script that hands ``values`` over; hostile text stays text, for all of it is ASCII, and
    secrets of addresses are masked."""
    values_as_json = ",".join(
        json.dumps(masked(value), ensure_ascii=True, separators=(",", ":")) for value in values
    )
    plain = values_as_json.replace("<", "\\u003c")
    return f'"use strict";rowkeeper.{call}({plain});\n'


def shard_of(term: str) -> str:
    """The name of the file that has ``term``: its first two characters, in hex."""
    return term[:2].encode("utf-16-be").hex()


def search_files(index: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """All scripts of the search: path below the site's ``data`` folder -> what stands in it."""
    shards = []
    with closing(index.cursor()) as cursor:
        cursor.execute(VOCABULARY)
        rows = cursor.execute(OCCURRENCES)
        for shard, entries in groupby(rows, lambda row: shard_of(row[0])):
            shards.append(shard)
            terms = [
                [term, list(_steps(doc for _, doc in places))]
                for term, places in groupby(entries, lambda row: str(row[0]))
            ]
            yield f"words/{shard}.js", script("takeWords", shard, terms)
        cursor.execute("drop table temp.vocabulary")
    contents = index.execute(CONTENTS).fetchall()
    places = {content_id: place for place, (content_id, *_) in enumerate(contents)}
    owners = [
        [places[content_id], short(owner), *facts]
        for content_id, owner, *facts in index.execute(OWNERS)
        if content_id in places
    ]
    listed = [[short(key), first, count] for _, key, first, count in contents]
    yield "search.js", script("takeSearch", shards, listed, owners)
    for content_id, key, *_ in contents:
        passages = index.execute(PASSAGES, [content_id]).fetchall()
        yield f"texts/{short(key)}.js", script("takeText", short(key), passages)


def _steps(numbers: Iterator[int]) -> Iterator[int]:
    """Each number as its distance from the one before."""
    last = 0
    for number in numbers:
        yield number - last
        last = number
