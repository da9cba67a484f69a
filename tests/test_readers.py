"""The questions of docs/readers.md, asked of the demo's tables: each has its right answer."""

import csv
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.site import Demo
from rowkeeper.cli import run_command
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.warehouse import Target, connect
from tests.fakes.internet import FakeInternet

PAGE = (PROJECT_DIR / "docs" / "readers.md").read_text("utf-8")
ASKED = {
    section.partition("\n")[0]: found[1]
    for section in PAGE.split("\n## ")
    if (found := re.search(r"```sql\n(.*?)```", section, re.DOTALL))
}
NEW_ID = "aNewLinkOf3"
NEW = f"https://youtu.be/{NEW_ID}"
NO_CODE_OF_OURS = re.compile(r"\b(raw|staging|intermediate|checks)\.\w|\b(int|stg)_\w+")


def answer(target: Target, question: str, at: datetime | None = None) -> list[dict[str, Any]]:
    """What the tables say to a question; ``at``: as if it were then."""
    (sql,) = (sql for heading, sql in ASKED.items() if question in heading)
    moment = f"timestamptz '{at.isoformat(sep=' ')}'" if at else "current_timestamp"
    return ask(target, sql.replace("current_timestamp", moment))


def ask(target: Target, sql: str) -> list[dict[str, Any]]:
    with connect(target) as warehouse:
        warehouse.execute(f"set search_path = '{target.schema}'")
        names, rows = warehouse.select(sql)
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_the_questions_are_asked_of_published_tables_alone() -> None:
    assert len(ASKED) == 11
    assert not [question for question, sql in ASKED.items() if NO_CODE_OF_OURS.search(sql)]


@pytest.mark.usefixtures("internet")
def test_each_question_has_its_right_answer(
    engine: Target, demo: Demo, internet: FakeInternet
) -> None:
    assert run_command(["run", "--target", engine.name]) == 0
    people = ask(engine, "select * from people")
    assets = ask(engine, "select * from assets")
    held = [
        one
        for one in assets
        if one["evidence"] == "live" and one["download_status"] in ("downloaded", "uploaded")
    ]
    assert held

    films = {video.id for video in demo.site.videos}
    films |= {file.id for file in demo.site.files if file.mime_type == "video/mp4"}
    seen = {
        one["person_row_id"]
        for one in held
        if one["media_id"] in films and one["asset_kind"] in ("video", "file")
    }
    without = {row["row_id"] for row in answer(engine, "has no video")}
    assert 0 < len(without) < len(people)
    assert without == {one["row_id"] for one in people if one["in_sheet"]} - seen

    (run,) = answer(engine, "run go well")
    assert (run["outcome"], run["exit_code"], run["command"]) == ("succeeded", 0, "rowkeeper run")

    failed = answer(engine, "failed last night")
    assert any(demo.missing in row["original_url"] for row in failed)
    assert all(row["error_code"] and row["next_step"] for row in failed)

    types = {one["row_id"]: one["personality_type"] for one in people}
    sizes: dict[str, dict[str, int]] = defaultdict(dict)
    claimed: dict[str, int] = defaultdict(int)
    for one in held:
        if one["sha256"]:
            kind = types[one["person_row_id"]]
            claimed[kind] += one["file_size_bytes"]
            sizes[kind][one["sha256"]] = one["file_size_bytes"]
    said = answer(engine, "How many bytes")
    assert {row["personality_type"]: int(row["claimed_bytes"]) for row in said} == claimed
    assert {row["personality_type"]: int(row["distinct_bytes"]) for row in said} == {
        kind: sum(held_by.values()) for kind, held_by in sizes.items()
    }

    assert any(demo.missing in row["url"] for row in answer(engine, "lead nowhere"))

    (version,) = answer(engine, "type changed")
    assert (version["version"], version["personality_type"]) == (1, types["3"])
    assert version["valid_to"] is None

    sessions = answer(engine, "sessions of last week")
    assert {one["activity"] for one in sessions} >= {"download", "upload"}
    assert {str(one["session_id"]) for one in held} <= {str(one["session_id"]) for one in sessions}

    assert answer(engine, "verified for 30 days") == []
    for one in held:
        assert one["downloaded_at"] is not None
        assert (one["uploaded_at"] is None) == (one["upload_status"] != "uploaded")

    twice = answer(engine, "there twice")
    alike = [row["shared"] for row in twice if row["same"] != "content"]
    assert len(alike) == len(ask(engine, "select * from people_lookalikes"))
    hashes = [one["sha256"] for one in held if one["sha256"]]
    assert {row["shared"]: row["times"] for row in twice if row["same"] == "content"} == {
        held_by: hashes.count(held_by) for held_by in hashes if hashes.count(held_by) > 1
    }

    (generation,) = answer(engine, "each generation")
    assert generation["generation"] == 21
    assert generation["people"] == len(people)

    changed = answer(engine, "changed since yesterday")
    assert len([row for row in changed if row["what"] == "asset"]) == len(assets)
    assert {row["row_id"] for row in changed if row["what"] == "person"} == set(types)


