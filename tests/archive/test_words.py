"""Words of transcripts and documents become passages, each content once, and survive a rebuild."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.archive.kept_words import take_kept, words_dir
from rowkeeper.archive.rebuild import rebuild
from rowkeeper.archive.words import WordsRead, read_words
from rowkeeper.catalogue.publish import publish
from rowkeeper.catalogue.site.write import write_site
from rowkeeper.cli import run_command
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.ids import new_id
from rowkeeper.core.warehouse import Row
from rowkeeper.workspace.build import refresh
from rowkeeper.workspace.context import Context
from tests.helpers.archives import Quiet, context_at, tell
from tests.helpers.warehouses import PENDING, in_order
from uploaders.local.store import LocalStore
from uploaders.registry import open_store

CAPTIONS = """WEBVTT

00:00:01.000 --> 00:00:03.000
I was never afraid of failure, said
José{number}.

00:01:15.000 --> 00:01:18.500
Zażółć gęślą jaźń
"""
PASSAGES = """
select person_row_id, kind, start_s, end_s, text, language, source, title from {schema}.passages
where asset_id in (select asset_id from {schema}.assets where sha256 is not null)
order by passage_key
"""


def told_events(context: Context) -> list[AssetEvent]:
    """Three transcripts: here, in the store alone, and neither here nor there."""
    pending = in_order(context.target, f"{PENDING} where asset_kind = 'transcript' order by 1")
    store = open_store(context.settings)
    assert isinstance(store, LocalStore)
    events = []
    for number, (asset_id, row_id, provider, media_id, kind) in enumerate(pending[:3]):
        body = CAPTIONS.format(number=number).encode()
        facts: dict[str, Any] = {
            "session_id": new_id(),
            "asset_id": asset_id,
            "row_id": row_id,
            "provider": provider,
            "media_id": media_id,
            "asset_kind": kind,
            "attempt": 1,
            "sha256": hashlib.sha256(body).hexdigest(),
            "size_bytes": len(body),
        }
        path = Path("files") / f"{asset_id}.vtt"
        place = context.settings.data_dir / path if number == 0 else store.folder / path.name
        if number < 2:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(body)
        details = {"caption_source": "manual", "caption_language": "pl"}
        events.append(
            AssetEvent(
                event_type=EventType.DOWNLOADED,
                local_path=path.as_posix(),
                filename="A talk.vtt",
                details=details,
                **facts,
            )
        )
        if number:
            key: dict[str, Any] = {"store": store.root, "object_key": path.name}
            events.append(AssetEvent(event_type=EventType.UPLOADED, **key, **facts))
            dropped: dict[str, Any] = {"local_path": path.as_posix(), "details": {}}
            events.append(AssetEvent(event_type=EventType.FILE_DROPPED, **facts, **dropped))
    return events


def expected(events: list[AssetEvent]) -> list[Row]:
    passages = []
    for number, event in enumerate(events):
        facts = ("pl", "manual", "A talk.vtt")
        words = f"I was never afraid of failure, said José{number}."
        passages.append((event.row_id, "transcript", 1.0, 3.0, words, *facts))
        passages.append((event.row_id, "transcript", 75.0, 78.5, "Zażółć gęślą jaźń", *facts))
    return passages


def test_words_are_read_once_wherever_they_are_and_survive_a_rebuild(
    built: tuple[Context, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    context, _ = built
    events = told_events(context)
    tell(context, *events)
    refresh(context)
    out = Quiet()
    done = read_words(context, out)
    documents = in_order(context.target, "select count(*) from {schema}.documents")[0][0]
    assert (done.read - 2, done.missing, done.unreadable) == (documents, 1, 0)
    assert documents
    assert [line for line in out.lines if "1 transcripts were not read" in line]
    there = [event for event in events if event.event_type == EventType.DOWNLOADED][:2]
    assert in_order(context.target, PASSAGES) == expected(there)
    assert read_words(context, out) == WordsRead(missing=1)

    condition = "words @@ plainto_tsquery('simple', 'gesla')"
    if context.target.type == "duckdb":
        condition = "contains(words, 'gesla')"
    sql = f"select distinct person_row_id from {{schema}}.passages where {condition} order by 1"
    assert {row[0] for row in in_order(context.target, sql)} == {event.row_id for event in there}
    readers_find(context, there, capsys)
    every = "select * from {schema}.passages order by passage_key"
    before = in_order(context.target, every)
    assert sum(row[5] == "document" for row in before) >= documents

    (context.settings.data_dir / str(there[0].local_path)).unlink()
    if context.target.type == "postgres":
        for table in ("texts_read", "passages"):
            in_order(context.target, f"delete from raw.{table} returning 1")
    damaged = words_dir(context.settings.data_dir) / f"{new_id()}.jsonl.gz"
    damaged.write_bytes(gzip.compress(b'{"sha256": "x"')[:-3])
    rebuild(context)
    assert in_order(context.target, every) == before


def test_what_others_keep_beside_the_words_is_not_read(tmp_path: Path) -> None:
    context = context_at(tmp_path)
    folder = words_dir(context.settings.data_dir)
    folder.mkdir(parents=True)
    for name in (f"._{new_id()}.jsonl.gz", f"{new_id()} (1).jsonl.gz", "notes.jsonl.gz"):
        (folder / name).write_bytes(gzip.compress(b""))
    (folder / f"{new_id()}.jsonl.gz").symlink_to(folder / "notes.jsonl.gz")
    assert take_kept(context) == 0
    assert not Path(str(context.target.path)).exists()


def readers_find(
    context: Context, there: list[AssetEvent], capsys: pytest.CaptureFixture[str]
) -> None:
    """On the command line and on the pages is what the tables say, and nothing is written twice."""
    publish(context)
    target = ["--target", context.target.name]
    assert run_command(["search", '"afraid of" GESLA OR jose1', "--json", *target]) == 0
    (answer,) = json.loads(capsys.readouterr().out)["found"]
    assert (answer["row_id"], answer["start_s"]) == (there[1].row_id, 1.0)
    assert answer["address"].endswith("&t=1")
    assert run_command(["search", "no-such-word", *target]) == 12
    row_id = str(there[1].row_id)
    assert run_command(["person", row_id, "--words", *target]) == 0
    printed = capsys.readouterr().out
    assert "1:15 Zażółć gęślą jaźń" in printed
    assert printed.startswith(f"{row_id} ")
    done = write_site(context)
    assert done.files == done.changed
    page = (done.folder / "person" / f"{row_id}.html").read_text("utf-8")
    assert str(there[1].sha256) in page
    texts = "".join(path.read_text() for path in (done.folder / "data" / "texts").iterdir())
    assert json.dumps("Zażółć gęślą jaźń")[1:-1] in texts
    assert write_site(context).changed == 0
