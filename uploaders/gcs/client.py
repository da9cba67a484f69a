"""The HTTP session of the settings for Google Cloud Storage."""

from typing import TYPE_CHECKING, Any

import google.auth
import requests
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from requests.adapters import HTTPAdapter

from rowkeeper.core.errors import StoreError
from rowkeeper.core.net.google_api import Credentials, account_of
from rowkeeper.core.net.route import Route

if TYPE_CHECKING:
    from rowkeeper.core.settings import Settings

ENDPOINT = "https://storage.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"


def endpoint_of(settings: "Settings") -> str:
    """Google's own, or ``store.endpoint_url``."""
    return (settings.store.endpoint_url or ENDPOINT).rstrip("/")


def connect(settings: "Settings") -> requests.Session:
    """A session with the service account's tokens, or with the machine's own credentials.

    It asks once: trying again is the pool's. A server other than Google's gets no token unless an
    account is named. Raises ``InputError`` for a key that is none, ``StoreError`` without any.
    """
    session: requests.Session = AuthorizedSession(_credentials(settings))  # type: ignore[no-untyped-call]
    adapter = HTTPAdapter(pool_maxsize=max(10, settings.upload.workers), max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    if verify := Route.of(settings.network).verify:
        session.verify = verify
    return session


def _credentials(settings: "Settings") -> Any:
    account = account_of(Credentials(file=settings.store.credentials_file, setting="store"), SCOPE)
    if account is not None:
        return account
    if settings.store.endpoint_url:
        return AnonymousCredentials()  # type: ignore[no-untyped-call]
    try:
        return google.auth.default(scopes=[SCOPE])[0]
    except GoogleAuthError:
        raise StoreError(
            f"The store {settings.store.url} has no credentials: name a service account's key in "
            "store.credentials_file, or sign in with gcloud auth application-default login."
        ) from None
