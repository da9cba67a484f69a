"""What a run leaves for monitoring: whole, for the exporter to read, and no word of anybody."""

import os
import re
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from rowkeeper.catalogue.publish import Catalog
from rowkeeper.core.errors import BusyError, RowkeeperError, StoreError
from rowkeeper.core.progress import Display
from rowkeeper.core.project import CHECKOUT
from rowkeeper.run.metrics import HELP, PREFIX, STATES, catalog_values, measured, metrics_text
from rowkeeper.workspace.context import Context
from tests.helpers.archives import context_at

LINE = re.compile(
    r'(?:# (?:HELP|TYPE) .+|[a-z_]+(?:\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="[^"]*")*\})?'
    r" -?[\d.]+(?:e\+\d+)?)"
)
"""A line of the text format."""


class Told:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def display(self, title: str) -> AbstractContextManager[Display]:
        raise NotImplementedError


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return context_at(tmp_path, monitoring__metrics_file=str(tmp_path / "textfiles" / "m.prom"))


def values(path: Path) -> dict[str, float]:
    """The metrics without labels, by name without prefix."""
    lines = path.read_text("utf-8").splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    pairs = (line.removeprefix(PREFIX).split(" ") for line in lines if line[0] != "#")
    return {name: float(value) for name, value in pairs}


@pytest.mark.parametrize("said", ["1.2.3", "..", "9" * 400, "", "1e9", "\0"])
def test_a_file_of_metrics_that_says_no_time_knows_of_no_success(
    said: str, context: Context, tmp_path: Path
) -> None:
    path = tmp_path / "textfiles" / "m.prom"
    path.parent.mkdir()
    path.write_text(f"{PREFIX}last_success_timestamp_seconds {said}\n")
    with pytest.raises(BusyError), measured(context, Told()):
        raise BusyError("busy")
    assert "last_success_timestamp_seconds" not in values(path)


def test_each_end_of_a_run_is_told_and_the_last_success_stays(
    context: Context, tmp_path: Path
) -> None:
    path = tmp_path / "textfiles" / "m.prom"
    before = os.umask(0o077)
    try:
        with measured(context, Told()):
            pass
    finally:
        os.umask(before)
    well = values(path)
    assert well["last_run_exit_code"] == 0
    assert well["last_success_timestamp_seconds"] == well["last_run_timestamp_seconds"]
    assert path.stat().st_mode & 0o777 == 0o644
    ends: list[tuple[BaseException, int]] = [
        (StoreError("https://key:secret@store"), 5),
        (BusyError("busy"), 8),
        (ZeroDivisionError(), 1),
        (KeyboardInterrupt(), 130),
        (OSError(28, "No space left on device"), 9),
    ]
    for error, code in ends:
        with pytest.raises(type(error)), measured(context, Told()):
            raise error
        metrics = values(path)
        assert metrics["last_run_exit_code"] == code
        assert metrics["last_success_timestamp_seconds"] == pytest.approx(
            well["last_success_timestamp_seconds"], abs=0.01
        )
        assert "secret" not in path.read_text("utf-8")
    assert [below.name for below in path.parent.iterdir()] == ["m.prom"]


def test_where_they_can_not_be_written_the_run_says_so_and_stands(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    context = context_at(tmp_path, monitoring__metrics_file=str(tmp_path / "file" / "m.prom"))
    terminal = Told()
    with measured(context, terminal):
        pass
    assert len(terminal.lines) == 1
    assert terminal.lines[0].startswith("The metrics were not written: ")
    with pytest.raises(RowkeeperError, match="the run's own"), measured(context, terminal):
        raise RowkeeperError("the run's own")


def test_without_a_place_nothing_is_written(tmp_path: Path) -> None:
    with measured(context_at(tmp_path), Told()):
        pass
    assert not list(tmp_path.rglob("*.prom"))


def test_what_there_is_is_counted_without_a_name() -> None:
    person = {"row_id": "7", "name": "Ann Ash", "email": "ann@example.org"}
    failed = {"verdict": "needs_person", "original_url": "https://x.example", "name": "Ann Ash"}
    text = metrics_text(
        catalog_values(
            Catalog(
                people=[person],
                assets=[{"asset_type": 'a"b\n', **dict.fromkeys(STATES, 2)}],
                failures=[failed, failed, {**failed, "verdict": "retry"}],
                unsupported_links=[],
                proof=[{"incomplete_lists": None}],
                incomplete_lists=[],
                sessions=[],
                runs=[],
                quarantine=[
                    {"rows": 1, "to_mend": 0, "reason": "header row"},
                    {"rows": 3, "to_mend": 3, "reason": "no row id"},
                ],
                notices=[],
            )
        )
    )
    lines = text.splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    assert "rowkeeper_people 1" in lines
    assert 'rowkeeper_failures{verdict="needs_person"} 2' in lines
    assert "rowkeeper_quarantined_rows 3" in lines
    assert 'rowkeeper_assets{asset_type="a\\"b\\n",state="archived"} 2' in lines
    assert "Ann" not in text
    assert "example" not in text


def test_the_page_names_each_metric_and_no_other() -> None:
    page = (CHECKOUT / "docs" / "operations.md").read_text("utf-8")
    assert re.findall(rf"^\| `{PREFIX}(\w+)` \|", page, re.MULTILINE) == list(HELP)
    used = set(re.findall(rf"{PREFIX}(\w+)", page.partition("```yaml")[2]))
    assert used
    assert used <= set(HELP)


def test_the_page_tells_each_exit_code_and_cron_has_its_five_fields() -> None:
    page = (CHECKOUT / "docs" / "operations.md").read_text("utf-8")
    codes = re.findall(r"^\| ([\d, ]+) \|", page, re.MULTILINE)
    codes_told = sorted(int(code) for row in codes for code in row.split(", "))
    settings = (CHECKOUT / "docs" / "settings.md").read_text("utf-8")
    assert codes_told == sorted(
        int(code) for code in re.findall(r"^\| (\d+) \|", settings, re.MULTILINE)
    )
    lines = page.partition("```cron\n")[2].partition("```")[0].splitlines()
    assert len(lines) == 2
    for line in lines:
        assert re.match(r"(?:\d+|\*)(?: (?:\d+|\*)){4} cd /", line)
        assert not re.search(r"(?<!\\)%", line)
