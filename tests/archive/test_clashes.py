"""An event that gives an asset another owner stops each build; its line is named, and can go."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.archive.clashes import Identification, _found
from rowkeeper.cli import run_command
from rowkeeper.core.drain import drain
from rowkeeper.core.errors import BuildError
from rowkeeper.core.journal.journal import Journal, journal_dir
from rowkeeper.workspace.build import refresh
from rowkeeper.workspace.context import Context
from tests.helpers.events import event
from tests.helpers.warehouses import PENDING, events_for, rows_of

PEOPLE = "select row_id, name from people order by 1"


@pytest.mark.data_tests
@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_the_line_that_stops_each_build_is_named_and_can_be_taken_out(
    built: tuple[Context, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    context, _ = built
    folder = journal_dir(context.settings.data_dir)
    (asset, owner, *medium), other = rows_of(context.target, PENDING)[:2]
    right, wrong = events_for([(asset, owner, *medium)]), events_for([(asset, other[1], *medium)])
    with Journal(folder) as journal:
        journal.extend([*right, wrong[0]])
    drain(folder, context.target)
    with pytest.raises(BuildError, match=r"_has_one_identity.*: rowkeeper journal check names"):
        refresh(context)
    assert run_command(["journal", "check"]) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert f"line {len(right) + 1}: it says that asset {asset}" in said
    assert f"of row {other[1]}, and others say another" in said
    assert said.count("others say another") == 1

    (segment,) = [path for path in (folder / "sealed").iterdir() if str(path) in said]
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:-1]))
    Path(str(context.target.path)).rename(context.settings.data_dir / "aside.duckdb")
    assert run_command(["journal", "salvage"]) == 0
    assert run_command(["rebuild"]) == 0, capsys.readouterr().err
    assert run_command(["journal", "check"]) == 0
    assert len(rows_of(context.target, PEOPLE)) > 20


def test_an_id_within_details_is_not_that_of_the_line(tmp_path: Path) -> None:
    told = event(1)
    with Journal(tmp_path) as journal:
        journal.extend([replace(told, details={"event_id": "another"}), event(2)])
    mention = Identification(told.event_id, "a", "1", "drive", "m", "file")
    (finding,) = _found(tmp_path, {told.event_id.encode(): mention})
    assert finding.line == 1
