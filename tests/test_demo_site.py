"""The sheet of ``make demo`` has a link column, with a video and a link that nothing fetches."""

from pathlib import Path

from demo.site import LINKS, SHEET_PAGE, make_demo
from loaders.sheet import load_sheet
from rowkeeper.core.links.classify import classify


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
