"""One large object as an S3 multipart upload that is created or fails, never half there."""

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from uploaders.s3.digest import base64_digest, composite
from uploaders.s3.errors import ODD, is_unknown_header
from uploaders.s3.put import Sender

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        CompletedPartTypeDef,
        ListMultipartUploadsOutputTypeDef,
        MultipartUploadTypeDef,
        PartTypeDef,
    )

AT_ONCE = 4
ABANDONED = timedelta(days=1)


@dataclass(frozen=True)
class Part:
    """A part that the store has."""

    number: int
    digest: bytes
    etag: str
    checked: bool

    def described(self) -> "CompletedPartTypeDef":
        """As the store wants to be told of it."""
        if self.checked:
            checksum = base64_digest(self.digest)
            return {"PartNumber": self.number, "ETag": self.etag, "ChecksumSHA256": checksum}
        return {"PartNumber": self.number, "ETag": self.etag}


@dataclass
class Lanes:
    """What the multipart uploads of one store share: threads, room for parts, who is at work.

    So the parts in memory are ``AT_ONCE``, and one that waits for each writer.
    """

    room: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))
    live: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="part")
    )

    def submit(self, work: Callable[[int, bytes], Part], number: int, body: bytes) -> Future[Part]:
        """Have ``work`` done as soon as there is room."""
        self.room.acquire()
        future = self.threads.submit(work, number, body)
        future.add_done_callback(lambda _: self.room.release())
        return future


class Uploads:
    """The multipart uploads below one bucket."""

    def __init__(self, client: "S3Client", bucket: str, sender: Sender) -> None:
        self.client, self.bucket, self.sender = client, bucket, sender
        self.lanes = Lanes()

    def begin(self, name: str, options: dict[str, Any], *, resume: bool = False) -> "PartsUpload":
        """A new upload; or one that a killed run left for this object, if its parts are known."""
        with self.lanes.lock:
            upload = self._resumed(name) if resume else None
            if upload:
                return PartsUpload(self, name, *upload)
            return PartsUpload(self, name, self._made(name, options), {})

    def _made(self, name: str, options: dict[str, Any]) -> str:
        """The id of a new upload, whose parts have checksums where the store knows them."""
        given = {"Bucket": self.bucket, "Key": name, **options}
        if self.sender.sends_checksums:
            try:
                made = self.client.create_multipart_upload(**given, ChecksumAlgorithm="SHA256")
                return made["UploadId"]
            except ClientError as error:
                if not is_unknown_header(error):
                    raise
        made = self.client.create_multipart_upload(**given)
        self.sender.sends_checksums = False
        return made["UploadId"]

    def give_up(self, name: str, upload_id: str) -> None:
        """Abort an upload; what can't be aborted now is swept later."""
        with suppress(*ODD):
            self.client.abort_multipart_upload(Bucket=self.bucket, Key=name, UploadId=upload_id)

    def give_up_all(self, name: str) -> None:
        """Abort the uploads to an object that nobody here is at work on."""
        with self.lanes.lock, suppress(*ODD):
            for upload in self._left(name):
                if upload["Key"] == name:
                    self.give_up(name, upload["UploadId"])

    def sweep(self, prefix: str) -> None:
        """Abort the uploads below ``prefix`` that are a day old: no run is at work on those.

        Ages are told by the store's own clock: this machine's may be a day ahead.
        """
        with suppress(*ODD):
            for page in self._pages(prefix):
                told_at = _told_at(page)
                for upload in self._of(page):
                    if told_at and upload["Initiated"] < told_at - ABANDONED:
                        self.give_up(upload["Key"], upload["UploadId"])

    def _resumed(self, name: str) -> tuple[str, dict[int, "PartTypeDef"]] | None:
        """The upload to go on with, and its parts by number; the others are aborted."""
        best: tuple[str, dict[int, PartTypeDef]] | None = None
        with suppress(*ODD):
            for upload in self._left(name):
                if upload["Key"] != name:
                    continue
                parts = self._parts(name, upload["UploadId"])
                if parts and (best is None or len(parts) > len(best[1])):
                    if best:
                        self.give_up(name, best[0])
                    best = upload["UploadId"], parts
                else:
                    self.give_up(name, upload["UploadId"])
        return best

    def _parts(self, name: str, upload_id: str) -> dict[int, "PartTypeDef"]:
        pages = self.client.get_paginator("list_parts").paginate(
            Bucket=self.bucket, Key=name, UploadId=upload_id
        )
        parts = (part for page in pages for part in page.get("Parts", []))
        return {part["PartNumber"]: part for part in parts if part.get("ChecksumSHA256")}

    def _left(self, prefix: str) -> Iterator["MultipartUploadTypeDef"]:
        for page in self._pages(prefix):
            yield from self._of(page)

    def _pages(self, prefix: str) -> Iterable["ListMultipartUploadsOutputTypeDef"]:
        listing = self.client.get_paginator("list_multipart_uploads")
        return listing.paginate(Bucket=self.bucket, Prefix=prefix)

    def _of(self, page: "ListMultipartUploadsOutputTypeDef") -> Iterator["MultipartUploadTypeDef"]:
        """The uploads of a page that nobody here is at work on."""
        for upload in page.get("Uploads", []):
            if upload["UploadId"] not in self.lanes.live:
                yield upload


