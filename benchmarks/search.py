"""What a search costs: ``python -m benchmarks.search``.

Passages of twenty words, as often as words are in a language (Zipf), of five thousand people; each
search twice, of which the second counts: CPU of the search alone, without the start of Python.
"""

import argparse
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from rowkeeper.catalogue.search import SearchTerms, find
from rowkeeper.catalogue.search_index import SCHEMA, add_passages
from rowkeeper.catalogue.search_words import fts_query

PEOPLE = 5_000
KNOWN = {1: "of", 3: "fear", 40: "failure"}
"""Words of these ranks; others are w0, w1 and so on."""
WORDS = [KNOWN.get(rank, f"w{rank}") for rank in range(30_000)]
WEIGHTS = list(accumulate(1 / (rank + 2) for rank in range(len(WORDS))))
TYPES = ("FF-Ne/Ti-CP/B(S) #1", "MF-Si/Fe-CS/P(B) #3", "FM-Ti/Se-SB/P(C)")
SEARCHES = (
    SearchTerms('"fear of failure"'),
    SearchTerms("fear failure"),
    SearchTerms("of"),
    SearchTerms("fail*"),
    SearchTerms("w29999"),
    SearchTerms('"fear of"', "FF-*", "transcript", "40-60"),
    SearchTerms("fear OR failure", people="42"),
    SearchTerms("failure", "FF-*"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--passages", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "search.sqlite"
        index, seconds = made(path, arguments.passages)
        size = path.stat().st_size / 1e6
        table = Table(
            title=f"{arguments.passages:,} passages, {size:.0f} MB, {seconds:.1f} CPU s to index"
        )
        for column in ("search", "of", "passages", "CPU ms"):
            table.add_column(column)
        for wanted, count, milliseconds in costs(index):
            of = " ".join(filter(None, (wanted.type_pattern, wanted.kind, wanted.people)))
            table.add_row(wanted.text, of, f"{count:,}", f"{milliseconds:.0f}")
        Console(width=130, markup=False).print(table)
        index.close()


def made(path: Path, passages: int) -> tuple[sqlite3.Connection, float]:
    """An index of so many passages, and the CPU seconds that FTS5 took for them."""
    index = sqlite3.connect(path)
    for statement in SCHEMA.split(";\n"):
        index.execute(statement)
    for number in range(PEOPLE):
        person = (str(number), f"Person {number}", TYPES[number % len(TYPES)])
        index.execute("insert into people values (?, ?, ?)", person)
        index.execute("insert into contents values (?, ?)", (number, str(number)))
        index.execute(
            "insert into texts values (?, ?, ?, null, 'video_transcript', 'transcript', 'en', "
            "'manual', 'https://www.youtube.com/watch?v=x', 'A talk')",
            (str(number), number, str(number)),
        )
    add_passages(index, _passages(max(1, passages // PEOPLE)))
    begun = time.process_time()
    index.execute("insert into passages_fts (passages_fts) values ('rebuild')")
    index.commit()
    return index, time.process_time() - begun


def _passages(each: int) -> Iterator[tuple[Any, ...]]:
    chance = random.Random(3)
    for number in range(PEOPLE):
        for place in range(each):
            words = " ".join(chance.choices(WORDS, cum_weights=WEIGHTS, k=20))
            times = (place * 10.0, place * 10.0 + 9)
            yield number * each + place + 1, number, place + 1, *times, words


def costs(index: sqlite3.Connection) -> Iterator[tuple[SearchTerms, int, float]]:
    """Each search, how many passages have its words, and its CPU milliseconds."""
    count = "select count(*) from passages_fts where passages_fts match ?"
    for wanted in SEARCHES:
        query = fts_query(wanted.text)
        ((passages,),) = index.execute(count, [query]).fetchall()
        find(index, query, wanted)
        begun = time.process_time()
        find(index, query, wanted)
        yield wanted, passages, (time.process_time() - begun) * 1000


if __name__ == "__main__":
    main()
