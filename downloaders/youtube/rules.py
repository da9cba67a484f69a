"""What YouTube says when there is no video, before what ``ytdlp.rules`` has of any site."""

from downloaders.verdicts import Rule
from downloaders.ytdlp.rules import BOT_CHECK, DRM, GEO, TRUNCATED, UNSUPPORTED
from rowkeeper.core.errors import (
    AmbiguousError,
    NeedsPersonError,
    PauseSiteError,
    PermanentError,
    RetryLaterError,
)

PLAYER = Rule(
    r"an error occurred|something went wrong|technical difficulties",
    RetryLaterError,
    "player_error",
    "An error occurred. Please try again later.",
    "YouTube's own fault with this video: it stops nothing else",
)
PAUSES = (
    BOT_CHECK,
    PLAYER,
    Rule(
        r"try again later|rate.limited|IP is likely being blocked|unusual traffic"
        r"|too many requests",
        PauseSiteError,
        "rate_limited",
        "This content isn't available, try again later.",
        "it is about who asks, not about the video",
    ),
)
CLIENTS = (
    Rule(
        r"(on|in) this (app|device|website)|page needs to be reloaded|latest version of YouTube"
        r"|playback on other websites|player configuration error|to be embedded",
        RetryLaterError,
        "client_refused",
        "The following content is not available on this app.",
        "it is about the way of asking; yt-dlp changes it",
    ),
)
DECIDED = (
    Rule(
        r"private video|(video|playlist) is private",
        PermanentError,
        "private",
        "Private video. Sign in if you've been granted access to this video",
        "its owner has decided so",
    ),
    Rule(
        r"members-only|members on level|channel's members",
        PermanentError,
        "members_only",
        "Join this channel to get access to members-only content like this video",
        "its owner has decided so",
    ),
    Rule(
        r"account .*terminated|account .*closed|closed their .*account"
        r"|(account has been|channel was) (suspended|removed)",
        PermanentError,
        "terminated",
        "This video is no longer available because the YouTube account associated with this video "
        "has been terminated.",
        "the account is named as gone",
    ),
    Rule(
        r"removed by|(has been|was) (removed|deleted)|(deleted|removed) video|video removed"
        r"|no longer available|isn't available any ?more",
        PermanentError,
        "removed",
        "This video has been removed by the uploader",
        "it was there and is said to be gone",
    ),
    GEO,
    Rule(
        r"blocked it on copyright grounds|blocked due to a copyright",
        PermanentError,
        "copyright",
        "This video contains content from a label, who has blocked it on copyright grounds",
        "the claim is named",
    ),
    Rule(
        r"legal complaint|court order|(privacy|trademark) claim",
        PermanentError,
        "legal",
        "This content is not available due to a legal complaint.",
        "the claim is named",
    ),
    Rule(
        DRM.match,
        AmbiguousError,
        DRM.code,
        DRM.example,
        "YouTube also tries it on all videos of some sessions",
    ),
    Rule(
        r"incomplete youtube id|looks truncated",
        PermanentError,
        "bad_link",
        "Incomplete YouTube ID abc. URL looks truncated.",
        "the link holds no whole id",
    ),
    UNSUPPORTED,
)
SOMEBODY = (
    Rule(
        r"confirm your age|age-restricted|viewer discretion|inappropriate|self-harm",
        NeedsPersonError,
        "age_restricted",
        "Sign in to confirm your age. This video may be inappropriate for some users.",
        "cookies of somebody who may see it open it",
    ),
    Rule(
        r"requires payment|\brent(al)?\b|purchase|premium members",
        NeedsPersonError,
        "payment_required",
        "This video requires payment to watch.",
        "somebody has to pay",
    ),
    Rule(
        r"administrator|restricted mode",
        NeedsPersonError,
        "restricted",
        "This video is restricted. Please check the Google Workspace administrator and/or the "
        "network administrator restrictions.",
        "somebody has to lift it",
    ),
    Rule(
        r"sign(ed)? in|log ?in\b|login details|registered users",
        NeedsPersonError,
        "sign_in",
        "Please sign in",
        "cookies of somebody who may see it open it",
    ),
)
NOT_YET = (
    Rule(
        r"(event|stream|video) will (begin|start|be available)|premieres? (in|on|will|starts|\d)"
        r"|scheduled for|coming soon|not yet available|offline|not currently live",
        RetryLaterError,
        "not_yet_live",
        "This live event will begin in 2 hours.",
        "it comes",
    ),
    Rule(
        r"\bprocess(ing|ed)\b|check back later",
        RetryLaterError,
        "processing",
        "We're processing this video. Check back later.",
        "it comes",
    ),
)
UNNAMED = (
    Rule(
        r"(URL )?redirected to youtube\.com home page|does the playlist exist\?",
        AmbiguousError,
        "unavailable",
        "The channel/playlist does not exist and the URL redirected to youtube.com home page",
        "a limited session is led away, too",
    ),
    Rule(
        r"(does not|doesn't) exist|does not have a .* tab",
        PermanentError,
        "not_found",
        "The playlist does not exist.",
        "YouTube says that there is no such thing",
    ),
    Rule(
        r"(video|content) (is |currently )*unavailable|isn.t available|is not available"
        r"|live event has ended",
        AmbiguousError,
        "unavailable",
        "Video unavailable. This content isn't available.",
        "no reason is named, and a limited session is told the same",
    ),
)
BYTES = (
    TRUNCATED,
    Rule(
        r"format is not available|no video formats|po.token",
        RetryLaterError,
        "no_format",
        "No video formats found!",
        "YouTube offered this client nothing to fetch, which a PO token may change: see "
        "download.youtube in the settings",
    ),
)

RULES = (*PAUSES, *CLIENTS, *DECIDED, *SOMEBODY, *NOT_YET, *BYTES, *UNNAMED)
"""First match wins: what is about who asks goes before what would be final."""
