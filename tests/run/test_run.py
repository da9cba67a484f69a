"""The whole road on both engines, against a small internet: right, repeatable, and hard to kill."""

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from demo.site import SHEET_URL, Demo
from rowkeeper.cli import run_command
from rowkeeper.core.ids import asset_id
from rowkeeper.core.links.classify import classify
from rowkeeper.core.warehouse import Row, Target, connect
from tests.fakes.internet import FakeInternet
from tests.helpers.kills import KILL

pytestmark = [pytest.mark.data_tests, pytest.mark.fresh]

TABLES = ("people", "assets", "person_content", "download_sessions", "quarantine")
FACTS = (
    "asset_id, person_row_id, asset_type, original_url, local_file_path, cloud_storage_url, "
    "media_id, filename, file_size_bytes, download_status, upload_status, sha256, error_code, "
    "archived_by"
)
FAILPOINTS = [
    ("loaders.pipeline", "add_snapshot", 1),
    ("rowkeeper.core.journal.journal", "Journal.append", 3),
    ("downloaders.places", "sync", 9),
    ("rowkeeper.core.drain", "_loading", 1),
    ("uploaders.local.store", "sha256_file", 5),
    ("rowkeeper.archive.kept_words", "_insert", 1),
    ("rowkeeper.catalogue.publish", "publish", 1),
]
"""In the order of a run, for each kill leaves less to do."""
OF_THE_WAREHOUSE = ("loaders.pipeline", "rowkeeper.core.drain")


def dump(target: Target, columns: str, table: str) -> list[Row]:
    with connect(target) as warehouse:
        rows = warehouse.query(f"select {columns} from {target.schema}.{table}")
    return sorted(rows, key=str)


def archive(target: Target) -> dict[str, str]:
    folder = Path(os.environ["ROWKEEPER_DATA_DIR"]) / "archive"
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def pages() -> dict[str, int]:
    """The pages of the catalogue, and when each was written."""
    folder = Path(os.environ["ROWKEEPER_DATA_DIR"]) / "site"
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("*.html")
    }


