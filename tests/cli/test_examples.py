"""The examples of the helps are run, one after the other, on the data folder of one run."""

import shlex
from pathlib import Path

import pytest

from rowkeeper.cli import run_command
from rowkeeper.cli.examples import EXAMPLES
from tests.fakes import media
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Caption, Site, Video

SHEET = """row_id,name,email,type,link
12,Bob Bay,bob@example.org,MM-Se/Fi-CP/B(S) #3,https://youtu.be/jNQXAC9IVRw
42,Ann Ash,ann@example.org,FF-Ni/Te-SC/B(P) #1,https://youtu.be/jNQXAC9IVRw
"""
WORDS = "WEBVTT\n\n00:00.000 --> 00:01.000\nIt was my first job, far from home.\n"
TALK = Video("jNQXAC9IVRw", "A talk", media.adaptive(tone=440), (Caption("en", WORDS),))
ELSEWHERE = {
    "init": "a sheet that is not here, and a folder without a config",
    "serve": "does not end",
    "retry": "something that failed: tests/test_readme.py",
    "migrate archive": "the CSVs of the old system: tests/test_readme.py",
    "migrate rollback": "the same",
    "migrate adopt": "the same",
    "migrate evidence": "its lists",
    "migrate accept": "its CSVs",
    "store adopt": "the same",
    "rebuild": "a Postgres server",
    "doctor": "the internet",
}
"""Commands whose examples need what this folder lacks, and other tests have."""
NEEDS = ("s3://", "--target prod", "--older-than", "--remove-old")
"""Options of which the same is true; what was just archived is not old, and stays where it is."""


def examples() -> list[str]:
    return [
        line
        for words, lines in EXAMPLES.items()
        if words not in ELSEWHERE
        for line in lines
        if not any(need in line for need in NEEDS)
    ]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
@pytest.mark.usefixtures("ready")
def test_the_examples_of_the_helps_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(SHEET, "utf-8")
    monkeypatch.setenv("ROWKEEPER_SHEET_SOURCE", str(sheet))
    monkeypatch.chdir(tmp_path)
    with FakeInternet(Site(videos=[TALK])) as internet:
        internet.lead_here(monkeypatch)
        assert run_command(["run", "--quiet"]) == 0
        ended_badly = {}
        for line in examples():
            if code := run_command(shlex.split(line)[1:]):
                ended_badly[line] = (code, capfd.readouterr().err)
        assert not ended_badly
    assert len(examples()) > 15


def test_each_command_that_is_left_out_is_one() -> None:
    assert ELSEWHERE.keys() <= EXAMPLES.keys()
