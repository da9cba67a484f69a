"""A signed address stays in the cell and in what is asked; nothing else shows its secret."""

import json
from pathlib import Path

import pytest

from downloaders.base import Fetched
from downloaders.legacy import WantedFile, match
from downloaders.legacy_finds import read_sidecar
from downloaders.naming import checked_template, relative_path
from downloaders.sidecar import sidecar_path, write_sidecar
from rowkeeper.core.paths import safe_segment
from tests.fakes.clients import request_for

SIGNED = "https://bucket.example/film.mp4?part=2&X-Amz-Signature={}"
URL = SIGNED.format("5ec7e7")


@pytest.fixture
def fetched(tmp_path: Path) -> Fetched:
    path = tmp_path / "asset.mp4"
    path.write_bytes(b"film")
    return Fetched(
        path=path,
        filename="film.mp4",
        mime_type="video/mp4",
        size_bytes=4,
        sha256="0" * 64,
        details={"requested_url": URL, "others": [URL]},
    )


def test_a_sidecar_says_which_file_it_was_and_not_what_opens_it(fetched: Fetched) -> None:
    request = request_for("direct", "file", URL, original_url=URL)
    write_sidecar(request, fetched, with_email=False)
    text = sidecar_path(fetched.path).read_text("utf-8")
    assert "5ec7e7" not in text
    assert json.loads(text)["original_url"] == SIGNED.format("…")


def test_a_file_is_known_again_by_its_sidecar(fetched: Fetched) -> None:
    request = request_for("direct", "file", URL, original_url=URL)
    write_sidecar(request, fetched, with_email=False)
    sidecar = read_sidecar(sidecar_path(fetched.path))
    assert sidecar is not None
    (matched,), unmatched = match([fetched.path], [sidecar], [WantedFile(request, "", "")])
    assert matched.wanted.request is request
    assert not unmatched


def test_no_name_of_a_file_holds_a_secret(fetched: Fetched) -> None:
    names = [
        str(
            relative_path(checked_template("media_id"), request_for("direct", "file", url), fetched)
        )
        for url in (URL, SIGNED.format("other"))
    ]
    assert len(set(names)) == 2
    assert not [name for name in names if "5ec7e7" in name or "other" in name]
    assert safe_segment("a?sig=b") == "a%3Fsig%3Db"  # no address
