"""What an error of the store folder's disk means."""

import errno
from pathlib import Path

from rowkeeper.core.disk.faults import FULL, REFUSED, too_large
from rowkeeper.core.errors import RetryLaterError, RowkeeperError, StoreDiskError, StoreError

_REFUSED = FULL | REFUSED | {errno.EEXIST, errno.ENOTDIR}


def disk_refusal(error: OSError, folder: Path, *, in_data_folder: bool) -> RowkeeperError:
    """The error to raise for ``error`` in the store at ``folder``.

    A store inside the data folder shares its disk: what that disk refuses stops the run as a
    ``StoreDiskError``.
    """
    if error.errno in _REFUSED:
        kind = StoreDiskError if in_data_folder and error.errno in FULL | REFUSED else StoreError
        return kind(
            f"The store folder {folder} can't be written ({error.strerror}): free space or mend "
            "its rights, or name another folder in store.url."
        )
    return too_large(error) or RetryLaterError("store_io", f"the store folder: {error.strerror}")
