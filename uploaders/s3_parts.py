"""One large file as an S3 multipart upload that is created or fails, never half there."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from uploaders.base import UploadRequest, changed_source, open_source

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MAX_PARTS = 10_000


class PartsUpload:
    """A multipart upload to ``name``; its parts hold at least ``part_size`` bytes each."""

    def __init__(self, client: "S3Client", bucket: str, name: str, part_size: int) -> None:
        self.client = client
        self.address: dict[str, Any] = {"Bucket": bucket, "Key": name}
        self.part_size = part_size

    def send(
        self, request: UploadRequest, headers: dict[str, Any], condition: dict[str, Any]
    ) -> None:
        """Send the parts, each with its SHA-256, then make the object under ``condition``.

        Nothing is made of bytes that differ from the request's SHA-256. Raises botocore's errors
        and ``NeedsPersonError``; the parts are then given up. So are, in the end, those that a
        killed run left for the same object.
        """
        upload_id = self.client.create_multipart_upload(
            **self.address, ChecksumAlgorithm="SHA256", **headers
        )["UploadId"]
        try:
            self.client.complete_multipart_upload(
                **self.address,
                UploadId=upload_id,
                MultipartUpload={"Parts": self._send_parts(request, upload_id)},
                **condition,
            )
        except BaseException:
            self._give_up(upload_id)
            raise
        self._give_up_leftovers()

    def _send_parts(self, request: UploadRequest, upload_id: str) -> list["CompletedPartTypeDef"]:
        whole = hashlib.sha256()
        parts: list[CompletedPartTypeDef] = []
        for number, body in enumerate(_pieces(request, self.part_size), start=1):
            whole.update(body)
            checksum = base64_digest(hashlib.sha256(body).digest())
            answer = self.client.upload_part(
                **self.address,
                UploadId=upload_id,
                PartNumber=number,
                Body=body,
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=checksum,
            )
            part: CompletedPartTypeDef = {"PartNumber": number, "ETag": answer["ETag"]}
            if answer.get("ChecksumSHA256"):
                part["ChecksumSHA256"] = checksum
            parts.append(part)
        if whole.hexdigest() != request.sha256:
            raise changed_source()
        return parts

    def _give_up(self, upload_id: str) -> None:
        with suppress(ClientError, BotoCoreError):
            self.client.abort_multipart_upload(**self.address, UploadId=upload_id)

    def _give_up_leftovers(self) -> None:
        name = self.address["Key"]
        with suppress(ClientError, BotoCoreError):
            listing = self.client.list_multipart_uploads(Bucket=self.address["Bucket"], Prefix=name)
            for upload in listing.get("Uploads", []):
                if upload.get("Key") == name:
                    self._give_up(upload["UploadId"])


def composite_checksum(request: UploadRequest, part_size: int) -> str | None:
    """The checksum that S3 keeps of the file when it is sent in parts: ``base64-count``.

    None if the file no longer has the request's SHA-256: then it says nothing about an object.
    """
    whole, digests = hashlib.sha256(), []
    for body in _pieces(request, part_size):
        whole.update(body)
        digests.append(hashlib.sha256(body).digest())
    if whole.hexdigest() != request.sha256:
        return None
    return f"{base64_digest(hashlib.sha256(b''.join(digests)).digest())}-{len(digests)}"


def base64_digest(digest: bytes) -> str:
    """A digest as S3 writes it."""
    return base64.b64encode(digest).decode()


def hex_digest(text: str) -> str:
    """The other way round: a digest as we write it."""
    return base64.b64decode(text).hex()


def _pieces(request: UploadRequest, part_size: int) -> Iterator[bytes]:
    """The file in pieces of ``part_size`` bytes, or of more where it would be over 10,000."""
    size = max(part_size, -(-request.size_bytes // MAX_PARTS))
    with open_source(request) as file:
        while body := file.read(size):
            yield body
