"""From an empty folder and a built wheel to a first archived video, by ``init`` and ``run``."""

import hashlib
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest

import loaders
from rowkeeper.core.settings import PROJECT_DIR
from tests.fakes import media
from tests.fakes.internet import FakeInternet
from tests.fakes.site import DriveFile, Site, Video
from tests.helpers.wheels import Installed, install

PAGE = "docs.google.com/spreadsheets/d/e/2PACX-another-team/pubhtml"
TALK, OTHER = "dQw4w9WgXcQ", "dQw4w9WgXcR"
UPLOAD = "1AbCdEfGhIjKlMnOpQrStUvWxYz0123456"
SHEETS = {
    "one link": f"ID,Name,Email,Type,Link\n7,Ann Ash,ann@example.org,FF,https://youtu.be/{TALK}\n",
    "several link columns": f"https://{PAGE}?gid=7",
    "answers of a form": (
        "Timestamp,First name,Last name,Email Address,Upload your interview video\n"
        "2026/01/02 10:11:12,Ann,Ash,ann@example.org,"
        f"https://drive.google.com/open?id={UPLOAD}\n"
    ),
    "no ids": f"Who,Interview\nAnn Ash,https://youtu.be/{TALK}\nBob Bay,\n",
}
"""Of four teams: a CSV, or the address of a published page."""
EXPECTED = {
    "one link": {("7", "youtube_video", TALK)},
    "several link columns": {("P-1", "youtube_video", TALK), ("P-1", "youtube_video", OTHER)},
    "answers of a form": {("ann@example.org", "drive_file", UPLOAD)},
    "no ids": {("Ann Ash", "youtube_video", TALK)},
}
PUBLISHED = (
    f"<html><div id='7'><table class='waffle'>"
    "<tr><td>Code</td><td>Participant's full name</td><td>Interview</td><td>Second</td></tr>"
    f"<tr><td>P-1</td><td>Ann Ash</td><td><a href='https://youtu.be/{TALK}'>here</a></td>"
    f"<td>https://youtu.be/{OTHER}</td></tr>"
    "<tr><td>P-2</td><td>Bob Bay</td><td></td><td></td></tr></table></div></html>"
)
MEDIA = """
select person_row_id, asset_type, media_id, sha256 from main.assets
where download_status = 'uploaded' and asset_type not like '%transcript'
"""

LOADED = """
select (select count(*) from raw.sheet_rows where row_id = '7'),
    (select count(*) from raw.legacy_csv_rows)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(tmp_path_factory.mktemp("wheel"))


def website() -> Site:
    film = DriveFile(UPLOAD, "Interview.mp4", media.film(), "video/mp4")
    talks = [
        Video(TALK, "First talk", media.adaptive(tone=440)),
        Video(OTHER, "Second talk", media.progressive(tone=550)),
    ]
    return Site(pages={PAGE: PUBLISHED}, videos=talks, files=[film])


def said(installed: Installed, folder: Path, internet: FakeInternet | None, *command: str) -> str:
    """What a command prints that does what it should."""
    done = installed.call(folder, internet, *command)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def archived(folder: Path) -> set[tuple[str, str, str]]:
    """Whose media are uploaded, of which kind; each with its bytes in the archive."""
    hashes = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (folder / "data" / "archive").rglob("*")
        if path.is_file()
    }
    path = str(folder / "data" / "published" / "rowkeeper.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        rows = connection.execute(MEDIA).fetchall()
    assert all(sha256 in hashes for *_, sha256 in rows)
    return {(row_id, kind, media_id) for row_id, kind, media_id, _ in rows}


def files_of(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.suffix != ".pyc" and path.is_file()}


def test_from_an_empty_folder_to_a_first_archived_video(
    installed: Installed, tmp_path: Path
) -> None:
    """Four teams' sheets; then plain dlt and dbt in a team's folder. Where rowkeeper is, nothing
    is written."""
    ours = installed.packages / "rowkeeper"
    before = files_of(ours)
    with FakeInternet(website()) as internet:
        for name, sheet in SHEETS.items():
            folder = tmp_path / name.replace(" ", "-")
            folder.mkdir()
            if not sheet.startswith("https:"):
                (folder / "sheet.csv").write_text(sheet, "utf-8")
                sheet = "sheet.csv"
            said(installed, folder, internet, "rowkeeper", "init", "--sheet", sheet)
            said(installed, folder, internet, "rowkeeper", "run")
            assert archived(folder) == EXPECTED[name], name
        team = tmp_path / "one-link"
        assert "unchanged" in said(installed, team, internet, "dlt", "pipeline", "run")
        info = said(installed, team, internet, "dlt", "pipeline", "rowkeeper", "info")
        assert "dataset_name: raw" in info
        assert "ERROR=0" in said(installed, team, internet, "dbt", "build")
        assert archived(team) == EXPECTED["one link"]
    assert files_of(ours) == before


def test_the_sources_load_into_a_pipeline_of_somebody_elses(
    installed: Installed, tmp_path: Path
) -> None:
    """The example of ``loaders`` and of the page about it, as it stands there."""
    example = dedent(str(loaders.__doc__).partition("anybody's:\n")[2])
    page = (PROJECT_DIR / "docs" / "architecture.md").read_text("utf-8")
    assert example.strip() in page
    (tmp_path / "people.csv").write_text(SHEETS["one link"], "utf-8")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "output.csv").write_text("row_id,name,email,type\n7,Ann Ash,,\n", "utf-8")
    keep = f"import os\nos.environ['DLT_DATA_DIR'] = {str(tmp_path / 'dlt')!r}\n"
    python = str(installed.environment / "bin" / "python")
    said(installed, tmp_path, None, python, "-c", keep + example)
    with duckdb.connect(str(tmp_path / "people.duckdb"), read_only=True) as connection:
        counts = connection.execute(LOADED).fetchone()
    assert counts == (1, 1)


def test_a_wheel_takes_no_common_name_and_says_how_to_begin(
    installed: Installed, tmp_path: Path
) -> None:
    assert {"rowkeeper", "dlt", "dbt"} <= {path.name for path in installed.programs.iterdir()}
    names = {path.name for path in installed.packages.iterdir()}
    assert not names & {"loaders", "downloaders", "uploaders", "dbt_project", "tests", "demo"}
    for command in ("status", "run", "doctor"):
        done = installed.call(tmp_path, None, "rowkeeper", command)
        assert done.returncode == 2
        assert "rowkeeper init --sheet SHEET begins one here" in done.stderr
    assert not list(tmp_path.iterdir())
    named = said(installed, tmp_path, None, "rowkeeper", "--project", ".", "--help")
    assert named.startswith("Usage: rowkeeper")
