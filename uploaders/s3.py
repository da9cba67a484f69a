"""S3 and whatever speaks its protocol, through boto3."""

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from rowkeeper.errors import TransferError, UsageError
from uploaders.base import CHUNK, Held, Store, Stored, UploadRequest, corrupt_object, open_source
from uploaders.s3_errors import code_of, translate, unreachable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from rowkeeper.settings import Settings

MULTIPART_THRESHOLD = 64 << 20
PART_SIZE = 16 << 20
_ABSENT = {"404", "NoSuchKey", "NotFound"}
_RACE_LOST = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}


class S3Store(Store):
    """Objects below a prefix of one bucket.

    Files of up to ``multipart_threshold`` bytes go in one request that the store itself holds to
    their SHA-256; larger ones in parts, and are then read back and hashed.
    """

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
        self.multipart_threshold = multipart_threshold
        self.part_size = part_size
        self._conditional = True

    @classmethod
    def from_settings(cls, settings: "Settings") -> Self:
        """The store of ``s3://bucket/prefix``; raises ``UsageError`` for settings that can't be."""
        bucket, _, prefix = settings.store.url.partition("://")[2].partition("/")
        if not bucket:
            raise UsageError("store.url names no bucket: write s3://bucket or s3://bucket/prefix")
        return cls(_client(settings), bucket, prefix)

    def check(self) -> None:
        """Asks for the bucket, one request."""
        try:
            with self._faults():
                self.client.list_objects_v2(Bucket=self.bucket, MaxKeys=1)
        except TransferError as error:
            raise unreachable(self.root, error.code) from None

    def held(self, request: UploadRequest, key: str) -> Held:
        """By size first, then by the store's own SHA-256, else by reading back and hashing."""
        name = self._name(key)
        with self._faults():
            try:
                head = self.client.head_object(Bucket=self.bucket, Key=name, ChecksumMode="ENABLED")
            except ClientError as error:
                if code_of(error) in _ABSENT:
                    return Held.NOTHING
                raise
            if head["ContentLength"] != request.size_bytes:
                return Held.OTHER
            same = self._verified(request, name, head.get("ChecksumSHA256"))
            return Held.SAME if same else Held.OTHER

    def create(self, request: UploadRequest, key: str) -> bool:
        """In one request, or in parts if the file is large."""
        name = self._name(key)
        with self._faults():
            checksum = None
            if request.size_bytes > self.multipart_threshold:
                self._send_parts(request, name)
            else:
                try:
                    checksum = self._send_whole(request, name)
                except ClientError as error:
                    if code_of(error) in _RACE_LOST:
                        return False
                    raise
            if not self._verified(request, name, checksum):
                with suppress(ClientError, BotoCoreError):
                    self.client.delete_object(Bucket=self.bucket, Key=name)
                raise corrupt_object("the store's bytes do not have the SHA-256 of the download")
        return True

    def stored(self, key: str, *, sent: bool) -> Stored:
        """The object's ``s3://`` URL, its key not escaped."""
        name = self._name(key)
        url = f"s3://{self.bucket}/{name}"
        return Stored(
            store=self.root, bucket=self.bucket, object_key=name, cloud_url=url, sent=sent
        )

    def _name(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _send_whole(self, request: UploadRequest, name: str) -> str | None:
        """One PUT that creates or fails; the store's SHA-256, where it gives one."""
        values: dict[str, Any] = {**_headers(request), "ChecksumSHA256": _base64(request.sha256)}
        if self._conditional:
            values["IfNoneMatch"] = "*"
        try:
            with open_source(request) as body:
                answer = self.client.put_object(Bucket=self.bucket, Key=name, Body=body, **values)
        except ClientError as error:
            if code_of(error) != "NotImplemented" or not self._conditional:
                raise
            self._conditional = False  # this store knows no If-None-Match
            return self._send_whole(request, name)
        return answer.get("ChecksumSHA256")

    def _send_parts(self, request: UploadRequest, name: str) -> None:
        """A multipart upload, its parts one after another; no checksum of the whole comes of it."""
        config = TransferConfig(
            multipart_threshold=self.multipart_threshold,
            multipart_chunksize=self.part_size,
            use_threads=False,
        )
        extra = {**_headers(request), "ChecksumAlgorithm": "SHA256"}
        with open_source(request) as body:
            self.client.upload_fileobj(body, self.bucket, name, ExtraArgs=extra, Config=config)

    def _verified(self, request: UploadRequest, name: str, checksum: str | None) -> bool:
        """Whether the object has the file's SHA-256; read back unless the store vouches for it."""
        if checksum and "-" not in checksum:
            return checksum == _base64(request.sha256)
        digest = hashlib.sha256()
        with self.client.get_object(Bucket=self.bucket, Key=name)["Body"] as body:
            for chunk in body.iter_chunks(CHUNK):
                digest.update(chunk)
        return digest.hexdigest() == request.sha256

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise translate(error, self.root) from None


def _client(settings: "Settings") -> "S3Client":
    """A client with static keys, or with boto3's own chain where none are set."""
    store = settings.store
    secret = store.secret_access_key
    if (store.access_key_id is None) != (secret is None):
        raise UsageError("Set both store.access_key_id and store.secret_access_key, or neither.")
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 2},
        max_pool_connections=max(10, settings.upload.workers),
        s3={"addressing_style": "path" if store.endpoint_url else "auto"},
    )
    try:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=store.endpoint_url,
            region_name=store.region or ("us-east-1" if store.endpoint_url else None),
            aws_access_key_id=store.access_key_id,
            aws_secret_access_key=secret.get_secret_value() if secret else None,
            config=config,
        )
    except ValueError:
        raise UsageError(
            "store.endpoint_url is no URL: write https://host or http://host:port"
        ) from None
    except BotoCoreError as error:
        raise translate(error, store.url) from None


def _headers(request: UploadRequest) -> dict[str, str]:
    mime_type = request.mime_type or ""
    return {"ContentType": mime_type} if re.fullmatch(r"[\w.+-]+/[\w.+-]+", mime_type, re.A) else {}


def _base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()
