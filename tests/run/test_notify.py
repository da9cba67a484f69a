"""Somebody is told what newly needs them, once, and never else; by addresses that nobody sees."""

import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core.errors import (
    BusyError,
    RowkeeperError,
    SourceUnavailableError,
    StoreError,
    UsageError,
)
from rowkeeper.core.warehouse import Target, connect
from rowkeeper.run import notify
from rowkeeper.run.notify import NAME, notified
from rowkeeper.workspace.context import Context
from tests.helpers.archives import Quiet, context_at

SECRET = "t0p-5ecret-hook"
TABLES = """
create table {schema}.person_content (row_id text);
create table {schema}.failures (
    failure_key text, error_code text, asset_type text, provider text, verdict text
);
create table {schema}.quarantine (row_key text, needs_mending boolean)
"""
PRIVATE = ("a", "private", "drive_file", "drive", "needs_person")
GONE = ("b", "not_found", "youtube_video", "youtube", "permanent")
OTHER = ("c", "unsupported_link", None, "odysee", "needs_person")
LOCKED = ("d", "private", "drive_file", "drive", "needs_person")


class Service:
    """A webhook on loopback. ``answers``: the status with which it answers."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.answers = 200
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert SECRET in self.path
                if service.answers == 200:
                    service.told.append(json.loads(body))
                self.send_response(service.answers)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"json://127.0.0.1:{self._server.server_address[1]}/{SECRET}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()
    yield found
    found.close()


@pytest.fixture
def context(tmp_path: Path, service: Service) -> Context:
    (tmp_path / "data").mkdir()
    found = context_at(tmp_path, monitoring__notify=service.url)
    with connect(found.target) as warehouse:
        for statement in TABLES.split(";"):
            warehouse.execute(statement)
    return found


def stands(context: Context, *failures: tuple[str | None, ...], rows: int = 0) -> None:
    """What the tables say after a night's build."""
    with connect(context.target) as warehouse:
        warehouse.execute("delete from {schema}.failures")
        warehouse.execute("delete from {schema}.quarantine")
        for failure in failures:
            warehouse.execute("insert into {schema}.failures values (?, ?, ?, ?, ?)", failure)
        for row in range(rows):
            warehouse.execute("insert into {schema}.quarantine values (?, true)", [str(row)])


def night(context: Context, error: RowkeeperError | None = None) -> list[str]:
    """What a run says of its notices; ``error``: it ends so."""
    told = Quiet()
    if error is None:
        with notified(context, told):
            pass
    else:
        with pytest.raises(type(error)), notified(context, told):
            raise error
    return told.lines


