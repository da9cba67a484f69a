"""The commands of the README, as a reader types them, one after the other; then the examples of the
helps that need what the old system left."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from rowkeeper.cli import run_command
from rowkeeper.core.csv.legacy import GENERATIONS
from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.warehouse import Target
from tests.fakes import media
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Site, Video
from tests.helpers.sources import write_rows
from tests.helpers.warehouses import rows_of

README = (PROJECT_DIR / "README.md").read_text("utf-8")
TALK = Video("jNQXAC9IVRw", "A talk", media.adaptive(tone=440))
LINK = f"https://youtu.be/{TALK.id}"
PEOPLE = (
    ("row_id", "name", "email", "type", "link"),
    ("12", "Ann Ash", "ann@example.org", "FF-Ni/Te-SC/B(P) #1", LINK),
    ("42", "Bob Bay", "bob@example.org", "MM-Se/Fi-CP/B(S) #3", ""),
)
VIDEOS = "select download_status from assets where asset_type = 'youtube_video'"
ELSEWHERE = {
    "make": "tests/test_setup.py, and what runs the tests",
    "uv": "tests/test_wheel.py",
    "dbt": "tests/dbt_project/test_two_commands.py, with dlt",
    "rowkeeper doctor": "asks the internet",
}
"""What other tests run from the README, or nobody without a network."""
OF_THE_OLD = ("retry", "migrate archive", "migrate rollback", "migrate adopt", "store adopt")
"""Commands whose examples tests.cli.test_examples has no folder for."""


def commands() -> Iterator[list[str]]:
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            for part in line.partition(" #")[0].split(" && "):
                if words := shlex.split(part, comments=True):
                    yield [Path(words[0]).name, *words[1:]]


def old_system(folder: Path) -> None:
    """What it left: a CSV of the last generation, its downloads, its bucket."""
    known = dict(zip(PEOPLE[0], PEOPLE[1], strict=True))
    row = [known.get(column, "") for column in GENERATIONS[21]]
    (folder / "outputs").mkdir(parents=True)
    write_rows(folder / "outputs" / "output.csv", [GENERATIONS[21], row])
    for name in ("youtube_downloads", "drive_downloads", "bucket"):
        (folder / name).mkdir()


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_each_command_does_what_it_says(
    engine: Target,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    old_system(tmp_path / "old")
    sheet = str(write_rows(tmp_path / "sheet.csv", PEOPLE))
    instead = (("https://docs.google.com/", sheet), ("s3://", (tmp_path / "old/bucket").as_uri()))
    monkeypatch.chdir(tmp_path)
    ran: list[str] = []
    with FakeInternet(Site(videos=[TALK])) as internet:
        internet.lead_here(monkeypatch)
        for program, *words in commands():
            given = [word.replace("/old/", f"{tmp_path}/old/") for word in words]
            for begin, ours in instead:
                given = [re.sub(rf"{begin}\S*", ours, word) for word in given]
            if program in ELSEWHERE or f"{program} {' '.join(words[:1])}" in ELSEWHERE:
                continue
            if (words, ran[-1:]) == (["run"], ["init"]):
                continue  # tests/test_wheel.py does both
            if program == "dlt":
                program, given = "rowkeeper", ["run", "--mode", "basic"]  # dlt and dbt in one
            if program == "export":
                monkeypatch.setenv(*given[0].split("=", 1))
            elif program == "mkdir":
                (folder := tmp_path / given[0]).mkdir()
                write_rows(folder / "people.xlsx", PEOPLE)
            elif program == "cd":
                monkeypatch.chdir(tmp_path / given[0])
            else:
                assert program == "rowkeeper"
                code = run_command(given)
                assert code == 0, f"{given}: {capfd.readouterr().err}"
                ran.append(words[0])
    assert {"run", "status", "init", "reconcile", "migrate", "store"} <= set(ran)
    assert rows_of(engine, VIDEOS) == [("uploaded",)]