def expected_content(demo: Demo) -> set[tuple[str, str]]:
    """(row id, asset id) of all links in the sheet and the CSV, found without our parsers."""
    content: set[tuple[str, str]] = set()

    def add(row_id: str, url: str) -> None:
        link = classify(url)
        for kind in link.asset_kinds:
            content.add((row_id, asset_id(row_id, link.provider, link.media_id, kind)))

    (page,) = demo.site.pages.values()
    for row in re.findall(r"<tr.*?</tr>", page):
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row)
        if len(cells) != 7 or not re.sub(r"<.*?>", "", cells[2]).strip():
            continue
        for cell in (cells[2], cells[6]):
            for url in re.findall(r'href="([^"]+)"', cell):
                add(cells[0].strip(), unescape(url))
    with demo.legacy_csv.open(encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            for column in ("link", "youtube_playlist", "google_drive"):
                for url in re.split(r"[|\s]+", record[column] or ""):
                    if url.startswith("http"):
                        add(record["row_id"].strip(), unescape(url))
    return content


def test_the_whole_road_and_once_more(
    engine: Target, demo: Demo, internet: FakeInternet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["run"]) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    assert "archived" in said
    content = dump(engine, "row_id, asset_id, name, email, personality_type", "person_content")
    quarantined = {row[0] for row in dump(engine, "row_id, reason", "quarantine")}
    direct = {pair for pair in expected_content(demo) if pair[0] not in quarantined}
    assert direct <= {(row[0], row[1]) for row in content}
    people = {
        row[0]: row[1:] for row in dump(engine, "row_id, name, email, personality_type", "people")
    }
    assert all(people[row[0]] == row[2:] for row in content)

    state = dump(engine, FACTS, "assets")
    assets = [row for row in state if row[13] != "legacy"]
    old = [row for row in state if row not in assets]
    assert old
    assert all(row[9:12] == ("downloaded", "claimed", None) for row in old)
    failed = [row for row in assets if row[9] == "failed"]
    assert [row[6] for row in failed] == [demo.missing] * len(failed)
    assert failed
    assert all(row[9:11] == ("uploaded", "uploaded") for row in assets if row not in failed)
    stored, used = archive(engine), set()
    for row in assets:
        if row not in failed:
            key = Path(urlsplit(row[5]).path).relative_to(
                Path(os.environ["ROWKEEPER_DATA_DIR"]) / "archive"
            )
            assert stored[str(key)] == row[11]
            used.add(str(key))
    assert used == set(stored)
    assert len(set(stored.values())) == len(stored)  # each content once
    assert "has been deleted" in said or "removed" in said

    before = {table: dump(engine, "*", table) for table in TABLES}
    kept, asked, written = archive(engine), len(internet.requests), pages()
    assert run_command(["run"]) == 0
    assert [path for _, _, path in internet.requests[asked:]] == [urlsplit(SHEET_URL).path]
    assert {table: dump(engine, "*", table) for table in TABLES} == before
    assert archive(engine) == kept
    assert {path: pages()[path] for path in written if "person/" in path} == {
        path: when for path, when in written.items() if "person/" in path
    }
    assert sum("person/" in path for path in written) == len(people)
    spoken = {row[0] for row in dump(engine, "asset_id, kind", "passages") if row[1] != "document"}
    assert spoken == {row[0] for row in assets if "_transcript" in row[2] and row not in failed}

    capsys.readouterr()
    assert run_command(["status", "--json"]) == 0
    status: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert {person["row_id"] for person in status["people"]} == set(people)
    assert [failure["error_code"] for failure in status["failures"]] == ["removed"] * len(failed)
    assert [session["status"] for session in status["sessions"]] == ["completed"] * 2
    assert sum(kind["archived"] for kind in status["assets"]) == len(assets) - len(failed)
    lacking = {
        person["row_id"]: person["lacks"]["video"]
        for person in status["people"]
        if "video" not in person["archived_kinds"]
    }
    films = {file.id for file in demo.site.files if file.mime_type == "video/mp4"}
    held = [row for row in assets if row[9] == "uploaded"]
    seen = {row[1] for row in held if row[2].endswith("_video") or row[6] in films}
    assert lacking.keys() == set(people) - seen
    assert all(lacking.values())
    assert seen
    assert run_command(["status", "--people", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["people"] == status["people"]
    somebody = status["people"][0]["row_id"]
    assert run_command(["status", "--people", somebody, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["people"] == status["people"][:1]
    assert run_command(["status", "--people", "nobody"]) == 12
    assert run_command(["status", "--people"]) == 0
    said = capsys.readouterr().out
    assert "Last sessions" in said
    assert "removed, permanent" in said


def test_killed_again_and_again_it_comes_out_the_same(
    engine: Target,
    demo: Demo,
    internet: FakeInternet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module, attribute, times in FAILPOINTS:
        if (engine.type == "postgres") != (module in OF_THE_WAREHOUSE):
            continue
        killed = subprocess.run(
            [sys.executable, "-c", KILL, module, attribute, str(times), "run"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert killed.returncode == -9, (attribute, killed.stdout, killed.stderr)
    assert run_command(["run"]) == 0
    assets, content = dump(engine, FACTS, "assets"), archive(engine)
    people = dump(engine, "row_id, name, email, personality_type", "people")
    words = dump(engine, "passage_key, text, start_s", "passages")
    assert words
    running = [
        row
        for row in dump(engine, "session_id, status", "download_sessions")
        if row[1] == "running"
    ]
    assert running == []

    clean = tmp_path / "clean"
    monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(clean))
    if engine.type == "postgres":
        with connect(engine) as warehouse:
            warehouse.execute("drop schema raw cascade")
        target = engine
    else:
        target = Target(name="dev", type="duckdb", path=str(clean / "rowkeeper.duckdb"))
    assert run_command(["run"]) == 0
    assert dump(target, "row_id, name, email, personality_type", "people") == people

    def placed(rows: list[Row], folder: Path) -> list[Row]:
        root = folder.as_uri()
        return [tuple(str(value).replace(root, "") for value in row) for row in rows]

    assert dump(target, "passage_key, text, start_s", "passages") == words
    state = placed(dump(target, FACTS, "assets"), clean)
    assert state == placed(assets, tmp_path / "data")
    assert archive(target) == content
