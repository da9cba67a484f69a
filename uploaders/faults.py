"""What goes wrong with one object, or with the store behind them all."""

from rowkeeper.core.errors import NeedsPersonError, RetryLaterError, StoreError
from uploaders.values import PROBE


class UnreachableError(RetryLaterError):
    """The store does not answer. It concerns every object, so it is no object's failure."""

    def __init__(self, message: str) -> None:
        super().__init__("store_unreachable", message)


def changed_source() -> NeedsPersonError:
    """The error for a local file that no longer is what was downloaded."""
    message = "the downloaded file was changed: put it back or download it again"
    return NeedsPersonError("local_file_changed", message)


def missing_object() -> NeedsPersonError:
    """The error for an object that should be in the store and is not."""
    return NeedsPersonError("object_missing", "the store has no object under this key")


def differing_object() -> NeedsPersonError:
    """The error for a key that has other bytes than are to be stored there."""
    return NeedsPersonError(
        "object_differs",
        "the store has other bytes under this key and keeps them: move that object away",
    )


def strange_store(root: str, marker: str | None) -> StoreError:
    """The error for a store that is not the one that the warehouse knows; ``marker`` is its id."""
    what = (
        f"The store {root} is not there, or an empty folder is in its place"
        if marker is None
        else f"Another store is at {root}"
    )
    return StoreError(
        f"{what}, so nothing was sent, removed or written down: mount the folder or mend "
        "store.url; where this is the store, or all of it is lost, rowkeeper verify "
        "--believe-empty takes it as it is."
    )


def keeps_all(root: str) -> str:
    """The notice for a store in which nothing can be deleted, which an archive may well be."""
    return (
        f"The store {root} lets nothing be deleted, so {PROBE} stays there, and so does an object "
        "that came with other bytes; store move --remove-old and what verify mends are refused. "
        "Where that is not meant, allow deleting."
    )


def corrupt_object(what: str) -> RetryLaterError:
    """The error for bytes in the store that are not what their SHA-256 says."""
    return RetryLaterError("corrupt_object", what)
