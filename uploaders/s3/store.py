"""S3 and whatever speaks its protocol, through botocore."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from rowkeeper.core.errors import RetryLaterError, UsageError
from rowkeeper.core.fixity import Content, content_of
from uploaders.base import CHUNK, OWN, Store, open_source
from uploaders.faults import changed_source, keeps_all, missing_object
from uploaders.links import Shown
from uploaders.s3.client import Connection, connect
from uploaders.s3.digest import composite_checksum, hex_digest, pieces
from uploaders.s3.errors import ABSENT, ANSWERED, TOLD, code_of, lacking, translate
from uploaders.s3.links import link_to
from uploaders.s3.make import Maker
from uploaders.s3.parts import PartsUpload
from uploaders.s3.writer import S3Writer
from uploaders.values import Entry, Facts, Held, Stored, UploadRequest
from uploaders.writer import Writer

if TYPE_CHECKING:
    from hashlib import _Hash

    from rowkeeper.core.settings import Settings

MULTIPART_THRESHOLD = 16 << 20
PART_SIZE = 8 << 20
COPY_LIMIT = 5 << 30
_BEYOND = {"416", "InvalidRange"}
_MD5 = re.compile(r"[0-9a-f]{32}")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")


class S3Store(Store):
    """Objects below a prefix of one bucket.

    Files from ``multipart_threshold`` bytes on go in parts of ``part_size`` bytes, smaller ones in
    one request. How they are made and held to their SHA-256 is the ``maker``'s.
    """

    kind = "s3"
    copy_limit = COPY_LIMIT

    def __init__(
        self,
        connection: Connection,
        bucket: str,
        prefix: str = "",
        *,
        multipart_threshold: int = MULTIPART_THRESHOLD,
        part_size: int = PART_SIZE,
    ) -> None:
        self.connection, self.client = connection, connection.client
        self.maker = Maker(connection, bucket)
        self.bucket = bucket
        self.prefix = prefix.strip("/")
        self.root = "/".join(filter(None, (f"s3://{bucket}", self.prefix)))
        self.endpoint = self.client.meta.endpoint_url
        self.multipart_threshold = multipart_threshold
        self.part_size = part_size

    @classmethod
    def from_settings(cls, settings: "Settings") -> Self:
        """The store of ``s3://bucket/prefix``; raises ``UsageError`` for settings that can't be."""
        bucket, _, prefix = settings.store.url.partition("://")[2].partition("/")
        if not _BUCKET.fullmatch(bucket):
            raise UsageError("store.url names no bucket: write s3://bucket or s3://bucket/prefix.")
        return cls(connect(settings), bucket, prefix)

    def probe(self) -> None:
        """Asks for the bucket, then makes an object, reads it and deletes it."""
        with self.faults():
            self.client.list_objects_v2(Bucket=self.bucket, Prefix=self.name(""), MaxKeys=1)
            self.maker.learn(self.name(""))

    @property
    def notice(self) -> str | None:
        said = []
        if not self.maker.sender.sends_checksums:
            said.append(
                f"The store {self.root} refuses checksum headers, so each object is read back and "
                "held to its SHA-256 instead: twice the bytes cross the line."
            )
        if not self.maker.deletes:
            said.append(keeps_all(self.root))
        return " ".join(said) or None

    def sweep(self) -> None:
        """The multipart uploads that are a day old: no run is at work on those."""
        self.maker.uploads.sweep(self.name(""))

    def held(self, request: UploadRequest, key: str) -> Held:
        """By size first, then by the store's own SHA-256, else by reading back and hashing."""
        name, content = self.name(key), Content(request.sha256, request.size_bytes)
        in_parts = partial(composite_checksum, request, self.part_size)
        with self.faults():
            try:
                if not self.maker.same(name, content, in_parts):
                    return Held.OTHER
            except ClientError as error:
                if code_of(error) in ABSENT:
                    return Held.NOTHING
                raise
        if request.size_bytes >= self.multipart_threshold:
            self.maker.uploads.give_up_all(name)
        return Held.SAME

    def create(self, request: UploadRequest, key: str) -> bool:
        """In one request, or in parts if the file is large."""
        if request.size_bytes >= self.multipart_threshold:
            return self._create_in_parts(request, key)
        with open_source(request) as file:
            body = file.read(request.size_bytes + 1)
        content = Content(request.sha256, request.size_bytes)
        if not self.maker.checks_sha256 and content_of([body]) != content:
            raise changed_source()
        try:
            with self.faults():
                return self.maker.whole(self.name(key), body, content, request.mime_type)
        except RetryLaterError as error:
            if error.code == "corrupt_object" and content_of([body]) != content:
                raise changed_source() from None
            raise

    def _create_in_parts(self, request: UploadRequest, key: str) -> bool:
        """Several parts at a time, from one reading; parts that are there already are not sent."""
        whole, made = hashlib.sha256(), False
        content = Content(request.sha256, request.size_bytes)
        with self.faults():
            upload = self.begin(key, request.mime_type, request.sha256)
            try:
                for body in pieces(request, self.part_size):
                    whole.update(body)
                    upload.add(body)
                if whole.hexdigest() != request.sha256:
                    raise changed_source()
                made = self.maker.complete(upload, self.name(key), content)
            finally:
                upload.give_up()
        return made

    def begin(self, key: str, mime_type: str | None, sha256: str | None = None) -> PartsUpload:
        """An upload in parts; of bytes that are known, the one that a killed run began."""
        options = self.maker.options(mime_type, sha256)
        return self.maker.uploads.begin(self.name(key), options, resume=sha256 is not None)

    def writer(
        self, key: str, mime_type: str | None = None, digest: "_Hash | None" = None
    ) -> Writer:
        """As :meth:`create`: what is less than a part goes in one request."""
        return S3Writer(self, key, mime_type, digest)

    def stored(self, key: str, *, existed: bool) -> Stored:
        """The object's ``s3://`` URL, its key not escaped."""
        name = self.name(key)
        url = f"s3://{self.bucket}/{name}"
        return Stored(bucket=self.bucket, object_key=name, cloud_url=url, existed=existed)

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """Page by page, as the store hands them out."""
        below = self.name("")
        with self.faults():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=below + prefix
            )
            for page in pages:
                for item in page.get("Contents", []):
                    if (key := item["Key"].removeprefix(below)) not in OWN:
                        yield Entry(key, item["Size"])

    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """In one request; a range is asked for as a range."""
        if length == 0:
            return
        wanted: dict[str, Any] = {}
        if start or length is not None:
            wanted["Range"] = f"bytes={start}-{'' if length is None else start + length - 1}"
        with self.faults(), self._missing():
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=self.name(key), **wanted)
            except ClientError as error:
                if code_of(error) in _BEYOND:
                    return
                raise
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(CHUNK)

    def describe(self, key: str) -> Facts | None:
        """By HEAD. An ETag is an MD5 unless the object came in parts or is under a key of KMS."""
        with self.faults():
            head = self.maker.head(self.name(key))
            if head is None:
                return None
            size = head["ContentLength"]
        etag = head.get("ETag", "").strip('"').lower()
        is_md5 = head.get("ServerSideEncryption", "AES256") == "AES256" and _MD5.fullmatch(etag)
        sha256 = head.get("ChecksumSHA256", "") if self.maker.checks_sha256 else ""
        return Facts(
            size,
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
        source: Any = {"Bucket": self.bucket, "Key": self.name(key)}
        more = self.maker.kept()
        with self.faults(), self._missing():
            if facts.size_bytes <= self.copy_limit:
                self.client.copy_object(
                    Bucket=self.bucket, Key=self.name(target), CopySource=source, **more
                )
            else:  # parts take no type of their source
                more |= {"ContentType": facts.mime_type} if facts.mime_type else {}
                from boto3.s3.inject import copy

                copy(self.client, source, self.bucket, self.name(target), ExtraArgs=more)
        return True

    def remove(self, key: str) -> None:
        """In a bucket with versions the older ones stay."""
        with self.faults():
            self.client.delete_object(Bucket=self.bucket, Key=self.name(key))

    def link(self, key: str, lifetime_s: int | None, shown: Shown) -> str:
        """Signed by the store's keys; by temporary ones it ends with them at the latest."""
        with self.faults():
            return link_to(self.client, self.bucket, self.name(key), lifetime_s, shown)

    @contextmanager
    def _missing(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            if code_of(error) in ABSENT:
                raise missing_object() from None
            raise

    def name(self, key: str) -> str:
        """The object's whole name."""
        return f"{self.prefix}/{key}" if self.prefix else key

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Say what botocore's errors mean for the house."""
        try:
            yield
        except TOLD as error:
            raise translate(error, self.root) from None
        except KeyError as error:
            if error.args[0] not in ANSWERED:
                raise
            raise lacking(error) from None
