"""No command asks anybody but whom the settings name, whatever folder it is called from."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RECORDER = """
import os, sys
def record(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        with open(os.environ["LOOKUPS"], "a") as file:
            print(event, arguments, file=file)
sys.addaudithook(record)
"""
PLANTED = """
[runtime]
dlthub_telemetry = true
dlthub_telemetry_endpoint = "http://planted.example/telemetry"
dlthub_dsn = "http://planted.example/dsn"
sentry_dsn = "https://key@planted.example/1"
slack_incoming_hook = "http://planted.example/slack"
[load]
raise_on_failed_jobs = false
[destination.duckdb]
credentials = "planted.duckdb"
"""
SHEET = "row_id,name,email,type\n1,Ann Ash,ann@example.org,FF\n2,Bob Bay,bob@example.org,MM\n"
COMMANDS = [
    "init --sheet people.csv --dry-run",
    "run --mode text",
    "retry",
    "status --people",
    "export csv --generation 21 --output out.csv",
    "export bag --to bag",
    "migrate status",
    "providers",
    "reconcile",
    "verify",
    "store move --to row --dry-run",
    "restore --to restored",
    "rebuild",
    "journal check",
    "person 1",
    "read-words",
    "search Ann",
    "site",
    "url 1 --plain",
    "doctor",
]
EACH = """
from rowkeeper.cli import COMMANDS, run_command
import sys
commands = [line.split() for line in sys.argv[1].splitlines()]
assert {words[0] for words in commands} == set(COMMANDS) - {"serve"}  # which does not end
print([run_command(words) for words in commands])
"""


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder and a home with settings of dlt's in which somebody wants to be told all."""
    for name in list(os.environ):
        if name.startswith(("ROWKEEPER_", "DBT_", "DLT_", "DO_NOT_TRACK", "RUNTIME_")):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    for path in (folder / ".dlt" / "config.toml", folder / ".dlt" / "secrets.toml"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PLANTED, "utf-8")
    (folder / "people.csv").write_text(SHEET, "utf-8")
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(RECORDER, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(hook))
    monkeypatch.setenv("LOOKUPS", str(tmp_path / "lookups"))
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ROWKEEPER_DISK_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("ROWKEEPER_SHEET_SOURCE", str(folder / "people.csv"))
    return folder


def call(folder: Path, *command: str) -> str:
    """What it printed."""
    place = Path(sys.executable).parent
    done = subprocess.run(
        [str(place / command[0]), *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr + done.stdout


def lookups(folder: Path) -> str:
    path = folder.parent / "lookups"
    return path.read_text("utf-8") if path.exists() else ""


def test_no_command_looks_up_a_host_from_a_folder_with_planted_settings(planted: Path) -> None:
    codes = call(planted, "python", "-c", EACH, "\n".join(COMMANDS)).splitlines()[-1]
    assert codes.startswith("[0, ")
    assert " 1," not in codes  # none ended in a fault
    assert "rows, unchanged" in call(planted, "dlt", "pipeline", "run")
    assert "does not have last run trace" in call(planted, "dlt", "pipeline", "rowkeeper", "info")
    assert "DISABLED" in call(planted, "dlt", "telemetry")
    assert not lookups(planted)
    assert not list(planted.parent.rglob("trace.pickle"))
    assert not list(planted.parent.rglob("planted.duckdb"))


@pytest.mark.parametrize("command", ["debug", "build", "parse", "list"])
def test_dbt_looks_up_no_host_where_it_finds_no_project(planted: Path, command: str) -> None:
    (planted / ".dbt").mkdir()  # without it dbt ends before it begins
    assert call(planted, "dbt", command)
    assert not lookups(planted)


def test_a_lookup_would_be_seen(planted: Path) -> None:
    call(planted, "python", "-c", "import socket; socket.getaddrinfo('127.0.0.1', 9)")
    assert "socket.getaddrinfo" in lookups(planted)


def test_a_planted_trace_is_removed_unread(planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(planted, "dlt", "pipeline", "run")
    (folder,) = (planted.parent / "data" / "dlt").rglob("pipelines/rowkeeper")
    hostile = b"cos\nsystem\n(S'touch unpickled'\ntR."
    for where in (None, str(folder.parents[1])):
        if where:
            monkeypatch.setenv("DLT_DATA_DIR", where)
        (folder / "trace.pickle").write_bytes(hostile)
        call(planted, "dlt", "pipeline", "rowkeeper", "info")
        assert not (planted / "unpickled").exists()
