"""What doctor says of folders that others on the machine may read."""

import json
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.core.settings import load_settings
from rowkeeper.workspace.privacy import check_privacy


def settings_of(folder: Path, **flags: Any) -> Any:
    names = {name.replace("__", "."): value for name, value in flags.items()}
    return load_settings({"data_dir": str(folder), **names}, {}, folder / "none")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DLT_PROJECT_DIR", str(tmp_path))
    made = tmp_path / "data"
    (made / "files" / "people").mkdir(parents=True)
    (made / "files" / "people" / "film.mp4").write_bytes(b"film")
    for path in (made, *made.rglob("*")):
        path.chmod(0o700)
    return made


def test_a_folder_that_is_shut_is_not_told_of_whatever_is_in_it(folder: Path) -> None:
    (folder / "files").chmod(0o755)
    assert check_privacy(settings_of(folder)) == ()


def test_what_is_open_is_named_with_the_remedy(folder: Path) -> None:
    for path in (folder, folder / "files"):
        path.chmod(0o755)
    (said,) = check_privacy(settings_of(folder))
    assert f"{folder} is open to others ({folder}, {folder / 'files'}…): chmod -R go-rwx" in said
    assert "film.mp4" not in said


def test_what_the_setting_allows_is_not_told_of(folder: Path) -> None:
    folder.chmod(0o750)
    assert check_privacy(settings_of(folder))
    assert check_privacy(settings_of(folder, disk__umask="027")) == ()


def test_the_archive_elsewhere_and_files_of_secrets_are_looked_at(
    folder: Path, tmp_path: Path
) -> None:
    archive, key, secrets = tmp_path / "archive", tmp_path / "key.json", tmp_path / ".dlt"
    archive.mkdir(mode=0o755)
    key.write_text(json.dumps({}))
    key.chmod(0o644)
    secrets.mkdir()
    (secrets / "secrets.toml").write_text("")
    (secrets / "secrets.toml").chmod(0o604)
    settings = settings_of(folder, store__url=str(archive), drive__credentials_file=str(key))
    said = check_privacy(settings)
    assert len(said) == 3
    assert str(archive) in said[0]
    assert "secrets.toml holds a secret" in said[1]
    assert "key.json holds a secret" in said[2]


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    folder.chmod(0o711)
    (folder / "away").symlink_to(tmp_path / "elsewhere")
    (said,) = check_privacy(settings_of(folder))
    assert "away" not in said
