"""What tests of the archive share: six files of two people."""

import pytest

from demo.site import SHEET_PAGE, Demo
from tests.fakes.site import DriveFile
from tests.helpers.sources import page


@pytest.fixture
def files(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> list[DriveFile]:
    """Six files, the first of two people, the others of one each."""
    monkeypatch.setenv("ROWKEEPER_LEGACY_CSV_PATHS", "")
    made = [
        DriveFile(f"1File{number}" + "x" * 24, f"{number}.txt", b"words of %d\n" % number)
        for number in range(6)
    ]
    demo.site.files[:] = made
    links = [f"https://drive.google.com/file/d/{file.id}/view" for file in made]
    demo.site.pages[SHEET_PAGE] = page({"1": links[:3], "2": [links[0], *links[3:]]})
    return made
