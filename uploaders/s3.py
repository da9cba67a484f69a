"""S3 and whatever speaks its protocol, through boto3."""

import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from rowkeeper.errors import StoreError, UsageError
from uploaders.base import (
    CHUNK,
    Entry,
    Facts,
    Held,
    Store,
    Stored,
    UploadRequest,
    content_type,
    corrupt_object,
    missing_object,
    open_source,
)
from uploaders.links import Shown
from uploaders.s3_client import connect
from uploaders.s3_errors import CORRUPT, code_of, translate
from uploaders.s3_links import link_to
from uploaders.s3_parts import PartsUpload, base64_digest, composite_checksum, hex_digest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

    from rowkeeper.settings import Settings

MULTIPART_THRESHOLD = 64 << 20
PART_SIZE = 16 << 20
COPY_LIMIT = 5 << 30
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_BEYOND = {"416", "InvalidRange"}
_RACE_LOST = {
    "409",
    "412",
    "ConditionalRequestConflict",
    "NoSuchUpload",  # the winner of a race gives up the others' parts
    "PreconditionFailed",
}
_MD5 = re.compile(r"[0-9a-f]{32}")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")


class S3Store(Store):
    """Objects below a prefix of one bucket.

    Files from ``multipart_threshold`` bytes on go in parts of ``part_size`` bytes, smaller ones in
    one request. The store's own SHA-256 counts only after :meth:`probe` saw it refuse a wrong one;
    until then, and where there is none, the object is read back and hashed.
    """

    kind = "s3"
    copy_limit = COPY_LIMIT

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        prefix: str = "",
        *,
        multipart_threshold: int = MULTIPART_THRESHOLD,
        part_size: int = PART_SIZE,
    ) -> None:
        self.client = client
        self.bucket = bucket
        self.prefix = prefix.strip("/")
        self.root = "/".join(filter(None, (f"s3://{bucket}", self.prefix)))
        self.endpoint = client.meta.endpoint_url
        self.multipart_threshold = multipart_threshold
        self.part_size = part_size
        self._checks_sha256 = False
        self._conditional = True

    @classmethod
    def from_settings(cls, settings: "Settings") -> Self:
        """The store of ``s3://bucket/prefix``; raises ``UsageError`` for settings that can't be."""
        bucket, _, prefix = settings.store.url.partition("://")[2].partition("/")
        if not _BUCKET.fullmatch(bucket):
            raise UsageError("store.url names no bucket: write s3://bucket or s3://bucket/prefix.")
        return cls(connect(settings), bucket, prefix)

    def probe(self) -> None:
        """Asks for the bucket, then sends an object with a wrong SHA-256, which must be refused."""
        name = self._name(f".rowkeeper-probe-{uuid.uuid4()}")
        wrong = base64_digest(hashlib.sha256().digest())
        with self._faults():
            self.client.list_objects_v2(Bucket=self.bucket, Prefix=self._name(""), MaxKeys=1)
            try:
                self.client.put_object(
                    Bucket=self.bucket,
                    Key=name,
                    Body=b"probe",
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=wrong,
                )
            except ClientError as error:
                self._checks_sha256 = code_of(error) in CORRUPT
                refusal = translate(error, self.root)
                if isinstance(refusal, StoreError):
                    raise refusal from None
            else:
                self._remove(name)

    def held(self, request: UploadRequest, key: str) -> Held:
        """By size first, then by the store's own SHA-256, else by reading back and hashing."""
        with self._faults():
            try:
                return Held.SAME if self._verified(request, self._name(key)) else Held.OTHER
            except ClientError as error:
                if code_of(error) in _ABSENT:
                    return Held.NOTHING
                raise

    def create(self, request: UploadRequest, key: str) -> bool:
        """In one request, or in parts if the file is large; then as :meth:`held`."""
        name = self._name(key)
        with self._faults():
            try:
                self._send(request, name)
            except ClientError as error:
                if code_of(error) in _RACE_LOST:
                    return False
                raise
            if not self._verified(request, name):
                self._remove(name)
                raise corrupt_object("the store's bytes do not have the download's SHA-256")
        return True

    def stored(self, key: str, *, existed: bool) -> Stored:
        """The object's ``s3://`` URL, its key not escaped."""
        name = self._name(key)
        url = f"s3://{self.bucket}/{name}"
        return Stored(bucket=self.bucket, object_key=name, cloud_url=url, existed=existed)

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """Page by page, as the store hands them out."""
        below = self._name("")
        with self._faults():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=below + prefix
            )
            for page in pages:
                for item in page.get("Contents", []):
                    yield Entry(item["Key"].removeprefix(below), item["Size"])

    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """In one request; a range is asked for as a range."""
        if length == 0:
            return
        wanted: dict[str, Any] = {}
        if start or length is not None:
            wanted["Range"] = f"bytes={start}-{'' if length is None else start + length - 1}"
        with self._faults(), self._missing():
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=self._name(key), **wanted)
            except ClientError as error:
                if code_of(error) in _BEYOND:
                    return
                raise
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(CHUNK)

    def describe(self, key: str) -> Facts | None:
        """By HEAD. An ETag is an MD5 unless the object came in parts or is under a key of KMS."""
        with self._faults():
            try:
                head = self.client.head_object(
                    Bucket=self.bucket, Key=self._name(key), ChecksumMode="ENABLED"
                )
            except ClientError as error:
                if code_of(error) in _ABSENT:
                    return None
                raise
        etag = head["ETag"].strip('"').lower()
        is_md5 = head.get("ServerSideEncryption", "AES256") == "AES256" and _MD5.fullmatch(etag)
        sha256 = head.get("ChecksumSHA256", "") if self._checks_sha256 else ""
        return Facts(
            head["ContentLength"],
            head.get("ContentType"),
            md5=etag if is_md5 else None,
            sha256=hex_digest(sha256) if sha256 and "-" not in sha256 else None,
        )

    def copy(self, key: str, target: str) -> bool:
        """In one request, or in parts if the object is over what S3 copies at once.

        ``target`` is asked for first. Unlike :meth:`create` that leaves a moment in which another
        writer may come first.
        """
        facts = self.describe(key)
        if facts is None:
            raise missing_object()
        if self.describe(target):
            return False
        source: CopySourceTypeDef = {"Bucket": self.bucket, "Key": self._name(key)}
        with self._faults(), self._missing():
            if facts.size_bytes <= self.copy_limit:
                self.client.copy_object(
                    Bucket=self.bucket, Key=self._name(target), CopySource=source
                )
            else:  # parts take no type of their source
                more = {"ContentType": facts.mime_type} if facts.mime_type else {}
                self.client.copy(source, self.bucket, self._name(target), ExtraArgs=more)
        return True

    def remove(self, key: str) -> None:
        """In a bucket with versions the older ones stay."""
        with self._faults():
            self.client.delete_object(Bucket=self.bucket, Key=self._name(key))

    def link(self, key: str, lifetime_s: int | None, shown: Shown) -> str:
        """Signed by the store's keys; by temporary ones it ends with them at the latest."""
        with self._faults():
            return link_to(self.client, self.bucket, self._name(key), lifetime_s, shown)

    @contextmanager
    def _missing(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            if code_of(error) in _ABSENT:
                raise missing_object() from None
            raise

    def _name(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _in_parts(self, request: UploadRequest) -> bool:
        return request.size_bytes >= self.multipart_threshold

    def _send(self, request: UploadRequest, name: str) -> None:
        """Create the object; a store that knows no If-None-Match is asked without it."""
        condition = {"IfNoneMatch": "*"} if self._conditional else {}
        try:
            if self._in_parts(request):
                PartsUpload(self.client, self.bucket, name, self.part_size).send(
                    request, _headers(request), condition
                )
            else:
                self._send_whole(request, name, condition)
        except ClientError as error:
            if code_of(error) != "NotImplemented" or not condition:
                raise
            self._conditional = False
            self._send(request, name)

    def _send_whole(self, request: UploadRequest, name: str, condition: dict[str, Any]) -> None:
        with open_source(request) as body:
            self.client.put_object(
                Bucket=self.bucket,
                Key=name,
                Body=body,
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=base64_digest(bytes.fromhex(request.sha256)),
                **_headers(request),
                **condition,
            )

    def _verified(self, request: UploadRequest, name: str) -> bool:
        """Whether the object has the file's bytes; raises ``ClientError`` if there is none."""
        head = self.client.head_object(Bucket=self.bucket, Key=name, ChecksumMode="ENABLED")
        if head["ContentLength"] != request.size_bytes:
            return False
        checksum = head.get("ChecksumSHA256")
        if checksum and self._checks_sha256:
            if "-" not in checksum:
                return checksum == base64_digest(bytes.fromhex(request.sha256))
            if checksum == composite_checksum(request, self.part_size):
                return True
        digest = hashlib.sha256()
        with closing(self.client.get_object(Bucket=self.bucket, Key=name)["Body"]) as body:
            for chunk in body.iter_chunks(CHUNK):
                digest.update(chunk)
        return digest.hexdigest() == request.sha256

    def _remove(self, name: str) -> None:
        """Remove an object that this instance itself has just created."""
        with suppress(ClientError, BotoCoreError):
            self.client.delete_object(Bucket=self.bucket, Key=name)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise translate(error, self.root) from None


def _headers(request: UploadRequest) -> dict[str, Any]:
    mime_type = content_type(request)
    return {"ContentType": mime_type} if mime_type else {}
