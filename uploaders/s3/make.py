"""How an S3 object is made: under the condition that there is none, and held to its SHA-256."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rowkeeper.core.errors import StoreError
from rowkeeper.core.fixity import Content, content_of
from uploaders.base import CHUNK
from uploaders.faults import corrupt_object
from uploaders.links import plain_type
from uploaders.s3.client import Connection
from uploaders.s3.digest import base64_digest
from uploaders.s3.errors import (
    ABSENT,
    CORRUPT,
    ODD,
    RACE_LOST,
    code_of,
    is_unknown_header,
    translate,
)
from uploaders.s3.parts import PartsUpload, Uploads
from uploaders.s3.put import Sender
from uploaders.values import PROBE

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

_HEADERS = {
    "ContentType": "content-type",
    "IfNoneMatch": "if-none-match",
    "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "StorageClass": "x-amz-storage-class",
}
_SETTINGS = {
    "SSEKMSKeyId": "store.kms_key_id",
    "ServerSideEncryption": "store.encryption",
    "StorageClass": "store.storage_class",
}
_CREATE = {"IfNoneMatch": "*"}
_BODY = b"probe"
_RIGHT, _WRONG = hashlib.sha256(_BODY).digest(), hashlib.sha256().digest()


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
        self.deletes = True

    def learn(self, prefix: str) -> None:
        """Do as a run will, and ask for what must be refused: a wrong SHA-256, and to overwrite."""
        name = f"{prefix}{PROBE}"
        try:
            self._learn_to_put(name)
            self._learn_to_read(name)
        except BaseException:
            self.remove(name)
            raise
        self._learn_to_delete(name)

    def _learn_to_put(self, name: str) -> None:
        refuses = self._refusal(name, _WRONG, {}) in CORRUPT
        if refused := self._refusal(name, _RIGHT, {}):
            kept = self.kept()
            settings = ", ".join(_SETTINGS[option] for option in kept)
            raise StoreError(
                f"The store {self.bucket} takes no object ({refused}): "
                + (f"see whether it knows what {settings} asks for, and " if kept else "see ")
                + "which requests it knows, or name another in store.url."
            )
        self.checks_sha256 = refuses and self.sender.sends_checksums
        refused = self._refusal(name, _RIGHT, _CREATE)
        self._only_creates = refused in RACE_LOST
        self._knows_condition = refused is None or self._only_creates

    def _refusal(self, name: str, sha256: bytes, condition: dict[str, Any]) -> str | None:
        """The code by which the store refuses just this; raises if it takes nothing now.

        Nothing but the condition is new to a store that is asked with one.
        """
        options = self.options("text/plain", _RIGHT.hex()) | condition
        try:
            self.sender.put(name, _BODY, sha256, _headers(options))
        except ClientError as error:
            whole = not condition and isinstance(translate(error, ""), StoreError)
            if whole or _passes(error):
                raise
            return code_of(error)
        return None

    def _learn_to_read(self, name: str) -> None:
        try:
            with closing(self.client.get_object(Bucket=self.bucket, Key=name)["Body"]) as body:
                if body.read() == _BODY:
                    return
        except ClientError as error:
            if code_of(error) in ABSENT:  # another run's probe has removed it
                return
            raise
        raise StoreError(
            f"The store {self.bucket} gives other bytes than it was sent: see what stands between, "
            "or name another in store.url."
        )

    def _learn_to_delete(self, name: str) -> None:
        try:
            self.client.delete_object(Bucket=self.bucket, Key=name)
            self.deletes = True
        except ClientError as error:
            if _passes(error):
                raise
            self.deletes = code_of(error) in ABSENT

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
        with suppress(*ODD):
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
            if not self._knows_condition or not is_unknown_header(error):
                raise
            return self._create_asking(name, act)
        return True

    def _create_asking(self, name: str, act: Callable[[dict[str, Any]], object]) -> bool:
        """As :meth:`_create` after a refusal that may be the condition's: without it from now on.

        It was the object's if it is refused again, and then the store knows the condition.
        """
        if self.head(name):
            return False
        act({})
        self._knows_condition = self._only_creates = False
        return True

    def _hold(self, name: str, content: Content, in_parts: str | None = None) -> None:
        if not self.same(name, content, partial(str, in_parts)):
            self.remove(name)
            raise corrupt_object("the store's bytes do not have the download's SHA-256")


def _passes(error: ClientError) -> bool:
    """Whether the store may do the same another time."""
    return error.response["ResponseMetadata"]["HTTPStatusCode"] in {429, 500, 502, 503, 504}


def _headers(options: Mapping[str, Any]) -> dict[str, str]:
    """``options`` as the headers of a request."""
    headers = {_HEADERS[name]: str(options[name]) for name in options.keys() & _HEADERS}
    metadata = options.get("Metadata", {})
    return headers | {f"x-amz-meta-{name}": value for name, value in metadata.items()}