def test_a_week_tells_what_is_new_and_never_else(context: Context, service: Service) -> None:
    def told() -> list[str]:
        found = [f"{one['title']}\n{one['message']}" for one in service.told]
        service.told.clear()
        return found

    stands(context, GONE)
    assert night(context) == []
    assert told() == []  # nobody can do anything about it
    stands(context, GONE, PRIVATE, OTHER)
    night(context)
    (first,) = told()
    assert first.startswith("rowkeeper: 2 things need somebody\n")
    assert "drive_file: private" in first
    assert "odysee: unsupported_link" in first
    assert "rowkeeper status --target" in first
    night(context)
    night(context, BusyError("x"))
    night(context, SourceUnavailableError("x"))
    assert told() == []
    stands(context, GONE, PRIVATE, LOCKED, OTHER, rows=1)
    night(context)
    (second,) = told()
    assert second.startswith("rowkeeper: 2 things need somebody\n")
    assert "row that no table can use" in second
    night(context, StoreError("Ann Ash's store is full"))
    (third,) = told()
    assert "the run ended with" in third
    assert "Ann" not in third
    night(context, StoreError("still"))
    assert told() == []  # an error that stands is told once
    stands(context, OTHER, rows=1)
    night(context)  # two are mended
    assert told() == []
    stands(context, OTHER, PRIVATE, rows=1)
    night(context, StoreError("again"))
    (fourth,) = told()
    assert fourth.startswith("rowkeeper: 2 things need somebody\n")  # both were away meanwhile


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_week_of_the_command_as_cron_calls_it(
    engine: Target, tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code says how the night was; somebody is told of what is new, or is back, alone."""
    sheet, metrics = tmp_path / "sheet.csv", tmp_path / "metrics.prom"
    monkeypatch.setenv("ROWKEEPER_SHEET_SOURCE", str(sheet))
    monkeypatch.setenv("ROWKEEPER_MONITORING_NOTIFY", service.url)
    monkeypatch.setenv("ROWKEEPER_MONITORING_METRICS_FILE", str(metrics))
    anna, both = "#,Name\n1,Anna\n", "#,Name\n1,Anna\n2,Ben\n"
    week = [
        (both, 0, None),
        (anna, 3, "the run ended with 3"),
        (anna, 3, None),  # the same still stands
        (both, 0, None),  # it has recovered
        (anna, 3, "the run ended with 3"),  # and is back
        (both + ",Nobody\n", 0, "row that no table can use"),
        (both + ",Nobody\n", 0, None),
    ]
    for day, (text, code, notice) in enumerate(week, 1):
        sheet.write_text(text, "utf-8")
        assert run_command(["run", "--mode", "basic"]) == code, day
        assert f"rowkeeper_last_run_exit_code {code}\n" in metrics.read_text("utf-8")
        told = [one["message"] for one in service.told]
        service.told.clear()
        assert len(told) == (notice is not None), (day, told)
        assert all(str(notice) in message and "Ben" not in message for message in told)


def test_what_could_not_be_told_is_told_after_the_next_run(
    context: Context, service: Service
) -> None:
    stands(context, PRIVATE)
    service.answers = 500
    (said,) = night(context)
    assert "Address 1 of monitoring.notify was not told" in said
    service.answers = 200
    assert night(context) == []
    assert len(service.told) == 1
    (context.settings.data_dir / NAME).write_text("[", "utf-8")
    assert night(context) == []
    assert len(service.told) == 2  # told again where nobody knows
    stands(context, OTHER)
    service.answers = 500
    night(context)
    stands(context, OTHER, PRIVATE)
    service.answers = 200
    night(context)  # what was mended while nobody could be told, too
    assert service.told[2]["title"] == "rowkeeper: 2 things need somebody"


@pytest.mark.parametrize("code", [200, 500])
def test_no_address_is_logged_or_said(
    context: Context,
    service: Service,
    code: int,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    service.answers = code
    stands(context, PRIVATE)
    with caplog.at_level(logging.DEBUG):
        said = night(context)
    out = capfd.readouterr()
    kept = (context.settings.data_dir / NAME).read_text("utf-8")
    for text in (*said, caplog.text, out.out, out.err, kept, repr(context.settings)):
        assert SECRET not in text
    assert logging.root.manager.disable < logging.DEBUG


def test_an_address_that_can_not_be_told_is_named_by_its_place(
    tmp_path: Path, context: Context, service: Service
) -> None:
    stands(context, PRIVATE)
    odd = context_at(tmp_path, monitoring__notify=f"{service.url} nonsense://{SECRET}")
    (said,) = night(odd)
    assert said.startswith("Address 2 of monitoring.notify was not told")
    assert SECRET not in said
    assert len(service.told) == 1


def test_without_addresses_nothing_is_told_and_without_apprise_nothing_begins(
    tmp_path: Path, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = context_at(tmp_path)
    with notified(silent, Quiet()):
        pass
    assert not (tmp_path / "data" / NAME).exists()
    monkeypatch.setattr(notify, "find_spec", lambda _: None)
    with (
        pytest.raises(UsageError, match=r"install rowkeeper\[notify\]"),
        notified(context, Quiet()),
    ):
        raise AssertionError("it began")
