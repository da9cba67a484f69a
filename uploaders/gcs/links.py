"""Addresses of Google Cloud Storage's objects that a browser can open.

The signature is Google's V4 (GOOG4-RSA-SHA256), which a key of a service account makes by itself.
"""

import hashlib
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from google.auth.credentials import Signing

from rowkeeper.core import clock
from rowkeeper.core.errors import UsageError
from uploaders.links import Shown

ALGORITHM = "GOOG4-RSA-SHA256"


def plain_link(endpoint: str, bucket: str, name: str) -> str:
    """The object's own address: it opens where anybody may read the object."""
    return f"{endpoint}/{bucket}/{quote(name, safe='/')}"


def signed_link(address: str, credentials: Any, lifetime_s: int, shown: Shown) -> str:
    """``address`` signed for so many seconds from now on.

    Raises ``UsageError`` if the credentials can't sign, and google-auth's errors.
    """
    if not isinstance(credentials, Signing):
        raise UsageError(
            "These Google credentials can't sign an address: name a service account's key in "
            "store.credentials_file, or take the plain address with --plain."
        )
    return signed(address, credentials, lifetime_s, shown.query, clock.now())


def signed(
    address: str, signer: Signing, lifetime_s: int, query: dict[str, str], moment: datetime
) -> str:
    """``address`` with the signature over it, over ``query`` and over its time."""
    parts = urlsplit(address)
    stamp = moment.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/auto/storage/goog4_request"
    asked = {
        **query,
        "X-Goog-Algorithm": ALGORITHM,
        "X-Goog-Credential": f"{signer.signer_email}/{scope}",
        "X-Goog-Date": stamp,
        "X-Goog-Expires": str(lifetime_s),
        "X-Goog-SignedHeaders": "host",
    }
    canonical_query = urlencode(sorted(asked.items()), quote_via=quote, safe="")
    canonical = (
        f"GET\n{parts.path}\n{canonical_query}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{digest}".encode()
    signature: bytes = signer.sign_bytes(text)  # type: ignore[no-untyped-call]
    return f"{address}?{canonical_query}&X-Goog-Signature={signature.hex()}"
