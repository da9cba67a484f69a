"""Google's APIs: who asks. The loaders read sheets, the downloaders Drive."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rowkeeper.core.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """An API key, or the JSON file of a service account, which may read what is private.

    ``file`` comes first. ``setting`` is the section of the settings that they are from.
    """

    api_key: str | None = field(default=None, repr=False)
    file: Path | None = None
    setting: str = "sheet"

    def __bool__(self) -> bool:
        return self.api_key is not None or self.file is not None


NO_CREDENTIALS = Credentials()


def account_of(credentials: Credentials, scope: str) -> Any:
    """The service account in ``credentials.file``; None without a file. Raises ``InputError``."""
    from google.oauth2 import service_account

    if credentials.file is None:
        return None
    try:
        return service_account.Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
            str(credentials.file), scopes=[scope]
        )
    except Exception:  # the parser of keys names no base of its errors
        raise InputError(
            f"{credentials.file} is no key of a service account: make one in the Google Cloud "
            f"console, download its JSON and name it in {credentials.setting}.credentials_file."
        ) from None


def authorised(http: Any, account: Any) -> Any:
    """``http`` with the account's token on each request; ``http`` itself without an account."""
    import google_auth_httplib2  # type: ignore[import-untyped]

    return http if account is None else google_auth_httplib2.AuthorizedHttp(account, http=http)
