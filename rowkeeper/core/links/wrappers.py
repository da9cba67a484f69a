"""Links around links: redirects, mail filters, sign-in pages, archives; and shortened ones.

An address is taken out only where it stands in the link itself. Nothing here opens a link.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import SplitResult, parse_qs, unquote, urljoin, urlsplit

MAX_WRAPS = 5
PARTED = 64
"""Addresses that are kept in their parts: each is asked for several times in a row."""

_SHORTENERS = """
1drv.ms adf.ly amzn.to bit.do bit.ly bitly.com bl.ink buff.ly clck.ru cutt.ly db.tt dlvr.it fb.me
fb.watch flip.it g.co goo.gl ift.tt is.gd j.mp kutt.it lnk.to lnkd.in mcaf.ee n9.cl ow.ly po.st
qr.ae qr.net qrco.de rb.gy rebrand.ly rebrandly.com s.id share.google shorturl.at shorturl.com
smarturl.it snip.ly snipurl.com soo.gd spoti.fi surl.li t.co t.ly t2m.io tiny.cc tiny.one
tiny.pl tinyurl.com tny.im trib.al urlz.fr v.gd vk.cc vm.tiktok.com
wa.link we.tl wp.me x.co x.gd zpr.io
"""
SHORTENERS = frozenset(_SHORTENERS.split())
"""Sites whose links say nothing of where they lead."""
_SHORTENERS_BELOW = re.compile(r".+\.(?:app\.goo\.gl|page\.link|app\.link)")


def is_shortener(place: str) -> bool:
    """Whether the site ``place`` has links that say nothing of where they lead."""
    return place in SHORTENERS or _SHORTENERS_BELOW.fullmatch(place) is not None


_GOOGLE = re.compile(r"google\.(?:[a-z]{2,3}|com?\.[a-z]{2})")
_REDIRECTS = {
    "google": ("/url", ("q", "url")),
    "youtube.com": ("/redirect", ("q",)),
    "l.facebook.com": ("/l.php", ("u",)),
}
"""The redirects that a site puts around every link that leaves it: path and parameters."""

_WRAPPERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "accounts.google.com": ("", ("continue", "followup")),
    "accounts.youtube.com": ("", ("continue",)),
    "anon.to": ("", ()),
    "anonym.to": ("", ()),
    "api.whatsapp.com": ("/send", ("text",)),
    "away.vk.com": ("", ("to",)),
    "bing.com": ("/videos", ("mediaurl", "url")),
    "consent.google.com": ("", ("continue",)),
    "consent.youtube.com": ("", ("continue",)),
    "cudasvc.com": ("", ("a",)),
    "deref-gmx.com": ("", ("redirectUrl",)),
    "deref-gmx.net": ("", ("redirectUrl",)),
    "deref-mail.com": ("", ("redirectUrl",)),
    "deref-web.de": ("", ("redirectUrl",)),
    "docs.google.com": (
        r"/(?:a/[^/]+/)?(?:u/\d+/)?(?:viewerng/viewer|g?view(?:er)?|url)$",
        ("url", "q"),
    ),
    "drive.google.com": (r"/(?:a/[^/]+/)?g?view(?:er)?(?:ng/viewer)?$", ("url",)),
    "duckduckgo.com": ("/l", ("uddg",)),
    "edgepilot.com": ("", ("u",)),
    "embedly.com": ("", ("src", "url")),
    "esvalabs.com": ("", ("u",)),
    "exit.sc": ("", ("url",)),
    "facebook.com": (r"/(?:flx/warn|l\.php|sharer)", ("u",)),
    "gate.sc": ("", ("url",)),
    "getpocket.com": ("/redirect", ("url",)),
    "href.li": ("", ()),
    "l.instagram.com": ("", ("u",)),
    "l.messenger.com": ("", ("u",)),
    "l.threads.net": ("", ("u",)),
    "l.workplace.com": ("", ("u",)),
    "linkedin.com": (r"/(?:redir|safety)", ("url",)),
    "lm.facebook.com": ("", ("u",)),
    "nullrefer.com": ("", ()),
    "office.net": (r".*safelinks", ("url",)),
    "officeapps.live.com": ("/op", ("src",)),
    "outlook.live.com": (r".*/redir\.aspx", ("URL",)),
    "outlook.office.com": (r".*/redir\.aspx", ("URL",)),
    "outlook.office365.com": (r".*/redir\.aspx", ("URL",)),
    "out.reddit.com": ("", ("url",)),
    "safelinks.protection.office365.us": ("", ("url",)),
    "safelinks.protection.outlook.com": ("", ("url",)),
    "slack-redir.net": ("/link", ("url",)),
    "steamcommunity.com": ("/linkfilter", ("u", "url")),
    "symantec.com": ("", ("u",)),
    "t.me": ("/share", ("url",)),
    "t.umblr.com": ("/redirect", ("z",)),
    "translate.google.com": ("", ("u",)),
    "trendmicro.com": ("", ("url",)),
    "trustwave.com": ("", ("u",)),
    "twitter.com": (r"/(?:intent|share)", ("url",)),
    "urldefense.com": ("/v1", ("u",)),
    "urldefense.proofpoint.com": ("/v1", ("u",)),
    "urldefense.us": ("/v1", ("u",)),
    "vk.com": ("/away", ("to",)),
    "wa.me": ("", ("text",)),
    "x.com": (r"/(?:intent|share)", ("url",)),
    "youtube.com": (
        r"/(?:redirect|oembed|signin|verify_age|verify_controversy|age_restricted)",
        ("q", "url", "next", "next_url"),
    ),
}
"""More sites that wrap links, and all below them: how the path begins, the parameters that may hold
the address; () where it is the whole query."""

_IN_PATH = (
    re.compile(r"https?://(?:www\.)?web\.archive\.org/web/[^/]+/(.+)", re.DOTALL),
    re.compile(r"https?://urldefense\.(?:com|us)/v3/__(.+?)__;", re.DOTALL),
    re.compile(r"https?://protect\.checkpoint\.com/v\d+/(?:r\d+/)?___(.+?)___\.", re.DOTALL),
    re.compile(r"https?://secure-web\.cisco\.com/[^?]*/(https?%3a.+)", re.DOTALL | re.IGNORECASE),
    re.compile(r"https?://(?:www\.)?google\.[a-z.]{2,6}/amp/s/(.+)", re.DOTALL),
)
_PROOFPOINT = re.compile(r"https?://urldefense\.(?:proofpoint\.com|com|us)/v2/url", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_WEB = re.compile(r"(?:(?:h+t+p+s*|h*ttps?|htps?|hxxps?)(?::/*|//+))+", re.IGNORECASE)
"""The scheme of a web address, also misspelled or twice."""


_APP = re.compile(
    r"(?:vnd\.)?youtube:(?://)?(?:(?=(?:www\.|m\.)?youtube\.com/)|(?P<id>(?=[\w-]{11}(?:[?&#]|$))))",
    re.IGNORECASE | re.ASCII,
)
"""How an address begins that opens YouTube's app."""
_ESCAPED = re.compile(r"\w+%3d", re.IGNORECASE)


