"""Every version that was archived is looked after, not the current one alone."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.site import SHEET_PAGE, Demo
from rowkeeper.cli import run_command
from rowkeeper.core.warehouse import Target
from tests.fakes.internet import FakeInternet
from tests.helpers.sources import page
from tests.helpers.warehouses import rows_of

VERSIONS = """
select asset_kind, version, is_current, is_archived, local_file_path, object_key
from {schema}.asset_versions order by 1, 2"""
CURRENT = "select text from {schema}.documents where is_current"
WORDS = {1: "the first words", 2: "other words, and more of them"}
KINDS = ("document", "document_html")


def versions(target: Target) -> dict[tuple[str, int], tuple[Any, ...]]:
    return {(row[0], int(row[1])): tuple(row[2:]) for row in rows_of(target, VERSIONS)}


def html(version: int) -> str:
    return f"<html><body><p>{WORDS[version]}</p></body></html>"


def body(kind: str, version: int) -> str:
    return WORDS[version] if kind == "document" else html(version)


def flip(path: Path) -> None:
    changed = bytearray(path.read_bytes())
    changed[3] ^= 1
    path.write_bytes(changed)


def edit(demo: Demo, version: int) -> None:
    document = demo.site.documents[0]
    demo.site.documents[0] = replace(document, text=WORDS[version], html=html(version))


@pytest.fixture
def edited(
    demo: Demo, engine: Target, internet: FakeInternet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document in two versions, as text and as HTML, archived."""
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", "")
    link = f"https://docs.google.com/document/d/{demo.site.documents[0].id}/edit"
    demo.site.pages[SHEET_PAGE] = page({"1": [link]})
    for version, command in enumerate((["run"], ["run", "--reread"]), 1):
        edit(demo, version)
        assert run_command(command) == 0


def test_every_version_is_verified_healed_moved_restored_and_dropped(
    engine: Target,
    edited: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    stored = data / "archive"
    before = versions(engine)
    assert [(*key, *row[:2]) for key, row in before.items()] == [
        (kind, version, version == 2, True) for kind in KINDS for version in (1, 2)
    ]
    local = {key: data / row[2] for key, row in before.items()}
    held = {key: stored / row[3] for key, row in before.items()}

    flip(local["document", 1])  # comes back from the archive
    held["document_html", 1].unlink()  # is archived again
    flip(held["document", 2])  # its older version's object stays as it is
    for place in (local["document_html", 2], held["document_html", 2]):
        place.unlink()  # is fetched again
    capsys.readouterr()
    assert run_command(["verify", "--json"]) == 11
    said = json.loads(capsys.readouterr().out)
    assert said["report"]["places"] == {"file": 4, "object": 4}
    lost = [(i["place"], i["asset_kind"], i["version"], i["is_current"]) for i in said["dangling"]]
    assert sorted(lost) == [
        ("file", "document", 1, False),
        ("file", "document_html", 2, True),
        ("object", "document", 2, True),
        ("object", "document_html", 1, False),
        ("object", "document_html", 2, True),
    ]
    assert {key for key, row in versions(engine).items() if not row[1]} == {
        ("document", 2),
        ("document_html", 1),
        ("document_html", 2),
    }
    assert run_command(["run"]) == 0
    assert "Brought 1 lost files back" in capsys.readouterr().out
    assert rows_of(engine, CURRENT) == [(WORDS[2],)]
    after = versions(engine)
    assert {key: row[:3] for key, row in after.items()} == {k: row[:3] for k, row in before.items()}
    for (kind, version), row in after.items():
        assert (data / row[2]).read_text("utf-8-sig") == body(kind, version)
        assert (stored / row[3]).read_text("utf-8-sig") == body(kind, version)
    assert len({row[3] for row in after.values()}) == 4

    assert run_command(["store", "move", "--to", "kind", "--remove-old"]) == 0
    assert "Moved 4 objects" in capsys.readouterr().out
    moved = versions(engine)
    for (kind, version), row in moved.items():
        assert row[3].startswith("documents/")
        assert (stored / row[3]).read_text("utf-8-sig") == body(kind, version)
    assert not [path for path in (stored / "people").rglob("*") if path.is_file()]

    gone, out = moved["document", 1], tmp_path / "out"
    backup = (data / gone[2]).read_bytes()
    (data / gone[2]).unlink()
    (stored / gone[3]).unlink()
    assert run_command(["verify"]) == 11
    assert "version 1 of a document of row 1" in (words := capsys.readouterr().out)
    assert "from a backup: its source gives other content now" in words
    assert run_command(["restore", "--to", str(out)]) == 0
    assert "1 older versions are lost" in capsys.readouterr().out
    with (out / "restored.csv").open(encoding="utf-8", newline="") as file:
        restored = list(csv.DictReader(file))
    assert sorted((r["asset_type"], r["version"], r["is_current"]) for r in restored) == [
        ("document", "2", "true"),
        ("document_html", "1", "false"),
        ("document_html", "2", "true"),
    ]
    for line in restored:
        text = body(line["asset_type"], int(line["version"]))
        assert (out / line["path"]).read_text("utf-8-sig") == text

    monkeypatch.setenv("ROWKEEPER_UPLOAD_KEEP_LOCAL", "0")
    (data / gone[2]).write_bytes(backup)
    assert run_command(["verify", "--only", "files"]) == 11  # the object is not there yet
    assert run_command(["run"]) == 0
    assert "Removed 4 files that the archive has" in capsys.readouterr().out
    assert run_command(["verify"]) == 0
    assert "Read 0 files and 4 objects" in capsys.readouterr().out
