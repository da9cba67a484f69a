"""What stops a command from outside, in each phase: the disk, Ctrl-C, a cut connection.

One sentence, the exit code of its kind and no leftovers, and the next run goes on.
"""

import errno
import os
import shutil
import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dlt
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

import loaders.pipeline
import rowkeeper.workspace.build
import rowkeeper.workspace.dbt_project
from rowkeeper import cli
from rowkeeper.cli import run_command
from rowkeeper.core.errors import INTERRUPTED, BuildError, DiskError, RowkeeperError, WarehouseError
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target
from rowkeeper.migration.export import export
from rowkeeper.workspace.build import _refusal
from rowkeeper.workspace.context import Context
from tests.fakes.disk import FaultyDisk
from tests.helpers.warehouses import rows_of

SHEET = "row_id,name,email,type\n1,Ann Ash,ann@example.org,FF\n"
RIGHTS = "make it writable"
FAULTS = {
    "full": ("write", errno.ENOSPC, "free space"),
    "full of names": ("change", errno.EDQUOT, "free space"),
    "read-only": ("change", errno.EROFS, RIGHTS),
    "not ours": ("change", errno.EACCES, RIGHTS),
}
"""Fault -> call, errno, remedy."""
DISKS = {
    "ingest": ("dlt", ["run"]),
    "kept loads": ("journal/loads", ["run"]),
    "journal": ("journal", ["migrate", "accept", "sheet:1", "--as", "1"]),
    "publish": ("published", ["run"]),
    "legacy CSV": ("legacy", ["run"]),
    "rollback": ("elsewhere", ["migrate", "rollback", "{data}/elsewhere/output.csv"]),
    "differences": ("elsewhere", ["reconcile", "--differences", "{data}/elsewhere/found.csv"]),
    "export": ("elsewhere", ["export", "csv", "--output", "{data}/elsewhere/output.csv"]),
    "bag": ("elsewhere", ["export", "bag", "--to", "{data}/elsewhere/bag"]),
    "restore": ("elsewhere", ["restore", "--to", "{data}/elsewhere/restored"]),
}
"""Phase -> the folder of the data folder whose disk fails, and the command."""


class Sheet:
    """A sheet that grows by a person whenever something shall be loaded."""

    def __init__(self, path: Path) -> None:
        self.path, self.people = path, 1
        path.write_text(SHEET, "utf-8")

    def grow(self) -> None:
        self.people += 1
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{self.people},Bob {self.people},b{self.people}@example.org,MM\n")


