"""The connection to Postgres is cut while dbt builds, in a run of the real command line."""

from pathlib import Path

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core.errors import WarehouseError
from rowkeeper.core.warehouse import Target
from tests.fakes.pooler import pooler
from tests.helpers.postgres import PORT, PostgresServer
from tests.helpers.warehouses import rows_of

SHEET = "row_id,name,email,type\n1,Ann Ash,ann@example.org,FF\n"
MOMENTS = {
    "the first model": b'"node_id": "model.rowkeeper.',
    "a table": b'"node_id": "model.rowkeeper.people"',
    "a data test": b'"node_id": "test.rowkeeper.',
}
"""Moment -> words of the statements of dbt that belong to it."""


@pytest.mark.data_tests
@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@pytest.mark.parametrize("stays_cut", [False, True], ids=["comes back", "stays away"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_cut_while_dbt_builds_is_code_4_and_the_next_run_goes_on(
    engine: Target,
    postgres_server: PostgresServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    moment: str,
    stays_cut: bool,
) -> None:
    sheet = tmp_path / "people.csv"
    sheet.write_text(SHEET, "utf-8")
    run = ["run", "--mode", "basic", "--sheet", str(sheet)]
    with pooler(f"{postgres_server.host}/.s.PGSQL.{PORT}", "session") as network:
        monkeypatch.setenv("ROWKEEPER_PG_HOST", "127.0.0.1")
        monkeypatch.setenv("ROWKEEPER_PG_PORT", str(network.port))
        network.cut_at, network.stays_cut = MOMENTS[moment], stays_cut
        code = run_command(run)
        said = capsys.readouterr().err.strip()
        assert network.is_cut
        assert code == WarehouseError.exit_code, said
        assert len(said.splitlines()) == 1, said
        assert "run again" in said, said
        network.mended()
        assert run_command(run) == 0
    assert rows_of(engine, "select row_id, name from {schema}.people") == [("1", "Ann Ash")]