def _told_at(page: "ListMultipartUploadsOutputTypeDef") -> datetime | None:
    """When the store gave this answer, by its own clock; None if it does not say."""
    said = page["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class PartsUpload:
    """One multipart upload; each part is held by the store to its SHA-256.

    Raises botocore's errors. In the end it is given up, which does nothing to a complete one.
    """

    def __init__(
        self, uploads: Uploads, name: str, upload_id: str, there: dict[int, "PartTypeDef"]
    ) -> None:
        self._uploads, self._name, self._id, self._there = uploads, name, upload_id, there
        self._pending: deque[Future[Part]] = deque()
        self._parts: list[Part] = []
        self._count, self._done = 0, False
        uploads.lanes.live.add(upload_id)

    def add(self, body: bytes) -> None:
        """Send the next part; raises what befell an earlier one."""
        while self._pending and self._pending[0].done():
            self._parts.append(self._pending.popleft().result())
        self._count += 1
        self._pending.append(self._uploads.lanes.submit(self._send, self._count, body))

    def complete(self, condition: dict[str, Any]) -> str:
        """Make the object under ``condition`` and say which checksum it should have."""
        self._parts += [future.result() for future in self._pending]
        self._pending.clear()
        self._uploads.client.complete_multipart_upload(
            Bucket=self._uploads.bucket,
            Key=self._name,
            UploadId=self._id,
            MultipartUpload={"Parts": [part.described() for part in self._parts]},
            **condition,
        )
        self._done = True
        self._uploads.lanes.live.discard(self._id)
        return composite([part.digest for part in self._parts])

    def give_up(self) -> None:
        """Abort it, unless it is complete, when the parts under way have ended: later ones stay."""
        if self._done:
            return
        for future in self._pending:
            future.cancel()
        wait(self._pending)
        self._uploads.give_up(self._name, self._id)
        self._done = True
        self._uploads.lanes.live.discard(self._id)

    def _send(self, number: int, body: bytes) -> Part:
        digest = hashlib.sha256(body).digest()
        there = self._there.get(number)
        if (
            there
            and there["Size"] == len(body)
            and there["ChecksumSHA256"] == base64_digest(digest)
        ):
            return Part(number, digest, there["ETag"], checked=True)
        query = {"partNumber": str(number), "uploadId": self._id}
        answer = self._uploads.sender.put(self._name, body, digest, query=query)
        return Part(number, digest, answer["ETag"], "x-amz-checksum-sha256" in answer)
