"""What S3 objects are kept with, and by whose keys: settings that reach each request."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError, FlexibleChecksumError
from botocore.parsers import ResponseParserError
from pydantic import ValidationError

from rowkeeper.core.errors import RetryLaterError, StoreError, TransferError, UsageError
from rowkeeper.core.setting_sections import StoreSettings
from rowkeeper.core.settings import Settings
from tests.fakes.s3 import FaultyS3, client_for, s3_settings, shared_ministack
from tests.helpers.stores import request_of
from uploaders.s3.client import connect
from uploaders.s3.errors import is_unknown_header, translate
from uploaders.s3.store import S3Store

BUCKET = "kept-with"
KEPT = {
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": "the-key",
    "x-amz-storage-class": "STANDARD_IA",
}


def settings_with(folder: Path, endpoint: str, **more: str) -> Settings:
    settings = s3_settings(folder, f"s3://{BUCKET}/below", endpoint)
    return settings.model_copy(update={"store": settings.store.model_copy(update=more)})


def test_encryption_and_class_go_with_each_object_and_never_an_acl(tmp_path: Path) -> None:
    client_for(shared_ministack().url).create_bucket(Bucket=BUCKET)
    given = {
        "encryption": "aws:kms",
        "kms_key_id": "the-key",
        "storage_class": "STANDARD_IA",
    }
    with FaultyS3() as proxy:
        connection = connect(settings_with(tmp_path, proxy.url, **given))
        whole = S3Store(connection, BUCKET, "below")
        parts = S3Store(connection, BUCKET, "below", multipart_threshold=1, part_size=5 << 20)
        whole.check()
        proxy.reset()
        proxy.headers.clear()
        request = request_of(tmp_path, b"x" * ((5 << 20) + 1))
        whole.put(request, "whole")
        parts.put(request, "parts")
        assert whole.copy("whole", "copied")
        with whole.writer("streamed") as writer:
            writer.write(b"body")
            writer.commit(writer.content.sha256)
        sent = dict(zip(proxy.requests, proxy.headers, strict=True))
    creating = {
        line: {name.lower(): value for name, value in headers.items()}
        for line, headers in sent.items()
        if line.endswith(("/whole", "/copied", "/streamed", "?uploads"))
        and line.startswith(("PUT", "POST"))
    }
    assert len(creating) == 4
    for line, headers in creating.items():
        assert KEPT.items() <= headers.items(), line
    names = {name.lower() for headers in sent.values() for name in headers}
    assert not [name for name in names if name.startswith(("x-amz-acl", "x-amz-grant"))]


@pytest.mark.parametrize(
    ("given", "header", "refusal", "words"),
    [
        ({"storage_class": "COLD"}, "storage-class", "400 InvalidStorageClass", "storage_class"),
        ({"storage_class": "COLD"}, "storage-class", "501 NotImplemented", "storage_class"),
        ({"encryption": "aws:kms"}, "server-side-encryption", "400 X", r"store\.encryption asks"),
        ({"encryption": "aws:kms"}, "server-side-encryption", "400 KMS.NotFoundException", "key"),
        (
            {},
            "meta-sha256",
            "400 InvalidArgument",
            r"takes no object \(InvalidArgument\): see which",
        ),
        ({}, "meta-sha256", "400 XMinioAdminBucketQuotaExceeded", "raise its quota"),
    ],
)
def test_what_a_run_will_ask_for_is_tried_before(
    tmp_path: Path, given: dict[str, str], header: str, refusal: str, words: str
) -> None:
    client_for(shared_ministack().url).create_bucket(Bucket=BUCKET)
    with FaultyS3() as proxy:
        proxy.refused[f"x-amz-{header}"] = refusal
        with pytest.raises(StoreError, match=words):
            S3Store(connect(settings_with(tmp_path, proxy.url, **given)), BUCKET).check()


def test_a_policy_that_wants_encryption_has_it_from_the_probe_on(tmp_path: Path) -> None:
    client_for(shared_ministack().url).create_bucket(Bucket=BUCKET)
    with FaultyS3() as proxy:
        proxy.required["x-amz-server-side-encryption"] = "403 AccessDenied"
        store = S3Store(connect(settings_with(tmp_path, proxy.url, encryption="AES256")), BUCKET)
        store.check()
        assert not store.put(request_of(tmp_path, b"wanted"), tmp_path.name).existed


def test_a_key_wants_its_encryption(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"store\.encryption = aws:kms"):
        connect(settings_with(tmp_path, "http://127.0.0.1:1", kms_key_id="the-key"))


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"store\.profile nobody .*~/\.aws"):
        connect(settings_with(tmp_path, "http://127.0.0.1:1", profile="nobody"))


@pytest.mark.parametrize(
    ("style", "endpoint", "found"),
    [
        ("auto", "http://127.0.0.1:1", "http://127.0.0.1:1/kept-with/k"),
        ("virtual", "http://store.example:1", "http://kept-with.store.example:1/k"),
        ("path", "http://store.example:1", "http://store.example:1/kept-with/k"),
    ],
)
def test_where_the_bucket_goes(tmp_path: Path, style: str, endpoint: str, found: str) -> None:
    client = connect(settings_with(tmp_path, endpoint, addressing_style=style)).client
    asked = {"Bucket": BUCKET, "Key": "k"}
    assert client.generate_presigned_url("get_object", Params=asked).partition("?")[0] == found


def test_a_role_is_assumed_when_its_keys_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", shared_ministack().url)
    role = "arn:aws:iam::123456789012:role/archivist"
    connection = connect(settings_with(tmp_path, shared_ministack().url, role_arn=role))
    assert connection.credentials is not None
    keys = connection.credentials.get_frozen_credentials()
    assert keys.token
    assert keys.access_key != "AKIATEST"


@pytest.mark.parametrize(
    "given",
    [{"encryption": "rot13"}, {"storage_class": "cold!"}, {"role_arn": "archivist"}],
)
def test_what_can_t_be_set(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        StoreSettings.model_validate(given)


def refusal(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetObject")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("InvalidObjectState", 403, "object_asleep"),
        ("ObjectLockedByBucketPolicy", 403, "object_locked"),
        ("WormViolation", 403, "object_locked"),
        ("ThrottlingException", 400, "s3_400"),
        ("TooManyRequests", 429, "s3_429"),
    ],
)
def test_what_concerns_one_object_is_not_told_of_the_store(
    code: str, status: int, told: str
) -> None:
    error = translate(refusal(code, status), "s3://b")
    assert isinstance(error, TransferError)
    assert error.code == told
    assert not is_unknown_header(refusal(code, status))


@pytest.mark.parametrize(
    ("code", "status", "remedy"),
    [
        ("BucketQuotaExceeded", 403, "free space"),
        ("CapExceeded", 403, "free space"),
        ("storage_cap_exceeded", 403, "free space"),
        ("InsufficientCapacity", 507, "free space"),
        ("PaymentRequired", 402, "provider"),
        ("402", 402, "provider"),
        ("AccountProblem", 403, "provider"),
        ("KMSNotConfigured", 501, "store.encryption"),
        ("KMS.NotFoundException", 400, "store.kms_key_id"),
        ("ExpiredTokenException", 400, "store.access_key_id"),
        ("UnrecognizedClientException", 400, "store.access_key_id"),
        ("RequestExpired", 403, "clock"),
        ("SomethingNew", 403, "store.access_key_id"),
    ],
)
def test_what_concerns_the_store_is_told_once(code: str, status: int, remedy: str) -> None:
    error = translate(refusal(code, status), "s3://b")
    assert isinstance(error, StoreError)
    assert remedy in str(error)
    assert status not in {400, 501} or not is_unknown_header(refusal(code, status))


def test_answers_that_are_none_are_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = S3Store(connect(settings_with(tmp_path, "http://127.0.0.1:1")), BUCKET)
    monkeypatch.setattr(store.maker, "head", lambda name: {"ContentLength": 3})
    facts = store.describe("k")
    assert facts is not None
    assert (facts.size_bytes, facts.md5) == (3, None)
    monkeypatch.setattr(store.maker, "head", lambda name: {"ETag": "x"})
    with pytest.raises(RetryLaterError, match="no whole answer: ContentLength"):
        store.describe("k")
    for odd, code in (
        (ResponseParserError("invalid XML"), "store_transport"),
        (FlexibleChecksumError(error_msg="other"), "corrupt_object"),
    ):
        with pytest.raises(RetryLaterError) as caught, store.faults():
            raise odd
        assert caught.value.code == code
    with pytest.raises(KeyError), store.faults():
        raise KeyError("a fault of ours")