def changed_page(page: str, row_id: str) -> str:
    """The sheet with another type and one more link in a person's row."""
    (row,) = (row for row in re.findall(r"<tr.*?</tr>", page) if f">{row_id}</td>" in row)
    cells = re.findall(r"<td[^>]*>.*?</td>", row)
    had = re.sub("<.*?>", "", cells[4])
    new = row.replace(f">{had}<", ">MF-Si/Fe-CS/P(B) #3<")
    return page.replace(row, new.replace("</td></tr>", f' <a href="{NEW}">{NEW}</a></td></tr>'))


@pytest.mark.usefixtures("internet")
def test_the_questions_tell_old_from_new(
    engine: Target, demo: Demo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A day later: somebody's type and links have changed, an older CSV is found, and one person's
    files were verified again."""
    assert run_command(["run"]) == 0
    known = ask(engine, "select * from assets")
    places = ask(engine, "select * from fixity where is_current")
    owners = {place["path"]: place["person_row_id"] for place in places}
    shared = {one["path"] for one in places if owners[one["path"]] != one["person_row_id"]}
    verified = next(
        one["person_row_id"]
        for one in places
        if one["path"] not in shared and one["place"] == "file"
    )
    moment = datetime.now(UTC)
    assert run_command(["verify", "--people", verified]) == 0
    (page,) = demo.site.pages
    demo.site.pages[page] = changed_page(demo.site.pages[page], "3")
    older = tmp_path / "older" / "output_18col.csv"
    older.parent.mkdir()
    person = {row["row_id"]: row for row in ask(engine, "select * from people")}["3"]
    with older.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, GENERATIONS[18], restval="")
        rows.writeheader()
        rows.writerow({"row_id": "3", "name": person["name"], "email": person["email"]})
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", f"{demo.legacy_csv},{older}")
    assert run_command(["run", "--mode", "basic"]) == 0

    versions = answer(engine, "type changed")
    assert versions[0]["personality_type"] == person["personality_type"]
    assert versions[0]["valid_to"] == versions[-1]["valid_from"] is not None
    assert versions[-1]["personality_type"] == "MF-Si/Fe-CS/P(B) #3" != person["personality_type"]
    assert versions[-1]["valid_to"] is None

    changed = answer(engine, "changed since yesterday", moment + timedelta(days=1))
    assert {row["row_id"] for row in changed if row["what"] == "person"} == {"3"}
    before = {one["asset_id"] for one in known}
    after = ask(engine, "select * from assets")
    new = {f"{one['original_url']}: pending" for one in after if one["asset_id"] not in before}
    assert {row["is_now"] for row in changed if row["what"] == "asset"} == new
    assert any(NEW_ID in said for said in new)

    old = answer(engine, "verified for 30 days", moment + timedelta(days=30))
    unseen = {(one["place"], one["path"]) for one in old}
    every = {(one["place"], one["path"]) for one in places}
    again = {(one["place"], one["path"]) for one in places if one["person_row_id"] == verified}
    assert again
    assert unseen == every - again
    assert unseen

    people = len(ask(engine, "select * from people"))
    generations = {row["generation"]: row["people"] for row in answer(engine, "each generation")}
    assert generations == {18: 1, 21: people}
