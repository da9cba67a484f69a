"""Search over the index alone: what is asked, who is asked, what is found and where it opens."""

import io
import re
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowkeeper.catalogue.folding import SEPARATOR, indexed
from rowkeeper.catalogue.search import BEGIN, END, FoundPassage, SearchTerms, find, places_marked
from rowkeeper.catalogue.search_index import SCHEMA, _fill, add_passages
from rowkeeper.catalogue.search_words import fts_query
from rowkeeper.cli.search import show
from rowkeeper.cli.terminal import Terminal
from rowkeeper.core.errors import NothingError, UsageError
from rowkeeper.core.links.moments import at_second
from rowkeeper.core.settings import PROJECT_DIR

PEOPLE = [
    ("1", "Ann", "FF-Ne/Ti-CP/B(S) #1"),
    ("42", "José Zażółć", "MF-Si/Fe-CS/P(B) #3"),
    ("43b", "<script>alert(1)</script>", None),
    ("44", "李 小龍", "MM-Se/Fi"),
]
TALKS = [
    (1, "1", "transcript", "I was afraid: fear of failure kept me from it.", 75.0),
    (2, "42", "transcript", "Failure is no reason for fear, naïve or not.", 3.5),
    (3, "43b", "document", "The failures of others <b>don't</b> matter.", None),
    (3, "42", "document", "", None),
    (4, "44", "transcript", "小龍在台北吃飯。カタカナ。한국어를 배우다. ฉันรักเธอ. Ｆｕｌｌ", 1.0),
    (5, "44", "transcript", "Ελένη: ο φόβος! Łódź, Ёлка, e\u0301clair, o\u2063o", 2.0),
]


@pytest.fixture
def index() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:")
    for statement in SCHEMA.split(";\n"):
        made.execute(statement)
    made.executemany("insert into people values (?, ?, ?)", PEOPLE)
    for number, (content, row_id, kind, passage, start_s) in enumerate(TALKS):
        if passage:
            end_s = start_s and start_s + 4
            add_passages(made, [(content, content, 1, start_s, end_s, passage)])
        url = f"https://www.youtube.com/watch?v={content}" if start_s else "https://docs/x"
        made.execute(
            "insert into texts values (?, ?, ?, 'a', 'a_transcript', ?, 'en', 'manual', ?, '')",
            [f"owner-{number}", content, row_id, kind, url],
        )
    made.execute("insert into passages_fts (passages_fts) values ('rebuild')")
    yield made
    made.close()


def search_for(index: sqlite3.Connection, text: str, **facts: object) -> list[FoundPassage]:
    return find(index, fts_query(text), SearchTerms(text, **facts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "row_ids"),
    [
        ("fear failure", ["1", "42"]),
        ('"fear of failure"', ["1"]),
        ("fail*", ["1", "42", "43b", "42"]),
        ("NAIVE", ["42"]),
        ("afraid OR reason", ["1", "42"]),
        ("failure NOT (reason OR matter)", ["1"]),
        ("don't", ["43b", "42"]),
        ("failure -- : ' drop table people ;", []),
        ("afraid or", []),
        ("<b>", ["43b", "42"]),
        ("c1", []),
        ("“fear of failure”", ["1"]),
        ("fear -failure", []),
        ("-reason fear", ["1"]),
        ("failure AND NOT (reason OR matter)", ["1"]),
        ('fear -"failure of"', ["1", "42"]),
        ('"of fail*"', ["1"]),
        ('"of fail"*', ["1"]),
        ("(" * 10 + "afraid" + ")" * 10, ["1"]),
    ],
)
def test_what_is_asked(index: sqlite3.Connection, text: str, row_ids: list[str]) -> None:
    assert sorted(one.row_id for one in search_for(index, text)) == sorted(row_ids)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("台北", ["台北"]),
        ("龍 飯", ["龍", "飯"]),
        ("タカ*", ["タカ"]),
        ("한국어", ["한국어"]),
        ("รัก", ["รัก"]),
        ("full", ["Ｆｕｌｌ"]),
        ("ελενη", ["Ελένη"]),
        ("ΦΟΒΟΣ", ["φόβος"]),
        ("lodz ЕЛКА", ["Łódź", "Ёлка"]),
        ("eclair", ["e\u0301clair"]),
        ("éclair", ["e\u0301clair"]),
    ],
)
def test_any_script_is_found_and_marked_as_it_was_written(
    index: sqlite3.Connection, text: str, marked: list[str]
) -> None:
    (one,) = search_for(index, text)
    assert [one.passage[start:end] for start, end in one.matches] == marked
    assert one.passage in {passage for *_, passage, _ in TALKS}


@given(st.text())
def test_the_index_has_each_sign_in_its_place(text: str) -> None:
    assert len(indexed(text).replace(SEPARATOR, "")) == len(text)


def test_what_is_found_is_marked_and_opens_at_its_second(index: sqlite3.Connection) -> None:
    (one,) = search_for(index, '"fear of failure"')
    assert [one.passage[start:end] for start, end in one.matches] == ["fear of failure"]
    assert one.address == "https://www.youtube.com/watch?v=1&t=75"
    assert (one.name, one.personality_type, one.start_s) == ("Ann", "FF-Ne/Ti-CP/B(S) #1", 75.0)
    printed = io.StringIO()
    show(Terminal(file=printed, width=200), one)
    assert printed.getvalue().splitlines()[1:] == [
        "  I was afraid: [fear of failure] kept me from it.",
        "  https://www.youtube.com/watch?v=1&t=75",
    ]


