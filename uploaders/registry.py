"""Which store a URL means. Modules are imported when they are wanted: boto3 is slow to import."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from rowkeeper.core.errors import UsageError
from rowkeeper.core.settings import DEFAULT_ARCHIVE
from rowkeeper.core.store_url import FORMS, store_url
from uploaders.base import Store
from uploaders.layout import checked_layout

if TYPE_CHECKING:
    from rowkeeper.core.settings import Settings


def open_store(settings: "Settings") -> Store:
    """The store that ``settings.store.url`` names; nothing is contacted yet.

    ``file:///folder``, a folder's path (a relative one starts at the working folder),
    ``s3://bucket/prefix`` or ``gs://bucket/prefix``; where it is empty, the folder
    ``archive`` in the data folder. Raises ``UsageError`` for any other
    scheme, for a URL that names no folder or bucket and for a ``store.layout`` that can't be.
    """
    checked_layout(settings.store.layout)
    url = store_url(settings.store.url, settings.data_dir / DEFAULT_ARCHIVE)
    match url.partition("://")[0].lower():
        case "file":
            return _local(_folder_of(url), settings.data_dir)
        case "s3":
            from uploaders.s3.store import S3Store

            return S3Store.from_settings(settings)
        case "gs":
            from uploaders.gcs.store import GcsStore

            return GcsStore.from_settings(settings)
        case other:
            raise UsageError(
                f"store.url has the scheme {other}://, which is not supported: {FORMS}."
            )


def local_folder(url: str) -> Path | None:
    """The folder that the checked ``store.url`` names; None for a store elsewhere."""
    return _folder_of(url) if url.startswith("file://") else None


def _local(folder: Path, data_dir: Path) -> Store:
    from uploaders.local.store import LocalStore

    return LocalStore(folder, data_dir)


def _folder_of(url: str) -> Path:
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"} or not parts.path or parts.query or parts.fragment:
        raise UsageError(f"store.url {url!r} names no absolute folder: write file:///folder.")
    return Path(unquote(parts.path))
