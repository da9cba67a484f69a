"""What a command comes to, as one JSON object; what it says while it works."""

import json
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.cli import run_command
from rowkeeper.workspace.build import BUILDING
from tests.fakes.internet import FakeInternet

pytestmark = pytest.mark.parametrize("engine", ["duckdb"], indirect=True)


def test_each_result_comes_as_json_and_quiet_says_nothing(
    internet: FakeInternet, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def answer(*words: str) -> Any:
        assert run_command([*words, "--json"]) == 0
        return json.loads(capfd.readouterr().out)

    assert run_command(["run"]) == 0
    assert capfd.readouterr().out.count(BUILDING) == 2  # what was loaded, what was fetched
    assert run_command(["run", "--quiet"]) == 0
    assert capfd.readouterr() == ("", "")
    assert answer("site")["changed"] == 0
    assert answer("retry")["failures"] == []  # what failed is gone for good
    assert answer("retry", "--reason", "permanent", "--dry-run")["failures"]
    moves = answer("store", "move", "--to", "row_name", "--dry-run")
    assert (moves["moved"], moves["failures"]) == (0, {})
    assert {"from", "to", "size_bytes", "assets"} == set(moves["planned"][0])
    assert answer("store", "adopt", "--dry-run")["adopted"] == 0
    names = [file["name"] for file in answer("migrate", "archive")]
    assert any(name.endswith("output_21col.csv") for name in names), names
    bag = answer("export", "bag", "--to", str(tmp_path / "bag"))
    assert bag["bag"] == str(tmp_path / "bag")
    captions = [path for path in bag["hashes"] if path.endswith(".vtt")]  # their words beside them
    assert len(bag["hashes"]) - len(captions) == bag["restored"] > 0
    assert answer("rebuild")["filled"]["events"] > 0
