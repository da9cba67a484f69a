"""``dlt pipeline run`` as a user types it, and dlt's own commands beside it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.samples import make_samples

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugin")
    make_samples(folder)
    return folder


def dlt(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DLT_")}
    return subprocess.run(
        [str(Path(sys.executable).parent / "dlt"), "pipeline", *arguments],
        cwd=ROOT,
        env={**kept, "ROWKEEPER_DATA_DIR": str(place / "data"), "DBT_TARGET": "dev"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_pipeline_runs_and_dlt_sees_it(place: Path) -> None:
    inputs = ("--sheet", str(place / "sheet.html"), "--legacy-csv", str(place / "output_21*.csv"))
    first = dlt(place, "run", *inputs)
    assert first.returncode == 0, first.stderr
    assert "71 rows, loaded. Legacy CSVs: 1 read, 1 new." in first.stdout
    again = dlt(place, "rowkeeper", "run", *inputs, "--tab", "1159146182")
    assert "71 rows, unchanged. Legacy CSVs: 1 read, 0 new." in again.stdout
    assert "1 pipelines found" in dlt(place, "--list-pipelines").stdout
    info = dlt(place, "rowkeeper", "info")
    assert info.returncode == 0
    assert "dataset_name: raw" in info.stdout
    assert dlt(place, "rowkeeper", "sync", "-y").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("run", "--sheet", "no-such-sheet.html"), 3, "no-such-sheet.html can't be read"),
        (("run", "--legacy-csv", "no-such.csv"), 3, "no-such.csv can't be read"),
        (("another", "run"), 2, "There is no pipeline another"),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(
    place: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    failed = dlt(place, *arguments)
    assert failed.returncode == code
    assert said in failed.stderr
    assert failed.stderr.count("\n") == 1
