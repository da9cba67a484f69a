"""Addresses of S3 objects that a browser can open."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from uploaders.links import Shown

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def link_to(
    client: "S3Client", bucket: str, name: str, lifetime_s: int | None, shown: Shown
) -> str:
    """Signed by the client's keys for so many seconds; None: not signed at all.

    Raises botocore's errors.
    """
    asked: dict[str, Any] = {"Bucket": bucket, "Key": name}
    if lifetime_s is None:  # S3 answers a visitor without the headers that are asked for
        return _unsigned(client).generate_presigned_url("get_object", Params=asked)
    asked["ResponseContentDisposition"] = shown.disposition
    if shown.content_type:
        asked["ResponseContentType"] = shown.content_type
    return client.generate_presigned_url("get_object", Params=asked, ExpiresIn=lifetime_s)


@lru_cache(maxsize=1)
def _unsigned(signing: "S3Client") -> "S3Client":
    meta = signing.meta
    client = botocore.session.Session().create_client(
        "s3",
        endpoint_url=meta.endpoint_url,
        region_name=meta.region_name,
        config=meta.config.merge(Config(signature_version=UNSIGNED)),
    )
    return cast("S3Client", client)
