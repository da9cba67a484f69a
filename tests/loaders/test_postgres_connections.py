"""How Postgres is reached: through poolers, with any password, and what is said where it fails."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from loaders.postgres import LibpqCredentials, postgres_url
from rowkeeper.cli import run_command
from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.profiles import load_target
from rowkeeper.core.warehouse import Target, connect
from tests.fakes.pooler import pooler
from tests.helpers.postgres import PORT, PostgresServer

SHEET = 'row_id,name,email,type\n1,Ann Ašová,ann@example.org,"FF-Ne/Fi-CS/P(B) #3"\n'
HOSTILE = ("with a space", " at both ends ", "p@ss/w:o?rd#%25 '\"\\=é", "100% sure&host=x")
on_postgres = pytest.mark.parametrize("engine", ["postgres"], indirect=True)


@contextmanager
def pooled(server: PostgresServer, mode: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with pooler(f"{server.host}/.s.PGSQL.{PORT}", mode) as running:
        monkeypatch.setenv("ROWKEEPER_PG_HOST", "127.0.0.1")
        monkeypatch.setenv("ROWKEEPER_PG_PORT", str(running.port))
        yield


@on_postgres
def test_a_run_goes_through_a_pooler_in_session_mode(
    engine: Target,
    postgres_server: PostgresServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And no name is misread where sessions begin in another encoding than UTF-8."""
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    (tmp_path / "people.csv").write_text(SHEET, "utf-8")
    with pooled(postgres_server, "session", monkeypatch):
        arguments = ["run", "--mode", "basic", "--sheet", str(tmp_path / "people.csv")]
        assert run_command(arguments) == 0
        with connect(load_target()) as warehouse:
            assert warehouse.query("select row_id, name from people") == [("1", "Ann Ašová")]
            assert warehouse.query("show timezone") == [("UTC",)]


@on_postgres
def test_a_pooler_in_transaction_mode_is_refused_in_words(
    engine: Target, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        pooled(postgres_server, "transaction", monkeypatch),
        pytest.raises(WarehouseError, match=r"transaction mode.*session mode.*pool_mode = session"),
        connect(load_target()),
    ):
        pass


@on_postgres
def test_the_fake_pooler_refuses_startup_options_as_pgbouncer_does(
    engine: Target, postgres_server: PostgresServer
) -> None:
    with (
        pooler(f"{postgres_server.host}/.s.PGSQL.{PORT}", "session") as running,
        pytest.raises(psycopg2.OperationalError, match="unsupported startup parameter"),
    ):
        psycopg2.connect(
            host="127.0.0.1", port=running.port, user="postgres", options="-c timezone=UTC"
        )


@pytest.mark.parametrize("password", HOSTILE)
def test_a_password_of_any_characters_reaches_libpq_as_it_is(password: str) -> None:
    target = Target(
        name="prod",
        type="postgres",
        host="/run/pg",
        port=5433,
        user="team one",
        password=password,
        dbname="our data",
        tls=(("sslmode", "verify-full"), ("sslrootcert", "/etc/our own/ca+.pem")),
    )
    assert LibpqCredentials(postgres_url(target)).target == replace(target, name="rowkeeper")
    shown = LibpqCredentials(postgres_url(target)).to_native_representation()
    parts = parse_dsn(shown)
    assert parts["password"] == password
    assert (parts["user"], parts["dbname"], parts["host"]) == ("team one", "our data", "/run/pg")
    assert {key: parts[key] for key, _ in target.tls} == dict(target.tls)


@pytest.mark.parametrize("password", HOSTILE)
@pytest.mark.parametrize("form", ["plain", "dsn", "url", "repr", "json", "nested", "sql"])
def test_no_words_of_a_driver_show_a_password(password: str, form: str) -> None:
    target = Target(name="prod", type="postgres", host="h", user="u", password=password, dbname="d")
    text = f"of {password} 'or' \"so\""
    said = {
        "repr": f"bad {text!r}",
        "json": f"bad {json.dumps({'said': text})}",
        "nested": f"bad {[json.dumps([text])]}",
        "sql": f"alter role u password '{password.replace(chr(39), chr(39) * 2)}'",
        "plain": f"bad {password} here",
        "dsn": f"invalid dsn password='{password}' in it",
        "url": f'could not parse "{postgres_url(target)}" {"x" * 400}',
    }[form]
    shown = target.reason(RuntimeError(said))
    assert password.strip() not in shown
    assert not [word for word in re.findall(r"\w{3,}", password) if word in shown]
    assert "***" in shown


def test_a_short_password_is_masked_where_it_stands_as_one() -> None:
    target = Target(name="p", type="postgres", host="h", user="u", password="x", dbname="d")
    assert target.masked("password=x for max at postgresql://u:x@h/d") == (
        "password=*** for max at postgresql://u:***@h/d"
    )


@on_postgres
def test_a_password_with_a_space_loads_and_builds(
    engine: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ROWKEEPER_PG_PASSWORD", "geheim mit Luecke")
    (tmp_path / "people.csv").write_text(SHEET, "utf-8")
    arguments = ["run", "--mode", "basic", "--sheet", str(tmp_path / "people.csv")]
    assert run_command(arguments) == 0
    monkeypatch.setenv("ROWKEEPER_PG_PORT", "1")
    assert run_command(arguments) == WarehouseError.exit_code
    said = capfd.readouterr()
    assert "geheim" not in said.out + said.err
