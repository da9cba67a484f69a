"""What Drive and Docs say when they give no file: on a page for visitors, and through the API."""

from downloaders.verdicts import Rule
from rowkeeper.core.errors import (
    AmbiguousError,
    NeedsPersonError,
    PauseSiteError,
    PermanentError,
    RetryLaterError,
    TransferError,
)

SORRY = Rule(
    r"(?m:^sorry\.\.\.$)|automated queries|unusual traffic",
    PauseSiteError,
    "quota",
    "Sorry... your computer or network may be sending automated queries.",
    "it is about who asks, not about the file",
)
"""What Google says to whoever asks for too much, whatever was asked for."""

PAGES = (
    SORRY,
    Rule(
        r"too many users|quota|download limit",
        PauseSiteError,
        "quota",
        "Too many users have viewed or downloaded this file recently.",
        "it is about how often it was asked for",
    ),
    Rule(
        r"permission to download|only the owner and editors can download|download.{0,20} disabled"
        r"|disabled .{0,40}download|can.t download(,| file)|restricted download",
        NeedsPersonError,
        "download_disabled",
        "Sorry, the owner hasn't given you permission to download this file.",
        "its owner may be seen to allow downloads",
    ),
    Rule(
        r"infected|malware|contains? a virus",
        PermanentError,
        "infected",
        "Sorry, this file is infected with a virus.",
        "Google gives it to its owner only",
    ),
    Rule(
        r"violat",
        PermanentError,
        "violation",
        "You can't access this item because it is in violation of our Terms of Service.",
        "Google shows it to nobody",
    ),
    Rule(
        r"too (large|big) to (be )?(export|download)|exported.{0,20} too (large|big)",
        PermanentError,
        "too_large",
        "This file is too large to be exported.",
        "Google's own limit",
    ),
    Rule(
        r"(does not|doesn.t) exist|has (been )?deleted|(in|to) (the )?(owner.s )?(bin|trash)",
        PermanentError,
        "removed",
        "Sorry, the file you have requested has been deleted.",
        "it is said to be gone",
    ),
    Rule(
        r"\bsign[ -]?in\b|you need (access|permission)|access denied|request access"
        r"|(permission|access) to (access )?this (file|item)|admin(istrator)?('s)? (policy|does)",
        NeedsPersonError,
        "permission_denied",
        "You need access",
        "it is shared with others than anyone who has the link",
    ),
    Rule(
        r"unable to open the file|try again|error \(server error\)",
        RetryLaterError,
        "server_error",
        "Sorry, unable to open the file at this time.",
        "it may pass",
    ),
)
"""First match wins, over the words of refusal of a page and its title, where Google chose that."""

NOT_FOUND = Rule(
    r"",
    AmbiguousError,
    "not_found",
    "HTTP 404 with none of these words",
    "it is gone, not shared with whoever asks, or its link lacks the resource key",
)
NOT_A_FILE = Rule(
    r"",
    AmbiguousError,
    "not_a_file",
    "A page that is none of these",
    "no reason is named; a page of another kind of link is recognised before",
)


EXPORT_LIMIT = "export_limit"
"""The code of a document that is too large for the API's export."""


def _reasons(names: str, error: type[TransferError], code: str, why: str) -> list[tuple[str, Rule]]:
    return [(name, Rule(name, error, code, name, why)) for name in names.split()]


REASONS: dict[str, Rule] = dict(
    [
        *_reasons(
            "keyInvalid accessNotConfigured ipRefererBlocked keyExpired dailyLimitExceededUnreg "
            "userRateLimitExceededUnreg rateLimitExceededUnreg authError expired accountDisabled "
            "accountDeleted accountUnverified API_KEY_INVALID API_KEY_SERVICE_BLOCKED "
            "API_KEY_IP_ADDRESS_BLOCKED API_KEY_HTTP_REFERRER_BLOCKED API_KEY_ANDROID_APP_BLOCKED "
            "API_KEY_IOS_APP_BLOCKED SERVICE_DISABLED BILLING_DISABLED CONSUMER_INVALID "
            "CONSUMER_SUSPENDED USER_PROJECT_DENIED CREDENTIALS_MISSING ACCESS_TOKEN_EXPIRED "
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT ACCESS_TOKEN_TYPE_UNSUPPORTED ACCOUNT_STATE_INVALID",
            NeedsPersonError,
            "bad_credentials",
            "Google refuses the key or account: enable the Drive API for its project, lift its "
            "restrictions, or renew it.",
        ),
        *_reasons(
            "rateLimitExceeded userRateLimitExceeded downloadQuotaExceeded dailyLimitExceeded "
            "sharingRateLimitExceeded quotaExceeded limitExceeded concurrentLimitExceeded "
            "servingLimitExceeded variableTermLimitExceeded variableTermDailyLimitExceeded "
            "RATE_LIMIT_EXCEEDED RESOURCE_QUOTA_EXCEEDED",
            PauseSiteError,
            "quota",
            "The Drive API's quota is used up for now.",
        ),
        *_reasons(
            "exportSizeLimitExceeded",
            PermanentError,
            EXPORT_LIMIT,
            "The API exports no document as large as this one; Docs itself is asked then.",
        ),
        *_reasons(
            "fileNotExportable exportFormatNotSupported",
            PermanentError,
            "not_exportable",
            "Google exports nothing of this kind.",
        ),
        *_reasons(
            "fileNotDownloadable",
            PermanentError,
            "not_downloadable",
            "It has no bytes of its own, and is nothing that Google exports.",
        ),
        *_reasons(
            "cannotDownloadAbusiveFile",
            PermanentError,
            "infected",
            "Google takes it for malware or spam, and gives it to its owner only.",
        ),
        *_reasons(
            "cannotDownloadFile cannotExportFile copyRequiresWriterPermission "
            "downloadRestricted downloadRestrictedForReaders",
            NeedsPersonError,
            "download_disabled",
            "Its owner has disabled downloads for whoever may only read it: ask the owner.",
        ),
        *_reasons(
            "insufficientFilePermissions insufficientPermissions forbidden "
            "appNotAuthorizedToFile appNotAuthorizedToChild",
            NeedsPersonError,
            "permission_denied",
            "It is not shared with whoever asks: share it with the service account, or with anyone "
            "who has the link.",
        ),
        *_reasons(
            "domainPolicy USER_BLOCKED_BY_ADMIN",
            NeedsPersonError,
            "domain_policy",
            "The administrators of its domain keep it from whoever asks.",
        ),
        *_reasons(
            "notFound",
            AmbiguousError,
            "not_found",
            f"The Drive API finds no such file: {NOT_FOUND.why}.",
        ),
        *_reasons(
            "backendError internalError transientError",
            RetryLaterError,
            "server_error",
            "The Drive API had a fault of its own.",
        ),
    ]
)
"""The reason that an error of the API names, in order of precedence."""
