"""The S3 client of the settings: botocore's, for what boto3 adds to it is slow to import."""

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ProfileNotFound
from botocore.loaders import Loader

from rowkeeper.core.errors import UsageError
from rowkeeper.core.net.route import Route
from uploaders.s3.errors import translate

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_s3 import S3Client

    from rowkeeper.core.setting_sections import StoreSettings
    from rowkeeper.core.settings import Settings

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 60
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Connection:
    """A client, and what it signs and trusts by. ``credentials`` renew themselves.

    ``options``: what every object is made with, as boto3 calls it.
    """

    client: "S3Client"
    credentials: "Credentials | None"
    verify: str | bool
    options: Mapping[str, str] = field(default_factory=dict)


def connect(settings: "Settings") -> Connection:
    """A client with static keys, or with botocore's own chain where none are set.

    It asks once: trying again is the pool's. Checksums are sent and compared by the store itself.
    Raises ``UsageError`` for settings that can't be and ``StoreError`` where a setting is missing.
    """
    store = settings.store
    secret = store.secret_access_key
    if (store.access_key_id is None) != (secret is None):
        raise UsageError("Set both store.access_key_id and store.secret_access_key, or neither.")
    route = Route.of(settings.network)
    if route.ca_file and not route.ca_file.is_file():
        raise UsageError(f"network.ca_file {route.ca_file} is no file: name a PEM file.")
    endpoint_url = _endpoint(store.endpoint_url)
    try:
        session = _session(store)
        if region := store.region or (DEFAULT_REGION if endpoint_url else None):
            session.set_config_variable("region", region)
        if store.access_key_id and secret:
            session.set_credentials(store.access_key_id, secret.get_secret_value())
        if store.role_arn:
            _assume(session, store.role_arn)
        verify = route.verify or session.get_config_variable("ca_bundle") or True
        with _collecting_no_garbage():
            client = session.create_client(
                "s3",
                endpoint_url=endpoint_url,
                verify=verify,
                config=_config(settings),
            )
        typed = cast("S3Client", client)
        return Connection(typed, session.get_credentials(), verify, _options(store))
    except ProfileNotFound:
        raise UsageError(
            f"store.profile {store.profile} is in none of boto3's files: name one of "
            "~/.aws/config or ~/.aws/credentials."
        ) from None
    except BotoCoreError as error:
        raise translate(error, store.url) from None


def _config(settings: "Settings") -> Config:
    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=max(10, settings.upload.workers),
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # for addresses that others open: the newer signature, and the host of the region
        signature_version="s3v4",
        s3=cast(Any, {"addressing_style": _style(settings.store)}),
    )


def _style(store: "StoreSettings") -> str:
    """Where the bucket's name goes: into the path, or before the host."""
    if store.addressing_style != "auto":
        return store.addressing_style
    return "path" if store.endpoint_url else "virtual"


def _session(store: "StoreSettings") -> botocore.session.Session:
    session = botocore.session.Session(profile=store.profile)
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    return session


@cache
def _loader(data_path: str | None) -> Loader:
    """What clients are made of, the same for all of them: each more costs a fifth of the first."""
    return _Loader(data_path.split(os.pathsep) if data_path else None)


class _Loader(Loader):
    """Finds a service by the name of its folder, and does not look into four hundred others."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002
        folders = filter(Path.is_dir, map(Path, self.search_paths))
        return sorted({path.name for folder in folders for path in folder.iterdir()})


@contextmanager
def _collecting_no_garbage() -> Iterator[None]:
    """Botocore reads models of many objects, which stay: to look through them again and again as
    they come takes as long as to read them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _assume(session: botocore.session.Session, role: str) -> None:
    """Let ``session`` sign as ``role``, whose keys are fetched when they are wanted."""
    fetcher = AssumeRoleCredentialFetcher(
        session.create_client, session.get_credentials(), role, {"RoleSessionName": "rowkeeper"}
    )
    keys = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    cast(Any, session)._credentials = keys  # botocore has no other way in


def _options(store: "StoreSettings") -> dict[str, str]:
    """Encryption and storage class. Never an ACL: whose objects these are is the bucket's to say.

    Raises ``UsageError`` for a key without its encryption.
    """
    if store.kms_key_id and store.encryption != "aws:kms":
        raise UsageError("store.kms_key_id is for store.encryption = aws:kms: set that too.")
    named = {
        "ServerSideEncryption": store.encryption,
        "SSEKMSKeyId": store.kms_key_id,
        "StorageClass": store.storage_class,
    }
    return {name: value for name, value in named.items() if value}


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
