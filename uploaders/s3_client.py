"""The boto3 client of the settings."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from rowkeeper.errors import UsageError
from uploaders.s3_errors import translate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from rowkeeper.settings import Settings

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 60
DEFAULT_REGION = "us-east-1"


def connect(settings: "Settings") -> "S3Client":
    """A client with static keys, or with boto3's own chain where none are set.

    It asks once: trying again is the pool's. Checksums are sent and compared by the store itself.
    Raises ``UsageError`` for settings that can't be and ``StoreError`` where a setting is missing.
    """
    store = settings.store
    secret = store.secret_access_key
    if (store.access_key_id is None) != (secret is None):
        raise UsageError("Set both store.access_key_id and store.secret_access_key, or neither.")
    ca_file = settings.network.ca_file
    if ca_file and not ca_file.is_file():
        raise UsageError(f"network.ca_file {ca_file} is no file: name a PEM file.")
    endpoint_url = _endpoint(store.endpoint_url)
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=max(10, settings.upload.workers),
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # for addresses that others open: the newer signature, and the host of the region
        signature_version="s3v4",
        s3={"addressing_style": "path" if endpoint_url else "virtual"},
    )
    try:
        return boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint_url,
            region_name=store.region or (DEFAULT_REGION if endpoint_url else None),
            aws_access_key_id=store.access_key_id,
            aws_secret_access_key=secret.get_secret_value() if secret else None,
            verify=str(ca_file) if ca_file else None,
            config=config,
        )
    except BotoCoreError as error:
        raise translate(error, store.url) from None


def _endpoint(url: str | None) -> str | None:
    """``url`` without a trailing slash, if it is plain ``http(s)://host[:port][/path]``."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        valid = bool(parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0)
    except ValueError:
        valid = False
    if not valid or "@" in url or "?" in url or "#" in url:
        raise UsageError(
            "store.endpoint_url is no plain URL: write https://host or http://host:port, "
            "with the keys in store.access_key_id and store.secret_access_key."
        )
    return url.rstrip("/")
