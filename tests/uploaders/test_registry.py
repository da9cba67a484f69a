"""Which store a setting means, and stores that refuse as a whole."""

from pathlib import Path

import pytest

from rowkeeper.core.errors import StoreError, UsageError
from rowkeeper.core.setting_sections import StoreSettings
from rowkeeper.core.settings import Settings
from tests.fakes.s3 import free_port, s3_settings, shared_ministack
from tests.helpers.stores import request_of
from uploaders.base import object_key
from uploaders.local.store import LocalStore
from uploaders.registry import open_store


def local_settings(data_dir: Path, url: str) -> Settings:
    return Settings(data_dir=data_dir, store=StoreSettings(url=url))


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_a_folder_that_is_none(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    store = open_store(local_settings(tmp_path, (tmp_path / below).as_uri()))
    with pytest.raises(StoreError, match=r"can't be written .*name another folder in store\.url"):
        store.check()


def test_endpoint_down(tmp_path: Path) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    store = open_store(s3_settings(tmp_path, "s3://bucket/prefix", endpoint))
    with pytest.raises(StoreError, match=r"s3://bucket/prefix.*no connection.*endpoint_url"):
        store.check()


def test_bucket_missing(tmp_path: Path) -> None:
    store = open_store(s3_settings(tmp_path, "s3://nobodys-bucket", shared_ministack().url))
    with pytest.raises(StoreError, match=r"\(NoSuchBucket\): make the bucket"):
        store.check()
    request = request_of(tmp_path, b"body")
    with pytest.raises(StoreError, match="NoSuchBucket"):
        store.put(request, object_key(request))


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("", "data/archive"),
        ("./plain folder", "plain folder"),
        ("./a/../b", "b"),
        ("file://{tmp}/with%20blank", "with blank"),
        ("FILE://localhost{tmp}/x", "x"),
        ("{tmp}/abs", "abs"),
    ],
)
def test_urls_of_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store(local_settings(tmp_path / "data", url.format(tmp=tmp_path)))
    assert isinstance(store, LocalStore)
    assert store.folder == tmp_path / folder
    assert not store.folder.exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "ftp://host/x",
            r"ftp://.*not supported: write file:///folder, s3://bucket/prefix or gs://bucket/prefix",
        ),
        ("az://bucket", r"az://.*not supported"),
        ("file://host/folder", "names no absolute folder"),
        ("file://", "names no absolute folder"),
        ("s3://", "names no bucket"),
        ("s3:///prefix", "names no bucket"),
        ("s3://user:word@bucket", "names no bucket"),
    ],
)
def test_urls_that_name_no_store(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        open_store(local_settings(tmp_path, url))
    assert "word@" not in str(caught.value)


@pytest.mark.parametrize(
    "endpoint",
    ["host:9000", "http://", "ftp://host", "https://u:p@host", "http://h:x", "http://h?a"],
)
def test_endpoints_that_are_none(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(UsageError, match=r"store\.endpoint_url is no plain URL"):
        open_store(s3_settings(tmp_path, "s3://bucket", endpoint))
