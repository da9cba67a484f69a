"""``rowkeeper verify`` finds what is not as it was recorded, and the next run repairs it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.workspace import dbt_project
from tests.fakes.internet import FakeInternet
from tests.fakes.site import DriveFile
from tests.helpers.warehouses import states

LOST = """
select place, path, error_code, next_step from {schema}.fixity where status = 'lost' order by 1, 2
"""


def last_line(text: str) -> str:
    return text.splitlines(keepends=True)[-1]


def flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[3] ^= 1
    path.write_bytes(body)


def harm(data: Path, archive: Path, file: list[Path], stored: list[Path]) -> None:
    """Each kind of damage once, and something that nobody has in either place."""
    flip(file[0])
    file[1].unlink()
    stored[2].write_bytes(stored[2].read_bytes()[:-2])
    stored[3].write_bytes(stored[4].read_bytes())
    flip(file[5])
    stored[5].unlink()
    (archive / "stray.bin").write_bytes(b"?")
    (data / "files" / "stray.bin").write_bytes(b"??")


def assert_reported(answer: dict[str, Any]) -> None:
    lost = {(item["place"], item["error_code"]): item["next_step"] for item in answer["dangling"]}
    assert answer["sound"] is False
    assert answer["report"]["places"] == {"file": 6, "object": 6}
    assert {code for _, code in lost} == {
        *("file_changed", "file_missing"),
        *("object_truncated", "object_swapped", "object_missing"),
    }
    assert lost["file", "file_missing"].endswith("brings it back from the archive")
    assert lost["object", "object_swapped"].endswith("archives the file again")
    assert lost["object", "object_missing"].endswith("fetches it again and archives it")
    assert [(item["place"], item["reason"]) for item in answer["orphans"]] == [
        ("file", "no asset has it"),
        ("object", "no asset has it"),
    ]


def test_what_is_lost_is_found_and_healed(
    engine: Target,
    internet: FakeInternet,
    files: list[DriveFile],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    data, archive = tmp_path / "data", tmp_path / "data" / "archive"
    assert run_command(["run"]) == 0, capsys.readouterr().err
    before = states(engine)
    file = [data / before[item.id][0] for item in files]
    stored = [archive / before[item.id][1] for item in files]

    harm(data, archive, file, stored)
    archive.rename(tmp_path / "unmounted")
    capsys.readouterr()
    assert run_command(["verify"]) == 5
    assert "mount the folder" in last_line(capsys.readouterr().err)
    (tmp_path / "unmounted").rename(archive)
    assert run_command(["verify", "--json"]) == 11
    said = capsys.readouterr()
    assert re.match(r"7 copies are lost: see what .* the table fixity\.\n$", last_line(said.err))
    answer = json.loads(said.out)
    assert_reported(answer)
    after = states(engine)
    assert after[files[0].id][:2] == (None, before[files[0].id][1])
    assert after[files[3].id][:4] == (before[files[3].id][0], None, "downloaded", "pending")
    assert after[files[5].id][2:4] == ("pending", None)
    assert after[files[4].id] == before[files[4].id]

    asked = len(internet.requests)
    assert run_command(["run"]) == 0, capsys.readouterr().err
    assert "Brought 3 lost files back" in capsys.readouterr().out
    assert len(internet.requests) == asked + 2  # the sheet, and the file that is nowhere
    assert states(engine) == before
    for item, local, kept in zip(files, file, stored, strict=True):
        assert local.read_bytes() == kept.read_bytes() == item.body
    assert run_command(["verify", "--older-than", "0"]) == 0
    said = capsys.readouterr()
    assert "Read 6 files and 6 objects" in said.out
    assert said.out.count("set aside as damaged") == 3  # a fetched file takes the place of its own
    with connect(engine) as warehouse:
        assert warehouse.query(LOST.format(schema=engine.schema)) == []


def test_nothing_is_built_unless_something_is_found(
    engine: Target,
    internet: FakeInternet,
    files: list[DriveFile],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert run_command(["run"]) == 0, capsys.readouterr().err
    file = tmp_path / "data" / states(engine)[files[0].id][0]
    builds: list[str] = []
    invoke = dbt_project.invoke

    def counting(context: Any, command: str, *given: Any, **named: Any) -> Any:
        builds.append(command)
        return invoke(context, command, *given, **named)

    def verified(*options: str) -> int:
        builds.clear()
        return run_command(["verify", *options])

    monkeypatch.setattr(dbt_project, "invoke", counting)
    assert verified("--sample", "10%") == 0
    assert verified() == 0
    assert builds == []
    assert verified("--older-than", "1") == 12  # it is known all the same when each was read
    whole = file.read_bytes()
    flip(file)
    with monkeypatch.context() as killed:
        killed.setattr("rowkeeper.workspace.build.refresh", interrupted)
        assert verified("--only", "files") == 130
    assert verified("--only", "objects") == 11  # what a killed one found is told by the next
    assert builds == ["build"]
    assert verified("--only", "objects") == 11
    assert builds == []
    file.write_bytes(whole)
    assert verified("--only", "files") == 0
    assert builds == ["build"]
    with connect(engine) as warehouse:
        assert warehouse.query(LOST.format(schema=engine.schema)) == []


def interrupted(*_: Any) -> None:
    """Stands for a build that is ended by Ctrl-C."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_before_the_first_run_there_is_nothing_to_verify(
    engine: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["verify"]) == 4
    assert "run rowkeeper run" in capsys.readouterr().err
