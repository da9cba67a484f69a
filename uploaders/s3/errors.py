"""What an S3 store's refusal means. Messages name codes only: a store's own text may hold keys."""

import re

from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    ConnectionError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from rowkeeper.core.errors import (
    NeedsPersonError,
    PermanentError,
    RetryLaterError,
    StoreError,
    TransferError,
)
from uploaders.faults import UnreachableError, corrupt_object

_KEYS = (
    "check store.access_key_id and store.secret_access_key, and that they may list, read and write "
    "there"
)
_REGION = "name the bucket's own region in store.region"
_SPACE = "free space in the store or raise its quota"
_FULL = re.compile(r"quota|capexceeded|storagefull|insufficient(?:capacity|storage)", re.IGNORECASE)
"""Each store has a word of its own for this."""
_ACCOUNT = "settle with its provider what is open on the account"
_CLOCK = "set this machine's clock"
_REMEDIES = {
    "NoSuchBucket": "make the bucket, or name another in store.url",
    "InvalidBucketName": "name a valid bucket in store.url",
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "301": _REGION,
    "RequestExpired": _CLOCK,
    "RequestTimeTooSkewed": _CLOCK,
    **dict.fromkeys(("AccountProblem", "NotSignedUp", "PaymentRequired", "402"), _ACCOUNT),
    "UserSuspended": _ACCOUNT,
    "507": _SPACE,
    "KMSNotConfigured": "name an encryption that it has in store.encryption, or none",
    "InvalidStorageClass": "name a class that it has in store.storage_class, or none",
    "InvalidEncryptionAlgorithmError": "name an encryption that it has in store.encryption",
    **dict.fromkeys(
        ("KMSDisabled", "KMSInvalidState", "KMSNotFound"),
        "name a key that is there and enabled in store.kms_key_id",
    ),
    **dict.fromkeys(
        (
            "AccessDenied",
            "AllAccessDisabled",
            "ExpiredToken",
            "Forbidden",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidToken",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "UnrecognizedClient",
            "401",
            "403",
        ),
        _KEYS,
    ),
}
_PERMANENT = {"EntityTooLarge", "KeyTooLongError"}
_PASSING = {
    "IncompleteBody",
    "RequestLimitExceeded",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
}
_OF_OBJECT = {
    "InvalidObjectState": (
        "object_asleep",
        "the store keeps this object in an archive class, from which it gives nothing at once: "
        "have it restored there",
    ),
    **dict.fromkeys(
        ("ObjectLockedByBucketPolicy", "WormViolation"),
        ("object_locked", "the store's rules keep this object as it is: see its object lock"),
    ),
}
"""Refusals that look like one of the keys and concern one object: what somebody has to do there."""
TOLD = (ClientError, BotoCoreError, ResponseParserError)
"""What botocore raises about a store."""
ODD = (*TOLD, KeyError)
"""These, and an answer that lacks something."""
CORRUPT = {"BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"}
"""How a store refuses bytes that are not what their checksum says."""

ANSWERED = {"Body", "ContentLength", "ETag", "Key", "PartNumber", "Size", "UploadId"}
"""Parts that S3's answers have, and that odd ones lack."""
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
    code, status = code_of(error), _status_of(error)
    known = CORRUPT | RACE_LOST | _PERMANENT | _PASSING | _OF_OBJECT.keys()
    return status in {400, 501} and code not in known and _remedy(code, status) is None


def lacking(answer: KeyError) -> RetryLaterError:
    """The error for an answer that lacks a part that S3's answers have."""
    return RetryLaterError("store_transport", f"the store gave no whole answer: {answer.args[0]}")


def translate(error: Exception, root: str) -> StoreError | TransferError:
    """The error of the house for one of botocore's, about the store at ``root``."""
    name = type(error).__name__
    if isinstance(error, ClientError):
        return _refusal(error, root)
    if isinstance(error, SSLError):
        return UnreachableError(f"its certificate is not trusted here, or TLS broke off: {name}")
    if isinstance(error, ConnectionError):
        return UnreachableError(f"no connection: {name}")
    if isinstance(error, ChecksumError | FlexibleChecksumError):
        return corrupt_object("the store gave other bytes than it says they are")
    if isinstance(error, HTTPClientError | IncompleteReadError | ResponseParserError):
        return RetryLaterError("store_transport", f"the store gave no whole answer: {name}")
    if isinstance(error, BotoCoreError):
        return StoreError(f"The store {root} can't be asked ({name}): {_KEYS}, and store.region.")
    raise error


def _refusal(error: ClientError, root: str) -> StoreError | TransferError:
    code, status = code_of(error), _status_of(error)
    if code in _OF_OBJECT:
        name, words = _OF_OBJECT[code]
        return NeedsPersonError(name, f"{words} ({code})")
    if remedy := _remedy(code, status):
        return StoreError(f"The store {root} refuses ({code}): {remedy}.")
    if code in CORRUPT:
        return RetryLaterError("corrupt_object", f"the store got other bytes than sent ({code})")
    if code in _PERMANENT:
        return PermanentError("object_refused", f"the store can't take this object ({code})")
    return RetryLaterError(f"s3_{status}", f"the store did not take or give the object ({code})")


def _remedy(code: str, status: int) -> str | None:
    """What mends the store as a whole; None for a refusal that is not its."""
    if code in _PASSING:
        return None
    if remedy := _REMEDIES.get(code.removesuffix("Exception")):
        return remedy
    if status == 507 or _FULL.search(code):
        return _SPACE
    return {401: _KEYS, 402: _ACCOUNT, 403: _KEYS}.get(status)


def _status_of(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
