"""Our dlt sources in a pipeline of somebody else's."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest

import loaders
from loaders import sources
from rowkeeper.core.settings import PROJECT_DIR
from tests.helpers.postgres import PORT, USER, PostgresServer
from tests.helpers.samples import make_samples

TABLES = {
    *("sheet_snapshots", "sheet_rows", "legacy_csv_files", "legacy_csv_rows"),
    *("row_keys", "legacy_claims", "links"),
}
PIPELINE = """
import json, sys
import dlt
import loaders

kind, place, folder = sys.argv[1:]
maker = getattr(dlt.destinations, kind)
pipeline = dlt.pipeline("others", folder + "/dlt", destination=maker(place))
form = None if kind == "postgres" else "parquet"
counts = {}
for _ in range(1 if kind == "filesystem" else 2):  # a repeat changes nothing; files are appended
    sheet = loaders.people_sheet(folder + "/sheet.html")
    for source in (sheet, loaders.legacy_csv([folder + "/*.csv"])):
        pipeline.run(source, loader_file_format=form)
        counts |= pipeline.dataset(schema=source.schema.name).row_counts().fetchall()
print(json.dumps(counts))
"""
"""In a process of its own, as anybody's is."""


def server_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database on a server."""
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.drop_database("others")
    server.create_database("others")
    query = urlencode({"host": server.host})
    return f"postgresql://{USER}:-@localhost:{PORT}/others?{query}"


@pytest.mark.parametrize("kind", ["duckdb", "filesystem", "postgres"])
def test_they_load_into_any_pipeline(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    make_samples(tmp_path, 12, 3)
    out = tmp_path / "out"
    if kind == "postgres":
        place = server_url(request)
    else:
        place = str(tmp_path / "other.duckdb") if kind == "duckdb" else out.as_uri()
    ended = subprocess.run(
        [sys.executable, "-c", PIPELINE, kind, place, str(tmp_path)],
        cwd=PROJECT_DIR,
        env={**os.environ, "COLUMNS": "80", "TAB": "x", "ENCODING": "y"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    counts: dict[str, int] = json.loads(ended.stdout.splitlines()[-1])
    assert counts.keys() >= TABLES
    assert counts["sheet_snapshots"] == 1
    assert counts["legacy_csv_files"] == 6
    assert counts["row_keys"] == counts["sheet_rows"] + counts["legacy_csv_rows"]
    assert kind != "filesystem" or list(out.rglob("sheet_rows/*.parquet"))


def test_the_room_offers_them_by_name() -> None:
    assert loaders.people_sheet is sources.people_sheet
    assert loaders.legacy_csv is sources.legacy_csv
    assert {*loaders.__all__} <= {*dir(loaders)}
    with pytest.raises(AttributeError, match="no attribute 'people'"):
        _ = loaders.people
