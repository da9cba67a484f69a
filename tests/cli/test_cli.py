"""The commands as a shell sees them: one line an error, an exit code by kind, a quick --help."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rowkeeper import cli
from rowkeeper.cli import COMMANDS, run_command
from rowkeeper.cli.doctor import _check
from rowkeeper.core.disk.locks import lock_path
from rowkeeper.core.errors import INTERRUPTED
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.journal.journal import Journal
from rowkeeper.core.said import shown
from tests.helpers.archives import context_at
from tests.helpers.events import SESSION

HEAVY = {"dlt", "dbt", "duckdb", "psycopg2", "yt_dlp", "botocore", "pyarrow", "pydantic", "rich"}
HELP = """
import sys
from rowkeeper.cli import run_command
code = run_command(["--help"])
print(code, *sorted(set(sys.modules) & set(sys.argv[1:])), file=sys.stderr)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("ROWKEEPER_", "DBT_", "DLT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ROWKEEPER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DBT_PROFILES_DIR", "")
    return tmp_path


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", HELP, *HEAVY], capture_output=True, text=True, check=True
    )
    assert asked.stderr.split() == ["0"]
    for name in COMMANDS:
        assert name in asked.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command([name, "--help"]) == 0
    assert "Usage: rowkeeper" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["fly"], 2, "No such command"),
        (["run", "--shet", "x"], 2, "--sheet"),
        (["run", "--target", "staging"], 2, "no target staging: choose one of dev, prod"),
        (["run", "--sheet", "no-such-sheet.html"], 3, "no-such-sheet.html can't be read"),
        (["run", "--legacy-csv", "no-such.csv"], 3, "no-such.csv can't be read"),
        (["status"], 4, "There is no catalogue"),
        (["run", "--target", "prod", "--sheet", "none.csv"], 4, "can't be reached"),
        (["run", "--store", "s3:/our-archive"], 2, "write s3://our-archive"),
        (["run", "--store", "s3//x"], 2, "write s3://x"),
        (["verify", "--store", "our-archive"], 2, "write s3://our-archive or gs://our-archive"),
        (["run"], 2, "no sheet and no CSV is named"),
        (["verify"], 4, "There is nothing in"),
        (["doctor", "--store", "ftp://x"], 1, ""),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.setenv("ROWKEEPER_PG_HOST", "127.0.0.1")
    monkeypatch.setenv("ROWKEEPER_PG_PORT", "9")
    monkeypatch.setenv("ROWKEEPER_PG_PASSWORD", "geheim")
    assert run_command(arguments) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err + printed.out
    assert "geheim" not in printed.err + printed.out
    if said:
        assert len(printed.err.splitlines()) == 1


def test_another_run_is_waited_for_by_hand(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "data").mkdir()
    with lock_path(place / "data" / "run.lock"):
        assert run_command(["run", "--sheet", "none.csv"]) == 8
    assert "Another rowkeeper run" in capsys.readouterr().err


def test_a_fault_of_ours_is_kept_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(cli, "cli", broken)
    assert run_command([]) == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    report = Path(said.rpartition("report ")[2].strip().rstrip("."))
    assert "ZeroDivisionError: a fault" in report.read_text("utf-8")
    report.unlink()


def test_doctor_checks_and_names_the_remedy(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["doctor", "--json"]) == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert set(checks) >= {"Python", "ffmpeg", "JavaScript runtime", "warehouse", "store", "sheet"}
    assert all(check["ok"] for check in checks.values())
    assert "ffmpeg version" in checks["ffmpeg"]["words"]
    assert "/.dlt: config.toml" in checks["project"]["words"]
    with Journal(place / "data" / "journal") as journal:
        journal.append(AssetEvent(event_type=EventType.SESSION_STARTED, session_id=SESSION))
    assert run_command(["journal", "check"]) == 3
    capsys.readouterr()
    assert run_command(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "warn journal: no event is lost, but" in said
    assert "format.json: it is missing" in said
    in_the_way = place / "file"
    in_the_way.touch()
    assert run_command(["doctor", "--store", in_the_way.as_uri(), "--sheet", "none.html"]) == 1
    said = capsys.readouterr().out
    assert "FAIL store" in said
    assert "FAIL sheet: The sheet file none.html can't be read" in said


def test_doctor_says_of_a_full_disk_that_it_is_full(tmp_path: Path) -> None:
    def look(_: object) -> str:
        raise OSError(28, "No space left on device", "/data/x")

    check = _check("project", look, context_at(tmp_path))
    assert not check.ok
    assert "free space on it" in check.words
    assert "environment" not in check.words


def test_hostile_text_can_not_steer_the_terminal() -> None:
    assert shown("a\x1b[2Jb\r\nc\x00\u202e") == "a [2Jb c"


INTERRUPTIBLE = """
import time, click
from rowkeeper import cli
from rowkeeper.core.pool import Stop, run_bounded

def work(_):
    print("ready", flush=True)
    time.sleep(60)

@click.command()
def slow():
    run_bounded(work, {"": [1]}, 1, Stop(), "slow")

cli.LazyGroup.get_command = lambda *_: slow
import sys
sys.argv = ["rowkeeper", "slow"]
cli.main()
"""


def test_a_second_interrupt_quits_at_once() -> None:
    running = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    assert running.stderr is not None
    assert running.stdout.readline() == "ready\n"
    running.send_signal(signal.SIGINT)
    assert "Ctrl-C again" in running.stderr.readline()
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(0.5)  # the thread is still in flight
    running.send_signal(signal.SIGINT)
    assert running.wait(50) == INTERRUPTED
    running.communicate()
