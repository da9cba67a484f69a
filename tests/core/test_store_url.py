"""A store's URL: what is a folder, what is a URL, and what is neither and says so."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowkeeper.core.errors import UsageError
from rowkeeper.core.settings import load_settings
from rowkeeper.core.store_url import store_url


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("s3:/our-archive", "s3://our-archive"),
        ("s3:our-archive", "s3://our-archive"),
        ("s3//x", "s3://x"),
        ("S3/our-archive", "s3://our-archive"),
        ("s3;//x/y", "s3://x/y"),
        ("gs:/b/c", "gs://b/c"),
        ("gs//b", "gs://b"),
        ("file:/srv/archive", "file:///srv/archive"),
        ("fiel:/srv/archive", "file:///srv/archive"),
        ("our-archive", "s3://our-archive or gs://our-archive, or ./our-archive"),
        ("archive.2026", "./archive.2026"),
        ("minio:bucket", "write file:///folder"),
        ("~nobody-here/archive", "write file:///folder"),
        ("s3:", "write file:///folder"),
        ("s3 ://x", "s3://x"),
        ("s3-//x", "s3://x"),
        ("3://x/y", "s3://x/y"),
        ("file//srv/x", "file:///srv/x"),
        ("bucket//x", "write file:///folder"),
        ("://x", "write file:///folder"),
        ('"s3://x"', "write s3://x without them"),
        ("'s3://x'", "write s3://x without them"),
        ("\u201cs3://x\u201d", "write s3://x without them"),
        ('s3://x"', "write s3://x without them"),
    ],
)
def test_a_slip_is_refused_by_its_near_match(tmp_path: Path, text: str, near: str) -> None:
    with pytest.raises(UsageError, match=r"store\.url") as refused:
        load_settings({"store.url": text, "data_dir": str(tmp_path)}, {}, tmp_path)
    assert near in str(refused.value)


@pytest.mark.parametrize("text", [" s3://x", "s3://x\n", "\u00a0s3://x "])
def test_white_space_around_it_is_no_part_of_it(tmp_path: Path, text: str) -> None:
    assert store_url(text, tmp_path) == "s3://x"


@pytest.mark.parametrize(
    "text",
    [
        "./our-archive",
        "a/b",
        "../x",
        "~/x",
        "/srv/x",
        ".",
        "a b/c",
        "/srv//x",
        "./a//b",
        "/Tom's/x",
    ],
)
def test_a_folder_is_shown_as_what_it_resolves_to(tmp_path: Path, text: str) -> None:
    shown = load_settings({"store.url": text, "data_dir": str(tmp_path)}, {}, tmp_path).store.url
    assert shown == Path(text).expanduser().absolute().as_uri()


@given(st.text(max_size=30))
def test_whatever_is_written_is_a_url_or_refused(text: str) -> None:
    url = "refused"
    with suppress(UsageError):
        url = store_url(text, Path("/data/archive"))
    assert url == "refused" or "://" in url