def test_who_is_asked(index: sqlite3.Connection) -> None:
    assert [one.row_id for one in search_for(index, "fail*", type_pattern="ff-*")] == ["1"]
    assert [
        one.row_id for one in search_for(index, "fail*", people="40-60", kind="transcript")
    ] == ["42"]
    assert {one.row_id for one in search_for(index, "fail*", kind="document")} == {"42", "43b"}
    assert len(search_for(index, "fail*", limit=1)) == 1
    with pytest.raises(NothingError, match="None of the 4 people is selected by FF-Xx"):
        search_for(index, "fail*", type_pattern="FF-Xx")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('"fear', "has a quotation mark that is not closed"),
        ("(fear", "has a bracket without its other half"),
        ("fear)", "has a bracket without its other half"),
        ("fear AND", "names no word to look for at its end"),
        ("OR fear", "has nothing before OR"),
        ("fear AND OR failure", "has nothing before OR"),
        ("()", r"has nothing before \)"),
        ("…!", "names no word to look for"),
        ("a " * 65, "has more than 64 words"),
        ("-fear", "says only what is left out"),
        ("(" * 11 + "a" + ")" * 11, "has more than 10 brackets in each other"),
        ("a" * 1_001, "is longer than 1,000 characters"),
    ],
)
def test_a_search_that_can_not_be_read_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as refused:
        fts_query(text)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


@given(st.text(alphabet=st.sampled_from("ab*\" ()-:^{}+\\'\0ANDORT é漢“"), max_size=40))
def test_no_search_is_misread(text: str) -> None:
    made = sqlite3.connect(":memory:")
    made.execute("create virtual table words using fts5 (passage)")
    try:
        query = fts_query(text)
    except UsageError:
        return
    made.execute("select * from words where words match ?", [query]).fetchall()
    made.close()


@given(st.lists(st.text(alphabet="ab ", min_size=1), min_size=1, max_size=7))
def test_it_is_told_where_marks_stand(pieces: list[str]) -> None:
    said = [f"{BEGIN}{one}{END}" if place % 2 else one for place, one in enumerate(pieces)]
    passage, matches = "".join(pieces), places_marked("".join(said))
    assert [passage[start:end] for start, end in matches] == pieces[1::2]


def test_what_is_found_steers_no_terminal_and_tells_no_secret() -> None:
    passage = "long before " * 20 + "⟧ \x1b[2J fear ⟦ https://a.example/x?token=5ec7e7 after" * 3
    place = passage.index("fear")
    facts = ("1", "\x1b[31mAnn", "FF", "transcript", "a", None, None, "manual", None, None)
    one = FoundPassage(*facts, 1, 75.0, 79.0, passage, ((place, place + 4),))
    printed = io.StringIO()
    show(Terminal(file=printed, width=200), one)
    assert "\x1b" not in printed.getvalue()
    assert "5ec7e7" not in printed.getvalue()
    assert "[2J [fear] [" in printed.getvalue()
    assert len(printed.getvalue()) < 500


@pytest.mark.parametrize(
    ("url", "seconds", "opens"),
    [
        ("https://www.youtube.com/watch?v=x&t=9", 75.9, "https://www.youtube.com/watch?v=x&t=75"),
        ("https://vimeo.com/7", 3.0, "https://vimeo.com/7#t=3s"),
        ("https://www.loom.com/share/x", 3.0, "https://www.loom.com/share/x?t=3"),
        ("https://www.dailymotion.com/video/x", 3.0, "https://www.dailymotion.com/video/x?start=3"),
        ("https://drive.google.com/file/d/x/view", 3.0, "https://drive.google.com/file/d/x/view"),
        ("https://www.youtube.com/watch?v=x", 0.2, "https://www.youtube.com/watch?v=x"),
        (None, 3.0, None),
    ],
)
def test_the_address_opens_at_the_second(url: str | None, seconds: float, opens: str) -> None:
    assert at_second(url, seconds) == opens


class Kept:
    """A warehouse that has passages, and counts who asks for which."""

    def __init__(self, passages: dict[str, str]) -> None:
        self.passages, self.asked = passages, list[str]()

    def query(self, _: str, parameters: list[list[str]]) -> list[tuple[Any, ...]]:
        (keys,) = parameters
        self.asked += keys
        return [(key, 1, 0.0, 4.0, self.passages[key]) for key in sorted(keys)]


def test_the_index_is_brought_up_to_date_by_what_came_and_what_went() -> None:
    made = sqlite3.connect(":memory:")
    for statement in SCHEMA.split(";\n"):
        made.execute(statement)
    kept = Kept({"a": "fear of failure", "b": "fear of heights", "c": "failure"})

    def fill(*keys: str) -> dict[str, int]:
        facts = ("1", None, None, "transcript", "en", "manual", None, None)
        people = [("1", "Ann", None)]
        _fill(made, kept, people, [(f"owner-{key}", key, *facts) for key in keys])  # type: ignore[arg-type]
        made.execute("insert into passages_fts (passages_fts) values ('integrity-check')")
        return dict(made.execute("select text_key, content_id from contents").fetchall())

    before = fill("a", "b")
    assert len(search_for(made, "fear")) == 2
    after = fill("b", "c")
    assert kept.asked == ["a", "b", "c"]  # what stays is not read again
    assert after.keys() == {"b", "c"}
    assert after["b"] == before["b"]
    assert [one.passage for one in search_for(made, "fear")] == ["fear of heights"]
    assert [one.passage for one in search_for(made, "failure")] == ["failure"]
    assert made.execute("select count(*) from passages").fetchone() == (2,)
    made.close()


def test_the_page_has_sql_that_finds(index: sqlite3.Connection) -> None:
    page = (PROJECT_DIR / "docs" / "catalogue.md").read_text("utf-8")
    (sql,) = re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert index.execute(sql).fetchall() == [("Ann", 75.0, TALKS[0][3])]