def unwrap(url: str) -> str:
    """``url`` with a scheme, and without the redirects of Google and its like around it."""
    return _without(_redirected, url)


def unwrap_all(url: str) -> str:
    """As above, without the wrappers of any site that is known to wrap links."""
    return _without(inner_address, url)


def _without(inner_of: Callable[[str], str | None], url: str) -> str:
    plain = with_scheme(url)
    for _ in range(MAX_WRAPS):
        inner = inner_of(plain)
        if inner is None:
            break
        plain = inner
    return plain


def inner_address(url: str) -> str | None:
    """The address that stands in ``url``, if that is of a site that wraps links."""
    parts = split(url)
    if parts is None:
        return None
    place = site(parts)
    if place.startswith("consent.") and _GOOGLE.fullmatch(place.removeprefix("consent.")):
        place = "consent.google.com"
    for name in (place.split(".", count)[-1] for count in range(place.count("."))):
        path, names = _WRAPPERS.get(name, (None, ()))
        if path is not None and re.match(path or "/?", parts.path):
            return _address(parameter(parts, *names) if names else parts.query, url)
    return _redirected(url) or _in_path(url)


def with_scheme(url: str) -> str:
    """``url`` as a browser completes it."""
    plain = url.strip()
    if plain.startswith("#"):
        return plain  # a place in the page that it stands on
    if re.match(r"https?%3a", plain, re.IGNORECASE):
        plain = unquote(plain)
    if app := _APP.match(plain):
        place = "https://" if app["id"] is None else "https://youtu.be/"
        plain = f"{place}{plain[app.end() :]}"
    if (written := _WEB.match(plain)) and not re.fullmatch(r"https?://", written[0], re.IGNORECASE):
        scheme = "http" if re.match(r"https?", written[0], re.IGNORECASE) else "https"
        plain = f"{scheme}://{plain[written.end() :]}"
    return plain if _SCHEME.match(plain) else f"https://{plain.lstrip('/')}"


