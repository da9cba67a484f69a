"""A path that an event, a note or a table names is data: it leads nowhere but below its folder."""

from pathlib import Path

import pytest

from rowkeeper.core.disk.stored import asset_path, stored_path
from rowkeeper.core.errors import NeedsPersonError

HOSTILE = [
    "../x",
    "files/../../x",
    "files/people/../../journal/folder.id",
    "/etc/passwd",
    "//etc/passwd",
    "files//x",
    "files/./x",
    ".",
    "..",
    "",
    "files/a\0b",
    "files/\ud800",
    "files/" + "x" * 5000,
    "files/" + "é" * 128,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    for resolve in (stored_path, asset_path):
        with pytest.raises(NeedsPersonError) as caught:
            resolve(tmp_path, name)
        assert caught.value.code == "path_unsafe"
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "name", ["rowkeeper.duckdb", "journal/folder.id", "files", "files/.partial/x"]
)
def test_the_file_of_an_asset_is_none_of_our_own(tmp_path: Path, name: str) -> None:
    with pytest.raises(NeedsPersonError, match="is none of the files"):
        asset_path(tmp_path, name)


def test_no_link_on_the_way_is_followed(tmp_path: Path) -> None:
    data, away = tmp_path / "data", tmp_path / "away"
    away.mkdir()
    (away / "x").write_bytes(b"a stranger's")
    (data / "files").mkdir(parents=True)
    (data / "files" / "people").symlink_to(away)
    (data / "files" / "x").symlink_to(away / "x")
    (data / "files" / "dangling").symlink_to(away / "nothing")
    for name in ("files/people/x", "files/x", "files/dangling"):
        with pytest.raises(NeedsPersonError, match="is a link"):
            asset_path(data, name)
    assert asset_path(data, "files/y") == data / "files" / "y"
    (tmp_path / "reached").symlink_to(data)
    assert asset_path(tmp_path / "reached", "files/y") == tmp_path / "reached" / "files" / "y"


@pytest.mark.parametrize(
    "name", ["files/people/1/a..b.mp4", "files/.hidden", "files/a\\b", "files/é €"]
)
def test_odd_but_plain_names_are_fine(tmp_path: Path, name: str) -> None:
    assert asset_path(tmp_path, name) == tmp_path / name
