"""Addresses that a browser opens: they give the bytes, they end, and nobody keeps them."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import botocore.auth
import pytest
import requests
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.auth.credentials import Signing
from hypothesis import given, settings
from hypothesis import strategies as st

from rowkeeper.archive.addresses import lifetime_of
from rowkeeper.catalogue.publish import published_path
from rowkeeper.cli import run_command
from rowkeeper.core.errors import UsageError
from rowkeeper.core.setting_sections import StoreSettings
from rowkeeper.core.settings import Settings
from rowkeeper.core.warehouse import Target, connect
from tests.fakes.gcs import gcs_settings, gcs_store
from tests.fakes.s3 import SECRET, s3_store, shared_ministack
from tests.helpers.stores import ODD_KEYS, request_of
from uploaders.gcs.links import signed
from uploaders.gcs.store import GcsStore
from uploaders.links import Shown
from uploaders.local.store import LocalStore
from uploaders.registry import open_store

VIDEO = Shown('Über "us"/名前.mp4', "video/mp4")
TAKEN_AS = 'Über "us"_名前.mp4'


def named(header: str) -> str:
    """The name that a browser takes, which is the full one; the plain one is fit to be taken."""
    match = re.fullmatch(r"\w+; filename=\"([\w .()+-]+)\"; filename\*=UTF-8''([\w.~%-]+)", header)
    assert match
    return unquote(match[2])


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore signs as if it were ``moment``."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: moment)


def test_an_s3_address_gives_the_bytes_under_the_name_of_the_source(tmp_path: Path) -> None:
    store = s3_store(shared_ministack().url, "pre fix/ü")
    for number, key in enumerate(ODD_KEYS):
        store.put(request_of(tmp_path, b"%d" % number), key)
        answer = requests.get(store.link(key, 60, VIDEO), timeout=60)
        assert answer.content == b"%d" % number
        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Content-Disposition"].startswith("inline;")
        assert named(answer.headers["Content-Disposition"]) == TAKEN_AS
        assert requests.get(store.link(key, None, VIDEO), timeout=60).content == answer.content
    other = store.link(ODD_KEYS[0], 60, VIDEO).replace("video", "audio")
    assert requests.get(other, timeout=60).status_code == 403


def test_an_s3_address_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = s3_store(shared_ministack().url)
    store.put(request_of(tmp_path, b"body"), "k")
    for age, status in ((800, 200), (901, 403)):
        at(datetime.now(UTC) - timedelta(seconds=age), monkeypatch)
        assert requests.get(store.link("k", 900, VIDEO), timeout=60).status_code == status


@pytest.mark.parametrize("token", [None, "the-session"])
def test_an_amazon_address_names_the_region_and_is_signed_as_botocore_signs(
    token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("ACCESS_KEY_ID", "AKIA"), ("SECRET_ACCESS_KEY", SECRET)):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_SESSION_TOKEN", token or "")
    own = StoreSettings(url="s3://the-bucket/team", region="eu-central-1")
    store = open_store(Settings(data_dir=Path(), store=own))
    at(datetime(2026, 11, 26, 7, 0, tzinfo=UTC), monkeypatch)
    address = store.link("people/ü #.mp4", 900, Shown("v.mp4"))
    plain = "https://the-bucket.s3.eu-central-1.amazonaws.com/team/people/%C3%BC%20%23.mp4"
    assert store.link("people/ü #.mp4", None, VIDEO) == plain
    query = parse_qs(urlsplit(address).query)
    assert query["X-Amz-Expires"] == ["900"]
    assert query.get("X-Amz-Security-Token") == (token and [token])
    disposition = query["response-content-disposition"][0]
    request = AWSRequest("GET", plain, params={"response-content-disposition": disposition})
    keys = Credentials("AKIA", SECRET, token)
    signer = botocore.auth.S3SigV4QueryAuth(keys, "s3", "eu-central-1", expires=900)
    signer.add_auth(request)
    assert parse_qs(urlsplit(str(request.url)).query)["X-Amz-Signature"] == query["X-Amz-Signature"]


def test_no_keys_no_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    own = StoreSettings(url="s3://the-bucket", region="eu-central-1")
    store = open_store(Settings(data_dir=Path(), store=own))
    assert store.link("k", None, VIDEO) == "https://the-bucket.s3.eu-central-1.amazonaws.com/k"
    with pytest.raises(Exception, match=r"NoCredentialsError.*store\.access_key_id"):
        store.link("k", 60, VIDEO)


class Noted(Signing):  # type: ignore[misc, no-any-unimported, unused-ignore]
    """Signs nothing and notes what it is given."""

    signer_email = "test-iam-credentials@dummy-project-id.iam.gserviceaccount.com"
    signer = None
    text = ""

    def sign_bytes(self, message: bytes) -> bytes:
        self.text = message.decode()
        return b"\x01\xff"


@pytest.mark.parametrize(
    ("query", "digest"),
    [
        ({}, "00e2fb794ea93d7adb703edaebdd509821fcc7d4f1a79ac5c8d2b394df109320"),
        (
            {"aA0é/=%-_.~": "~ ._-%=/é0Aa"},
            "448f96c23dafa8210900554e138b2b5fd55bc53ef53b8637cecc3edec45a8fcf",
        ),
        (
            {"prefix": "/foo", "X-Goog-Meta-Foo": "bar"},
            "4dafe74ad142f32b7c25fc4e6b38fd3b8a6339d7f112247573fb0066f637db6c",
        ),
    ],
)
def test_a_google_address_is_signed_as_google_says(query: dict[str, str], digest: str) -> None:
    """The cases of googleapis/conformance-tests, storage/v1/v4_signatures.json."""
    signer, moment = Noted(), datetime(2019, 2, 1, 9, tzinfo=UTC)
    address = "https://storage.googleapis.com/test-bucket/test-object"
    made = signed(address, signer, 10, query, moment)
    scope = "20190201/auto/storage/goog4_request"
    assert signer.text == f"GOOG4-RSA-SHA256\n20190201T090000Z\n{scope}\n{digest}"
    assert made.startswith(f"{address}?X-Goog-Algorithm=GOOG4-RSA-SHA256&")
    assert made.endswith("&X-Goog-Signature=01ff")


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def account_file(folder: Path, key: rsa.RSAPrivateKey) -> Path:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    account = {
        "type": "service_account",
        "client_email": "keeper@project.iam.gserviceaccount.com",
        "private_key": pem.decode(),
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    path = folder / "account.json"
    path.write_text(json.dumps(account))
    return path


def test_a_google_address_gives_the_bytes(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    anonymous = gcs_store("pre fix/ü")
    url, endpoint = anonymous.root, str(anonymous.endpoint)
    file = account_file(tmp_path, key)
    own = gcs_settings(url, endpoint).store.model_copy(update={"credentials_file": file})
    store = GcsStore.from_settings(Settings(data_dir=Path(), store=own))
    google = {"Host": "storage.googleapis.com"}  # by which this server knows the XML API
    for number, name in enumerate(ODD_KEYS):
        anonymous.put(request_of(tmp_path, b"%d" % number), name)
        for address in (store.link(name, 900, VIDEO), store.link(name, None, VIDEO)):
            assert requests.get(address, headers=google, timeout=60).content == b"%d" % number
    query = parse_qs(urlsplit(store.link("k", 900, VIDEO)).query)
    assert query["X-Goog-Expires"] == ["900"]
    assert query["response-content-type"] == ["video/mp4"]
    assert named(query["response-content-disposition"][0]) == TAKEN_AS
    with pytest.raises(UsageError, match=r"can't sign.*store\.credentials_file.*--plain"):
        anonymous.link("k", 900, VIDEO)


def test_a_google_signature_is_the_accounts(
    tmp_path: Path, key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = Noted()
    file = account_file(tmp_path, key)
    own = StoreSettings(url="gs://the-bucket/team", credentials_file=file)
    store = open_store(Settings(data_dir=Path(), store=own))
    address = store.link("a b.mp4", 60, VIDEO)
    assert address.startswith("https://storage.googleapis.com/the-bucket/team/a%20b.mp4?")
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    moment = datetime.strptime(query["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    noted.signer_email = "keeper@project.iam.gserviceaccount.com"
    signed(address.partition("?")[0], noted, 60, VIDEO.query, moment)
    signature = bytes.fromhex(query["X-Goog-Signature"])
    key.public_key().verify(signature, noted.text.encode(), padding.PKCS1v15(), hashes.SHA256())


def test_a_folder_has_its_files(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "archive ü")
    store.check()
    store.put(request_of(tmp_path, b"body"), "a b#.mp4")
    for lifetime in (60, None):
        address = store.link("a b#.mp4", lifetime, VIDEO)
        assert Path(unquote(urlsplit(address).path)).read_bytes() == b"body"


@settings(max_examples=50)
@given(st.text(), st.sampled_from(["video/mp4", "text/html", "image/svg+xml", "a/b\r\nX: y", None]))
def test_a_name_of_any_making_is_one_header(name: str, mime_type: str | None) -> None:
    shown = Shown(name, mime_type)
    header = shown.disposition
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith("inline;" if mime_type == "video/mp4" else "attachment;")
    assert not set(named(header)) & set("/\\\r\n")
    assert shown.content_type in {"video/mp4", "text/html", "image/svg+xml", None}


def test_lifetimes() -> None:
    seconds = [lifetime_of(text) for text in ("90s", "15m", "1h", "7d")]
    assert seconds == [90, 900, 3600, 604_800]
    for text in ("0s", "8d", "7", "1w", "-1h", "1.5h", "999999999d", ""):
        with pytest.raises(UsageError, match="--lifetime"):
            lifetime_of(text)


COLUMNS = (
    *("asset_id", "person_row_id", "asset_kind", "provider", "media_id", "filename", "mime_type"),
    *("download_status", "upload_status", "archived_by", "store", "object_key"),
    "asset_type",
)


def publish(target: Target, rows: Sequence[tuple[str | None, ...]]) -> None:
    """A catalogue with these assets."""
    path = published_path(target)
    path.parent.mkdir(parents=True)
    with connect(Target(name="dev", type="duckdb", path=str(path))) as warehouse:
        columns = ", ".join(f"{name} text" for name in COLUMNS)
        warehouse.execute(f"create table assets ({columns}, file_size_bytes bigint)")
        warehouse.execute("create table people (row_id text)")
        for row_id in sorted({str(row[1]) for row in rows}):
            warehouse.execute("insert into people values (?)", [row_id])
        warehouse.execute("create table person_content (row_id text)")
        warehouse.execute("create table failures (asset_id text, next_step text)")
        gone = "put another link into the sheet: it is gone for good"
        warehouse.execute("insert into failures values ('a7', ?)", [gone])
        for row in rows:
            marks = ", ".join("?" * len(row))
            warehouse.execute(f"insert into assets values ({marks}, null, 4)", row)


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_the_command_says_where_and_why_not(
    engine: Target, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    root = (tmp_path / "data" / "archive").as_uri()
    done = ("uploaded", "uploaded", "rowkeeper")
    claimed = ("downloaded", "claimed", "legacy")
    publish(
        engine,
        [
            ("a1", "7", "video", "youtube", "v", "T.mp4", "video/mp4", *done, root, "p/7/a1.mp4"),
            ("a2", "7", "transcript", "youtube", "v", None, None, *done, root, "p/7/a2.vtt"),
            ("a3", "7", "file", "drive", "f", None, None, "pending", None, None, None, None),
            ("a4", "8", "file", "drive", "g", None, None, *done, "s3://elsewhere/x", "x/p/8/a4"),
            ("a5", "9", "file", "drive", "h", None, None, *claimed, None, "files/u.mp4"),
            ("a6", "9", "file", "drive", "i", None, None, *claimed, root, "files/w.mp4"),
            ("a7", "5", "file", "drive", "j", None, None, "failed", None, None, None, None),
        ],
    )

    def said(*arguments: str, code: int = 0) -> tuple[list[str], str]:
        assert run_command(["url", *arguments]) == code
        out, err = capsys.readouterr()
        return out.splitlines(), err

    assert said("a1")[0] == [f"{root}/p/7/a1.mp4"]
    addresses, words = said("7")
    assert addresses == [f"{root}/p/7/a2.vtt", f"{root}/p/7/a1.mp4"]
    assert "video of row 7: T.mp4" in words
    assert "a3 of row 7 is not archived (download pending, upload not begun)" in words
    assert said("7", "--kind", "video")[0] == [f"{root}/p/7/a1.mp4"]
    assert "add --store s3://elsewhere/x" in said("a4", code=2)[1]
    assert "files/u.mp4, as the old system says" in said("a5", code=2)[1]
    assert said("a6")[0] == [f"{root}/files/w.mp4"]  # found, though nobody has read it
    assert "rowkeeper run" in said("a3", code=2)[1]
    reason = said("a7", code=2)[1]
    assert "gone for good" in reason
    assert "rowkeeper run" not in reason
    for nobody in (["nobody"], ["7", "--kind", "folder"]):
        assert "rowkeeper status --people" in said(*nobody, code=2)[1]
    answer: dict[str, Any] = json.loads("\n".join(said("7", "--json")[0]))
    assert [item["filename"] for item in answer["addresses"]] == ["v.vtt", "T.mp4"]
    assert [item["expires_at"] for item in answer["addresses"]] == [None, None]
    assert list(answer["missing"]) == ["a3"]
