"""What an S3 store's refusal means. Messages name codes only: a store's own text may hold keys."""

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    SSLError,
)

from rowkeeper.core.errors import PermanentError, RetryLaterError, StoreError, TransferError
from uploaders.faults import UnreachableError

_KEYS = (
    "check store.access_key_id and store.secret_access_key, and that they may read and write there"
)
_REGION = "name the bucket's own region in store.region"
_SPACE = "free space in the store or raise its quota"
_REMEDIES = {
    "NoSuchBucket": "make the bucket, or name another in store.url",
    "InvalidBucketName": "name a valid bucket in store.url",
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "301": _REGION,
    "RequestTimeTooSkewed": "set this machine's clock",
    "QuotaExceeded": _SPACE,
    "XMinioAdminBucketQuotaExceeded": _SPACE,
    "XMinioStorageFull": _SPACE,
    "InvalidStorageClass": "name a class that it has in store.storage_class, or none",
    "InvalidEncryptionAlgorithmError": "name an encryption that it has in store.encryption",
    **dict.fromkeys(
        ("KMSDisabledException", "KMSInvalidStateException", "KMSNotFoundException"),
        "name a key that is there and enabled in store.kms_key_id",
    ),
    **dict.fromkeys(
        (
            "AccessDenied",
            "AccountProblem",
            "AllAccessDisabled",
            "ExpiredToken",
            "Forbidden",
            "InvalidAccessKeyId",
            "InvalidToken",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "401",
            "403",
        ),
        _KEYS,
    ),
}
_PERMANENT = {"EntityTooLarge", "KeyTooLongError"}
_PASSING = {"IncompleteBody", "RequestTimeout"}
CORRUPT = {"BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"}
"""How a store refuses bytes that are not what their checksum says."""

ABSENT = {"404", "NoSuchKey", "NotFound"}
"""How a store says that there is no such object."""
RACE_LOST = {
    "409",
    "412",
    "ConditionalRequestConflict",
    "NoSuchUpload",  # the winner of a race gives up the others' parts
    "PreconditionFailed",
}
"""How a store says that another writer was there first."""


def code_of(error: ClientError) -> str:
    """The store's own error code, such as ``NoSuchBucket``, or the HTTP status as text."""
    return re.sub(r"[^A-Za-z0-9]", "", str(error.response.get("Error", {}).get("Code", "")))[:60]


def is_unknown_header(error: ClientError) -> bool:
    """Whether a store may have refused a header that it does not know, and not the request."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    known = CORRUPT | RACE_LOST | _PERMANENT | _PASSING | _REMEDIES.keys()
    return status in {400, 501} and code_of(error) not in known


def translate(error: Exception, root: str) -> StoreError | TransferError:
    """The error of the house for one of botocore's, about the store at ``root``."""
    name = type(error).__name__
    if isinstance(error, ClientError):
        return _refusal(error, root)
    if isinstance(error, SSLError):
        return UnreachableError(f"its certificate is not trusted here, or TLS broke off: {name}")
    if isinstance(error, ConnectionError):
        return UnreachableError(f"no connection: {name}")
    if isinstance(error, HTTPClientError | IncompleteReadError):
        return RetryLaterError("store_transport", f"the store gave no whole answer: {name}")
    if isinstance(error, BotoCoreError):
        return StoreError(f"The store {root} can't be asked ({name}): {_KEYS}, and store.region.")
    raise error


def _refusal(error: ClientError, root: str) -> StoreError | TransferError:
    code = code_of(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    remedy = _REMEDIES.get(code) or (_KEYS if status in {401, 403} else None)
    if remedy:
        return StoreError(f"The store {root} refuses ({code}): {remedy}.")
    if code in CORRUPT:
        return RetryLaterError("corrupt_object", f"the store got other bytes than sent ({code})")
    if code in _PERMANENT:
        return PermanentError("object_refused", f"the store can't take this object ({code})")
    return RetryLaterError(f"s3_{status}", f"the store did not take or give the object ({code})")
