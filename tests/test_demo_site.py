"""The sheet of ``make demo`` has a link column, and its folder may be removed at any time."""

import os
from pathlib import Path
from shutil import rmtree

import pytest

from demo.__main__ import environment
from demo.site import LINKS, SHEET_PAGE, make_demo
from loaders.sheet import load_sheet
from rowkeeper.core.journal.folder_id import folder_id
from rowkeeper.core.links.classify import classify
from rowkeeper.core.settings import load_settings
from rowkeeper.workspace.data_folder import check_folder, remember_folder


def test_the_demos_sheet_has_a_link_column(tmp_path: Path) -> None:
    demo = make_demo(tmp_path, people=16, link_column=True)
    page = tmp_path / "demo.html"
    page.write_text(demo.site.pages[SHEET_PAGE], "utf-8")
    rows = [
        (row.values["email"], dict(row.named)["link"].text) for row in load_sheet(str(page)).rows
    ]
    assert [link for email, link in rows if email and "@" in email][: len(LINKS)] == list(LINKS)
    assert [len(classify(link).asset_kinds) for link in LINKS] == [2, 0]
    assert classify(LINKS[0]).media_id in {video.id for video in demo.site.videos}


def test_a_demo_that_was_removed_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", {**os.environ, "XDG_STATE_HOME": str(tmp_path)})
    for _ in range(2):
        with environment(tmp_path / "dev", "dev"):
            settings = load_settings()
            check_folder(settings)
            folder_id(settings.data_dir)
            remember_folder(settings)
        rmtree(tmp_path / "dev")
