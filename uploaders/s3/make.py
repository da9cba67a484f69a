"""How an S3 object is made: under the condition that there is none, and held to its SHA-256."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from rowkeeper.core.errors import StoreError
from rowkeeper.core.fixity import Content, content_of
from uploaders.base import CHUNK, PROBE
from uploaders.faults import corrupt_object
from uploaders.links import plain_type
from uploaders.s3.client import Connection
from uploaders.s3.digest import base64_digest
from uploaders.s3.errors import ABSENT, CORRUPT, RACE_LOST, code_of, is_unknown_header, translate
from uploaders.s3.parts import PartsUpload, Uploads
from uploaders.s3.put import Sender

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

_HEADERS = {
    "ContentType": "content-type",
    "IfNoneMatch": "if-none-match",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "StorageClass": "x-amz-storage-class",
}
_CREATE = {"IfNoneMatch": "*"}


class Maker:
    """Makes the objects of one bucket. It raises botocore's errors beside the house's own.

    What the store says of a SHA-256, and that it creates and never overwrites, counts only after
    :meth:`learn` saw it refuse the contrary. Until then, and where it does not, an object is asked
    for before it is sent and read back after.
    """

    def __init__(self, connection: Connection, bucket: str) -> None:
        self.client, self.bucket = connection.client, bucket
        self.sender = Sender(connection, bucket)
        self.uploads = Uploads(self.client, bucket, self.sender)
        self.checks_sha256 = False
        self._options = connection.options
        self._only_creates = False
        self._knows_condition = True

    def learn(self, prefix: str) -> None:
        """Ask for what must be refused: a wrong SHA-256, and to overwrite."""
        name = f"{prefix}{PROBE}"
        right, wrong = hashlib.sha256(b"probe").digest(), hashlib.sha256().digest()
        try:
            refuses = self._refusal(name, wrong, {}) in CORRUPT
            refused = self._refusal(name, right, {})
            self.checks_sha256 = refuses and self.sender.sends_checksums
            if refused:
                raise StoreError(
                    f"The store {self.bucket} takes no object ({refused}): see which requests it "
                    "knows, or name another in store.url."
                )
            self._only_creates = self._refusal(name, right, _CREATE) in RACE_LOST
        finally:
            self.remove(name)

    def _refusal(self, name: str, sha256: bytes, options: dict[str, Any]) -> str | None:
        """The code by which the store refuses just this; raises if it takes nothing now."""
        try:
            self.sender.put(name, b"probe", sha256, _headers(options))
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status in {429, 500, 503} or isinstance(translate(error, ""), StoreError):
                raise
            return code_of(error)
        return None

    def options(self, mime_type: str | None, sha256: str | None = None) -> dict[str, Any]:
        """What an object is made with, as boto3 calls it. Never an ACL."""
        options: dict[str, Any] = self.kept()
        if kind := plain_type(mime_type):
            options["ContentType"] = kind
        if sha256:
            options["Metadata"] = {"sha256": sha256}
        return options

    def kept(self) -> dict[str, Any]:
        """What every object is kept with: encryption and storage class."""
        return dict(self._options)

    def whole(self, name: str, body: bytes, content: Content, mime_type: str | None) -> bool:
        """Create the object in one request; False if there is one."""
        options, digest = self.options(mime_type, content.sha256), bytes.fromhex(content.sha256)
        made = self._create(
            name, lambda given: self.sender.put(name, body, digest, _headers(options | given))
        )
        if made and not self.checks_sha256:
            self._hold(name, content)
        return made

    def complete(self, upload: PartsUpload, name: str, content: Content) -> bool:
        """Make the object of an upload's parts; False if there is one."""
        checksums: list[str] = []
        made = self._create(name, lambda given: checksums.append(upload.complete(given)))
        if made:
            self._hold(name, content, checksums[0])
            self.uploads.give_up_all(name)
        return made

    def same(self, name: str, content: Content, in_parts: Callable[[], str | None]) -> bool:
        """Whether the object has this content; raises ``ClientError`` if there is none.

        ``in_parts``: which checksum it has if it was sent in parts.
        """
        head = self._head(name)
        if head["ContentLength"] != content.size_bytes:
            return False
        checksum = head.get("ChecksumSHA256")
        if checksum and self.checks_sha256:
            if "-" not in checksum:
                return checksum == base64_digest(bytes.fromhex(content.sha256))
            if checksum == in_parts():
                return True
        with closing(self.client.get_object(Bucket=self.bucket, Key=name)["Body"]) as body:
            return content_of(body.iter_chunks(CHUNK)) == content

    def head(self, name: str) -> "HeadObjectOutputTypeDef | None":
        """What the store says of an object; None if there is none."""
        try:
            return self._head(name)
        except ClientError as error:
            if code_of(error) in ABSENT:
                return None
            raise

    def _head(self, name: str) -> "HeadObjectOutputTypeDef":
        if self.sender.sends_checksums:
            try:
                return self.client.head_object(Bucket=self.bucket, Key=name, ChecksumMode="ENABLED")
            except ClientError as error:
                if not is_unknown_header(error):
                    raise
        head = self.client.head_object(Bucket=self.bucket, Key=name)
        self.sender.sends_checksums = False
        return head

    def remove(self, name: str) -> None:
        """Remove an object that this instance itself has just created."""
        with suppress(ClientError, BotoCoreError):
            self.client.delete_object(Bucket=self.bucket, Key=name)

    def _create(self, name: str, act: Callable[[dict[str, Any]], object]) -> bool:
        """Do what makes an object, under the condition that there is none; False if there is one.

        A store that does not hold to the condition is asked before; one that does not know it is
        told none.
        """
        if not self._only_creates and self.head(name):
            return False
        try:
            act(_CREATE if self._knows_condition else {})
        except ClientError as error:
            if code_of(error) in RACE_LOST:
                return False
            if code_of(error) != "NotImplemented" or not self._knows_condition:
                raise
            self._knows_condition = self._only_creates = False
            return self._create(name, act)
        return True

    def _hold(self, name: str, content: Content, in_parts: str | None = None) -> None:
        if not self.same(name, content, partial(str, in_parts)):
            self.remove(name)
            raise corrupt_object("the store's bytes do not have the download's SHA-256")


def _headers(options: Mapping[str, Any]) -> dict[str, str]:
    """``options`` as the headers of a request."""
    headers = {_HEADERS[name]: str(options[name]) for name in options.keys() & _HEADERS}
    metadata = options.get("Metadata", {})
    return headers | {f"x-amz-meta-{name}": value for name, value in metadata.items()}
