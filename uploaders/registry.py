"""Which store a URL means. Modules are imported when they are wanted: boto3 is slow to import."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rowkeeper.errors import UsageError
from uploaders.base import Store

if TYPE_CHECKING:
    from rowkeeper.settings import Settings


def _local(settings: "Settings") -> Store:
    from uploaders.local import LocalStore

    return LocalStore.from_url(settings.store.url)


def _s3(settings: "Settings") -> Store:
    from uploaders.s3 import S3Store

    return S3Store.from_settings(settings)


STORES: dict[str, Callable[["Settings"], Store]] = {"file": _local, "s3": _s3}


def open_store(settings: "Settings") -> Store:
    """The store that ``settings.store.url`` names, by its scheme; nothing is contacted yet.

    Raises ``UsageError`` for an unknown scheme or a URL that names no folder or bucket.
    """
    scheme, separator, _ = settings.store.url.partition("://")
    if not separator or scheme.lower() not in STORES:
        known = ", ".join(f"{name}://" for name in STORES)
        raise UsageError(f"store.url must start with one of {known}; it is {scheme!r}.")
    return STORES[scheme.lower()](settings)