@pytest.fixture
def sheet(ready: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sheet:
    """A data folder after a first run."""
    written = Sheet(tmp_path / "people.csv")
    monkeypatch.setenv("ROWKEEPER_SHEET_SOURCE", str(written.path))
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_DUAL_WRITE", "1")
    monkeypatch.setattr(cli, "_interrupts", [])
    assert run_command(["run", "--mode", "basic"]) == 0
    (tmp_path / "data" / "elsewhere").mkdir()
    return written


def no_build(*_: object) -> list[Any]:
    return []


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_what_the_disk_refuses_is_code_9_in_each_phase(
    sheet: Sheet, engine: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    for phase, (folder, command) in DISKS.items():
        for fault, (call, number, remedy) in FAULTS.items():
            sheet.grow()
            capsys.readouterr()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(rowkeeper.workspace.build, "refresh", no_build)
                FaultyDisk(data / folder, fails={call: number}).install(patch)
                code = run_command([part.format(data=data) for part in command])
            said = capsys.readouterr().err
            assert (phase, fault, code) == (phase, fault, DiskError.exit_code), said
            assert remedy in said, (phase, fault, said)
            assert len(said.splitlines()) == 1, (phase, fault, said)
            assert not list(data.rglob("published/*.part")), (phase, fault)
    sheet.grow()
    assert run_command(["run", "--mode", "basic"]) == 0
    assert rows_of(engine, "select count(*) from {schema}.people") == [(sheet.people,)]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
@pytest.mark.parametrize("fault", ["full", "not ours"])
def test_the_disk_of_dbts_folder(
    engine: Target, tmp_path: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call, number, remedy = FAULTS[fault]
    sheet = Sheet(tmp_path / "people.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rowkeeper.workspace.dbt_project, "_parsed", {})
        FaultyDisk(tmp_path / "data" / "dbt", fails={call: number}).install(patch)
        code = run_command(["run", "--mode", "basic", "--sheet", str(sheet.path)])
    said = capsys.readouterr().err
    assert code == DiskError.exit_code, said
    assert remedy in said


BY_PYTHON = "Runtime Error: [Errno 28] No space left on device: '/data/dbt/target/manifest.json'"
OF_A_SHARE = [
    f'IO Error: Could not write file "/data/rowkeeper.duckdb": {said}'
    for said in (
        "Stale file handle",
        "Input/output error",
        "Transport endpoint is not connected",
        "File too large",
        "Host is down",
    )
]
BY_SERVER = "Database Error: could not extend file base/16385/1: No space left on device"
IN_THE_WAY = (
    'Database Error: "people" must change, and what is not of rowkeeper depends on it: view x. '
    "Nothing was dropped: take that away, build, then make it anew."
)
CUT = "Database Error: server closed the connection unexpectedly"


@pytest.mark.parametrize(
    ("engine_type", "status", "message", "kind"),
    [
        ("duckdb", "error", "IO Error: Could not write file: No space left on device", DiskError),
        *(("duckdb", "error", said, DiskError) for said in OF_A_SHARE),
        ("duckdb", "error", "Runtime Error: the request timed out", WarehouseError),  # a server's
        ("postgres", "error", OF_A_SHARE[0], WarehouseError),
        ("duckdb", "error", BY_PYTHON, DiskError),
        ("postgres", "error", BY_PYTHON, DiskError),
        ("postgres", "error", BY_SERVER, WarehouseError),  # the server's disk is not ours
        ("postgres", "error", CUT, WarehouseError),
        ("postgres", "error", IN_THE_WAY, WarehouseError),
        ("postgres", "runtime error", "SSL connection has been closed", WarehouseError),
        ("duckdb", "fail", "Got 1 result, configured to fail if != 0", BuildError),
        ("postgres", "fail", "Got 1 result, configured to fail if != 0", BuildError),
    ],
)
def test_what_stops_a_build_has_the_code_of_its_kind(
    tmp_path: Path, engine_type: str, status: str, message: str, kind: type[RowkeeperError]
) -> None:
    target = Target(name="x", type=engine_type, path=str(tmp_path / "x.duckdb"))
    context = Context(load_settings({"data_dir": str(tmp_path)}), target)
    stopped = SimpleNamespace(status=status, message=message, node=SimpleNamespace(name="people"))
    skipped = SimpleNamespace(status="skipped", message="", node=SimpleNamespace(name="assets"))
    assert type(_refusal(context, [skipped, stopped], None, tmp_path)) is kind
    if status == "error":
        assert type(_refusal(context, [], RuntimeError(message), tmp_path)) is kind
    assert isinstance(_refusal(context, [], KeyboardInterrupt(), tmp_path), KeyboardInterrupt)


class Interrupt:
    """Ctrl-C, as a terminal sends it, once: a second one ends the process."""

    def __init__(self) -> None:
        self._first = threading.Lock()

    def __call__(self, *_: Any, **__: Any) -> None:
        if self._first.acquire(blocking=False):
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)  # where the signal is taken
        raise RuntimeError("a thread that was left")


PHASES: dict[str, tuple[Any, str]] = {
    "reading": (loaders.pipeline, "_read"),
    "loading": (dlt.Pipeline, "normalize"),
    "building": (DuckDBConnectionManager, "add_query"),
    "publishing": (shutil, "copyfile"),
    "writing the CSV": (export, "write_keeping"),
}
"""Phase -> a call within it, ours or that of a tool."""


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_ctrl_c_is_130_in_each_phase(
    sheet: Sheet, engine: Target, capfd: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT)
    for phase, (module, name) in PHASES.items():
        sheet.grow()
        capfd.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cli, "_interrupts", [])
            if phase != "building":
                patch.setattr(rowkeeper.workspace.build, "refresh", no_build)
            patch.setattr(module, name, Interrupt())
            signal.signal(signal.SIGINT, cli._interrupted)
            try:
                code = run_command(["run", "--mode", "basic"])
            finally:
                signal.signal(signal.SIGINT, before)
        said = capfd.readouterr().err
        assert (phase, code) == (phase, INTERRUPTED), said
        assert said.splitlines()[-1] == cli.ENDED, (phase, said)
    assert run_command(["run", "--mode", "basic"]) == 0
    assert rows_of(engine, "select count(*) from {schema}.people") == [(sheet.people,)]


def test_what_a_tool_makes_of_ctrl_c_is_no_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a tool's words")

    monkeypatch.setattr(cli, "cli", broken)
    monkeypatch.setattr(cli, "_interrupts", [signal.SIGINT])
    assert run_command([]) == INTERRUPTED
    assert capsys.readouterr().err == f"{cli.ENDED}\n"
