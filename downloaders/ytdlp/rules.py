"""What yt-dlp says of any site, and what each of it means.

A verdict is as sure as the words that it rests on: what names no reason is ambiguous, and what no
rule knows is tried again.
"""

from downloaders.verdicts import Rule
from rowkeeper.core.errors import (
    AmbiguousError,
    NeedsPersonError,
    PauseSiteError,
    PermanentError,
    RetryLaterError,
)

BOT_CHECK = Rule(
    r"not a bot|captcha|you.{1,5}human|type the characters",
    PauseSiteError,
    "bot_check",
    "Sign in to confirm you're not a bot",
    "it is about who asks, not about the video",
)
GEO = Rule(
    r"(available|viewing|played) (in|from) (your|this) (country|location|region|area)"
    r"|on this country domain|blocked it in your|geo restriction",
    PermanentError,
    "geo",
    "The uploader has not made this video available in your country",
    "the country of this machine is named as the reason",
)
DRM = Rule(
    r"drm.protected",
    PermanentError,
    "drm",
    "This video is DRM protected",
    "nobody may keep a copy",
)
UNSUPPORTED = Rule(
    r"unsupported url|type is unviewable",
    PermanentError,
    "unsupported",
    "This playlist type is unviewable.",
    "there is nothing there that can be fetched",
)
TRUNCATED = Rule(
    r"bytes read|more expected|too short|downloaded file is empty",
    RetryLaterError,
    "truncated",
    "1024 bytes read, 2048 more expected",
    "the line dropped",
)
EXTRACTOR = Rule(
    r"",
    RetryLaterError,
    "extractor",
    "Unable to extract initial player response",
    "no rule knows it: the site or yt-dlp may have changed",
)
BLOCKED = Rule(
    r"TLS fingerprint|IP may be blocked|rate.limited|too many requests",
    PauseSiteError,
    "blocked",
    "This request has been blocked due to its TLS fingerprint.",
    "it is about who asks, not about the video",
)
PASSWORD = Rule(
    r"password",
    NeedsPersonError,
    "password",
    "This video is password-protected, use the --video-password option",
    "its owner may lift it",
)
SIGN_IN = Rule(
    r"registered users|log ?in\b|logged.in|login details|sign in|authentication",
    NeedsPersonError,
    "sign_in",
    "The web client only works when logged-in",
    "cookies of somebody who may see it open it",
)
NO_FORMAT = Rule(
    r"no video formats|format is not available",
    AmbiguousError,
    "unavailable",
    "No video formats found!",
    "no reason is named: a private video and one that is gone may look the same",
)

USUAL = (BOT_CHECK, BLOCKED, GEO, DRM, PASSWORD, SIGN_IN, UNSUPPORTED, TRUNCATED, NO_FORMAT)
"""What stands behind the rules of a site's own; first match wins."""
