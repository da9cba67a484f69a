"""Each run is told in ``runs``: what it did, that nothing was to do, how it failed or ended."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core import run_reports
from rowkeeper.core.drain import drain
from rowkeeper.core.errors import INTERRUPTED, BuildError, WarehouseError
from rowkeeper.core.journal.journal import journal_dir
from rowkeeper.core.progress import Reporter
from rowkeeper.core.run_reports import note_report
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.run.round import told_to_readers
from rowkeeper.workspace.build import build
from rowkeeper.workspace.context import Context
from rowkeeper.workspace.run_log import RunLog, recorded
from tests.helpers.archives import Quiet, context_at
from tests.helpers.warehouses import dbt, in_order

RUNS = "select outcome, exit_code from {schema}.runs where kind = 'run' order by started_at"
LOADS = "select run_id is null, ended_at >= started_at from {schema}.runs where kind = 'load'"
BUILDS = "select build from raw.rowkeeper_builds"
KILLED = """
import os, signal
from loaders import pipeline
pipeline.add_snapshot = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
from rowkeeper.cli import run_command
from rowkeeper.core import run_reports
run_command(["run"])
"""


def status(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert run_command(["status", "--json"]) == 0
    (last, *_) = json.loads(capsys.readouterr().out)["runs"]
    return {name: last[name] for name in ("outcome", "exit_code", "next_step", "rows_loaded")}


def test_each_run_is_told(
    engine: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("#,Name\n1,Anna\n2,Ben\n", "utf-8")
    monkeypatch.setenv("ROWKEEPER_SHEET_SOURCE", str(sheet))
    assert run_command(["run"]) == 0
    assert status(capsys)["outcome"] == "succeeded"
    made = in_order(engine, BUILDS)
    assert run_command(["run"]) == 0
    assert in_order(engine, RUNS) == [("succeeded", 0), ("nothing_new", 0)]
    assert in_order(engine, LOADS) == [(False, True)]
    assert in_order(engine, BUILDS) == made, "a run with nothing to do builds nothing"
    nothing = {"outcome": "nothing_new", "exit_code": 0, "next_step": None, "rows_loaded": 0}
    assert status(capsys) == nothing

    sheet.write_text("#,Name\n1,Anna\n", "utf-8")
    assert run_command(["run"]) == 3
    home = " ".join((tmp_path / "data/site/index.html").read_text("utf-8").split())
    assert "failed with 3: " in home
    assert "lacks 1 of 2 people" in home, "the pages say what failed last night"
    assert run_command(["status"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "failed with 3: " in shown
    assert "pages for readers are older" not in shown
    assert "lacks 1 of 2 people" in shown
    sheet.write_text("#,Name\n1,Anna\n2,Ben\n3,Cleo\n", "utf-8")
    subprocess.run([sys.executable, "-c", KILLED], env=os.environ, check=False)
    drain(tmp_path / "data" / "journal", engine)
    assert in_order(engine, RUNS)[2:] == [("failed", 3), ("not_ended", None)]
    assert "killed" in str(status(capsys)["next_step"])
    assert run_command(["status"]) == 0
    assert "The pages for readers are older: " in " ".join(capsys.readouterr().out.split())

    load = [str(Path(sys.executable).parent / "dlt"), "pipeline", "run"]
    subprocess.run(load, env=os.environ, check=True)
    assert in_order(engine, RUNS)[4:] == [("succeeded", 0)]
    assert in_order(engine, LOADS) == [(False, True), (False, True)]
    fresh = dbt("source", "freshness", "--select", "source:raw.run_reports")
    assert fresh.returncode == 0, fresh.stdout
    assert "1 of 1 PASS freshness of raw.run_reports" in fresh.stdout
    with connect(engine) as warehouse:
        warehouse.execute("update raw.run_reports set reported_at = timestamptz '2020-01-01'")
    assert "WARN" in dbt("source", "freshness", "--select", "source:raw.run_reports").stdout
    with connect(engine) as warehouse:
        warehouse.execute("delete from raw.run_reports")
    drain(tmp_path / "data" / "journal", engine)
    assert len(in_order(engine, RUNS)) == 5, "the journal has them"


def _end_badly(log: RunLog) -> None:
    log.end()
    log.end()
    raise BuildError("see https://x.example/?token=abcdefgh")


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_an_end_is_told_once_and_a_worse_one_again(engine: Target, tmp_path: Path) -> None:
    context = Context(load_settings({}), engine)
    with pytest.raises(BuildError), recorded(context) as log:
        _end_badly(log)
    with pytest.raises(KeyboardInterrupt), recorded(context):
        raise KeyboardInterrupt
    folder = journal_dir(context.settings.data_dir)
    with (folder / "runs.jsonl").open("ab") as file:
        file.write(b'{"half')
    drain(folder, engine)
    build(context)
    ends = in_order(engine, RUNS)
    assert ends == [("failed", 6), ("interrupted", INTERRUPTED)]
    reports = in_order(engine, "select message from raw.run_reports where exit_code = 6")
    assert "abcdefgh" not in str(reports)
    with recorded(context):
        pass
    assert len(in_order(engine, RUNS)) == 3, "what a killed writer left half is in nobody's way"
    assert len((folder / "runs.jsonl").read_text().splitlines()) == 7


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
@pytest.mark.parametrize(("exit_code", "counts"), [(2**31 - 1, 1), (2**31, 0), (-(2**40), 0)])
def test_an_exit_code_that_no_table_takes_is_in_no_report(
    engine: Target, tmp_path: Path, exit_code: int, counts: int
) -> None:
    folder = journal_dir(tmp_path)
    (folder / "sealed").mkdir(parents=True)
    names = ("report_id", "run_id", "said", "command", "target", "folder_id")
    report = {**dict.fromkeys(names, "x"), "reported_at": "2026-01-01T00:00:00Z"}
    note_report(folder, {**report, "exit_code": exit_code})
    drain(folder, engine)
    assert in_order(engine, "select count(*) from raw.run_reports") == [(counts,)]


@pytest.mark.parametrize(
    ("error", "readers_are_shown"),
    [(BuildError("the first"), 1), (WarehouseError("down"), 0), (KeyboardInterrupt(), 0)],
)
def test_what_goes_wrong_with_the_pages_hides_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, readers_are_shown: int
) -> None:
    """Where the warehouse is down, or somebody interrupts, a run ends at once."""
    asked: list[Context] = []

    def show(context: Context, _: Reporter) -> None:
        asked.append(context)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rowkeeper.run.round._show_readers", show)
    with pytest.raises(type(error)) as raised, told_to_readers(context_at(tmp_path), Quiet()):
        raise error
    assert raised.value is error
    assert len(asked) == readers_are_shown


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_delivery_reads_the_end_of_the_reports_until_it_knows_one(
    engine: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file grows for ever; what a warehouse lacks is at its end, however much that is."""
    monkeypatch.setattr(run_reports, "TAIL_BYTES", 1000)
    folder = journal_dir(tmp_path / "data")
    context = Context(load_settings({}), engine)
    count_reports = "select count(*), count(distinct report_id) from raw.run_reports"
    for runs in (1, 40, 2):
        for _ in range(runs):
            RunLog(context).begin()
        drain(folder, engine)
    assert in_order(engine, count_reports) == [(43, 43)]
    written = (folder / "runs.jsonl").read_bytes()
    (folder / "runs.jsonl").write_bytes(b"x" * (len(written) - 900) + written[-900:])
    RunLog(context).begin()
    drain(folder, engine)
    assert in_order(engine, count_reports) == [(44, 44)]