@lru_cache(maxsize=PARTED)
def split(url: str) -> SplitResult | None:
    """The parts of a web address, an escaped '?' undone; None for what is no web address."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return None
        _ = parts.port
    except ValueError:
        return None
    if "%3f" in parts.path.lower() and not parts.query:
        path, _, query = unquote(parts.path).partition("?")
        parts = parts._replace(path=path, query=query)
    return parts


@lru_cache(maxsize=PARTED)
def site(parts: SplitResult) -> str:
    """The host without 'www.'; '' where a port or a user name makes it another server."""
    if parts.username is not None or parts.port not in {None, 80, 443}:
        return ""
    return (parts.hostname or "").rstrip(".").removeprefix("www.")


def parameter(parts: SplitResult, *names: str) -> str:
    """The first value of the first parameter in ``names`` that there is, an escaped '=' undone."""
    query = _parameters(parts.query)
    return next((query[name][0] for name in names if name in query), "")


@lru_cache(maxsize=PARTED)
def _parameters(query: str) -> Mapping[str, list[str]]:
    return parse_qs(unquote(query) if _ESCAPED.match(query) else query) if query else {}


def _redirected(url: str) -> str | None:
    """The address inside a redirect that a site puts around links, if ``url`` is one."""
    parts = split(url)
    if parts is None:
        return None
    place = site(parts)
    path, names = _REDIRECTS.get("google" if _GOOGLE.fullmatch(place) else place, (None, ()))
    if parts.path.rstrip("/") != path:
        return None
    return _address(parameter(parts, *names), url)


def _in_path(url: str) -> str | None:
    for pattern in _IN_PATH:
        if match := pattern.match(url):
            inner = re.sub(r"^(https?:)/+", r"\1//", match[1], flags=re.IGNORECASE)
            return _address(inner if ":" in inner[:8] else with_scheme(unquote(inner)), url)
    if _PROOFPOINT.match(url) and (parts := split(url)):
        written = parameter(parts, "u")
        return _address(unquote(written.replace("-", "%").replace("_", "/")), url)
    return None


def _address(text: str, around: str) -> str | None:
    """``text`` if it is a web or mail address, or one below the site that wraps it."""
    inner = text.strip()
    if re.match(r"https?%3a", inner, re.IGNORECASE):
        inner = unquote(inner)
    if re.match(r"/[^/]", inner):
        inner = urljoin(around, inner)
    return inner if re.match(r"(?:https?://|mailto:)", inner, re.IGNORECASE) else None
