"""What a refusal of Google Cloud Storage means, and what the way to it may do."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.exceptions import TransportError as TokenTransportError

from rowkeeper.core.errors import RetryLaterError, RowkeeperError, StoreError
from uploaders.faults import UnreachableError

GONE = 404


def refusal(status: int, root: str) -> RowkeeperError:
    """The error for an answer with ``status`` of the store at ``root``."""
    if status in {401, 403}:
        return StoreError(
            f"The store {root} refuses ({status}): check store.credentials_file, "
            "and that the account may create, read and delete objects there."
        )
    if status == GONE:
        return StoreError(
            f"The store {root} refuses ({status}): make the bucket, or name another in store.url."
        )
    return RetryLaterError(f"gcs_{status}", f"the store did not take or give it ({status})")


@contextmanager
def faults(root: str) -> Iterator[None]:
    """Say what errors of the network and of signing in mean for the store at ``root``."""
    try:
        yield
    except (requests.ConnectionError, TokenTransportError) as error:
        raise UnreachableError(f"no connection: {type(error).__name__}") from None
    except requests.RequestException as error:
        what = f"the store gave no whole answer: {type(error).__name__}"
        raise RetryLaterError("store_transport", what) from None
    except GoogleAuthError:
        raise StoreError(
            f"The store {root} got no token: name a service account's key in "
            "store.credentials_file, or sign in with gcloud auth application-default login."
        ) from None
