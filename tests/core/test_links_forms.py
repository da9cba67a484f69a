"""More forms of the same ids: old addresses, wrappers, shortened links, and yt-dlp's own list."""

import re
from collections.abc import Iterator

import pytest
from yt_dlp.extractor import googledrive, youtube  # type: ignore[import-untyped]
from yt_dlp.extractor.common import InfoExtractor  # type: ignore[import-untyped]

from rowkeeper.core.links import wrappers
from rowkeeper.core.links.classify import KNOWN_HOSTS, classify
from rowkeeper.core.links.escapes import unescaped

VIDEO = "dQw4w9WgXcQ"
FILE = "1AbCdEfGhIjKlMnOpQrStUvWxYz012345"
LIST = "PLabcdefghijklmnopqrstuvwxyz012345"
LOOM = "43d05f362f734614a2e81b4694a3a523"
TUBE = f"https://youtu.be/{VIDEO}"
PASSING = f"docs/securesc/a1/b2/1600000000000/123/*/{FILE}?e=download"
CUT = f"{FILE[:20]}%2D{FILE[20:]}"
QUOTED = f"https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{VIDEO}"


@pytest.mark.parametrize(
    ("url", "kind", "media_id"),
    [
        (f"https://docs.google.com/file/d/{FILE}/edit", "drive/file", FILE),
        (f"https://drive.google.com/file/d/{CUT}/view", "drive/file", f"{FILE[:20]}-{FILE[20:]}"),
        (f"https://youtu.be/%{ord(VIDEO[0]):x}{VIDEO[1:]}", "youtube/video", VIDEO),
        (f"https://drive.google.com/open?id={FILE},{FILE[::-1]}", "other/no_id", None),
        *((f"{app}{VIDEO}", "youtube/video", VIDEO) for app in ("vnd.youtube:", "youtube://")),
        (f"vnd.youtube://www.youtube.com/watch?v={VIDEO}", "youtube/video", VIDEO),
        (
            f"https://urldefense.proofpoint.com/v2/url?u=https-3A__youtu.be_{VIDEO}",
            "youtube/video",
            VIDEO,
        ),
        ("https://lh3.googleusercontent.com/pw/AP1GczAbC=w1200-h800-no", "other/no_id", None),
        ("https://vimeo.com/about-time/12345", "other/no_id", None),
        ("https://www.youtube.com/premium-channel", "other/no_id", None),
        *((f"https://vimeo.com/about{end}", "other/furniture", None) for end in ("", "/", "/us")),
        (f"https://docs.google.com/a/team.org/file/d/{FILE}/edit", "drive/file", FILE),
        (f"https://docs.google.com/leaf?id={FILE}&hl=en", "drive/file", FILE),
        (f"https://drive.google.com/leaf?id={FILE}", "drive/file", FILE),
        (f"https://docs.google.com/viewer?srcid={FILE}&pid=explorer", "drive/file", FILE),
        (f"https://docs.google.com/spreadsheet/ccc?key={FILE}#gid=0", "docs/spreadsheet", FILE),
        (f"https://spreadsheets.google.com/ccc?key={FILE}", "docs/spreadsheet", FILE),
        (f"https://docs.google.com/spreadsheet/pub?key={FILE}", "docs/spreadsheet", FILE),
        (f"https://docs.google.com/Doc?id={FILE}", "docs/document", FILE),
        (f"https://docs.google.com/document/edit?id={FILE}&hl=en", "docs/document", FILE),
        (f"https://docs.google.com/viewer?url={TUBE}", "youtube/video", VIDEO),
        (f"https://docs.google.com/gview?embedded=true&url={QUOTED}", "youtube/video", VIDEO),
        (f"https://lh3.googleusercontent.com/d/{FILE}=w1000?authuser=0", "drive/file", FILE),
        (f"https://drive.google.com/#folders/{FILE}", "drive/folder", FILE),
        (f"https://docs.google.com/folder/d/{FILE}/edit", "drive/folder", FILE),
        *(
            (f"https://docs.google.com{path}", "drive/file", FILE)
            for path in (
                *(f"/a/x.org/leaf?id={FILE}", f"/a/x.org/uc?id={FILE}", f"/fileview?id={FILE}"),
                *(f"/a/x.org/viewer?srcid={FILE}", f"/u/0/uc?id={FILE}"),
            )
        ),
        (f"https://docs.google.com/folderview?id={FILE}", "drive/folder", FILE),
        *(
            (f"https://{place}", "docs/document", FILE)
            for place in (
                f"docs.google.com/a/x.org/open?id={FILE}",
                f"docs.google.com/u/0/open?id={FILE}",
                f"docs.google.com/u/1/document/d/{FILE}/edit",
                f"docs.google.com/document/export?id={FILE}",
                f"docs.google.com/document/preview?hgd=1&id={FILE}",
                f"docs.google.com/document/u/0/?id={FILE}",
                f"drive.google.com/document/d/{FILE}/edit",
            )
        ),
        (f"https://drive.google.com/spreadsheets/u/1/d/{FILE}", "docs/spreadsheet", FILE),
        (f"https://drive.google.com/open?id%3D{FILE}", "drive/file", FILE),
        *((f"https://lh{n}.googleusercontent.com/d/{FILE}", "drive/file", FILE) for n in "456"),
        ("https://lh5.googleusercontent.com/avatar", "other/static", None),
        *(
            (url, "youtube/video", VIDEO)
            for url in (
                f"https://docs.google.com/viewerng/viewer?url={QUOTED}",
                f"https://docs.google.com/url?q={QUOTED}",
                f"https://consent.google.de/ml?continue={QUOTED}",
                f"https://consent.google.co.uk/ml?continue={QUOTED}",
                f"https://x.safelinks.protection.office365.us/?url={QUOTED}&data=x",
                f"https://www.youtube.com/watch?v%3D{VIDEO}",
                f"https://www.youtube.com/watch?udvid={VIDEO}",
                f"https://i.ytimg.com/vi/{VIDEO}/maxresdefault.jpg",
                f"https://i1.ytimg.com/vi_webp/{VIDEO}/0.webp",
                f"https://img.youtube.com/vi/{VIDEO}/0.jpg",
                f"https://www.youtube.com/@chan/live/{VIDEO}",
                f"https://www.youtube.com/short/{VIDEO}",
                *(f"https://youtu.be/{word}/{VIDEO}" for word in ("shorts", "embed", "live", "v")),
            )
        ),
        ("https://i.ytimg.com/x.js", "other/static", None),
        (f"https://studio.youtube.com/playlist/{LIST}/edit", "youtube/playlist", LIST),
        (f"https://docs.google.com/forms/?id={FILE}", "other/no_id", None),
        (f"https://docs.google.com/forms/?id={FILE[:28]}", "other/no_id", None),
        ("https://docs.google.com/document/?authuser=0&usp=drive_link", "other/furniture", None),
        *(
            (f"https://vimeo.com/123{end}", "vimeo/video", "123")
            for end in ("и", "(x)", "%20", ")")
        ),
        ("https://dai.ly/x8abcdeと", "dailymotion/video", "x8abcde"),
        ("https://forms.gle/abc", "other/form", None),
        ("https://n9.cl/abc", "other/shortened", None),
        ("https://share.google/abc", "other/shortened", None),
        (f"https://drive.google.com/drive/mobile/folders/{FILE}", "drive/folder", FILE),
        (f"https://drive.google.com/thumbnail?id={FILE}&sz=w1000", "drive/file", FILE),
        (f"https://www.googleapis.com/drive/v3/files/{FILE}?alt=media", "drive/file", FILE),
        (f"https://studio.youtube.com/video/{VIDEO}/edit", "youtube/video", VIDEO),
        (f"https://gaming.youtube.com/watch?v={VIDEO}", "youtube/video", VIDEO),
        (f"https://www.youtube.com/watch#v={VIDEO}", "youtube/video", VIDEO),
        (f"https://www.youtube.com/watch#!v={VIDEO}&t=3", "youtube/video", VIDEO),
        (f"https://www.youtubekids.com/watch?v={VIDEO}", "youtube/video", VIDEO),
        (f"https://youtu.be/watch?v={VIDEO}", "youtube/video", VIDEO),
        (f"https://consent.youtube.com/m?continue={QUOTED}&gl=NL", "youtube/video", VIDEO),
        (f"https://accounts.google.com/ServiceLogin?continue={QUOTED}", "youtube/video", VIDEO),
        (f"https://www.youtube.com/signin?next=%2Fwatch%3Fv%3D{VIDEO}", "youtube/video", VIDEO),
        (f"https://www.youtube.com/embed/{VIDEO}?list={LIST}", "youtube/playlist", LIST),
        (f"https://www.youtube.com/view_play_list?p={LIST}", "youtube/playlist", LIST),
        (f"https://music.youtube.com/browse/VL{LIST}", "youtube/playlist", LIST),
        (f"https://eur03.safelinks.protection.outlook.com/?url={QUOTED}&data=05%7C01", None, VIDEO),
        (f"https://urldefense.com/v3/__{TUBE}__;!!AbC!dEf$", None, VIDEO),
        (
            f"https://urldefense.proofpoint.com/v2/url?u=https-3A__youtu.be_{VIDEO}&d=DwMF&c=x",
            None,
            VIDEO,
        ),
        (f"https://l.instagram.com/?u={QUOTED}&e=AT0", None, VIDEO),
        (f"https://slack-redir.net/link?url={QUOTED}", None, VIDEO),
        (f"https://href.li/?{TUBE}", None, VIDEO),
        (f"https://web.archive.org/web/20200101000000/{TUBE}", None, VIDEO),
        (f"https://linkprotect.cudasvc.com/url?a={QUOTED}&c=E,1", None, VIDEO),
        (f"https://www.google.com/amp/s/youtu.be/{VIDEO}", None, VIDEO),
        (
            f"https://x.safelinks.protection.outlook.com/?url=https%253A%252F%252Fyoutu.be%252F{VIDEO}",
            None,
            VIDEO,
        ),
        ("https://bit.ly/3AbCdEf", "other/shortened", "https://bit.ly/3AbCdEf"),
        ("https://tinyurl.com/x", "other/shortened", "https://tinyurl.com/x"),
        ("https://odysee.com/123", "other/page", "https://odysee.com/123"),
        ("https://vimeo.com/123", "vimeo/video", "123"),
        ("vimeo.com/123/0123456789#t=5", "vimeo/video", "123"),
        ("https://player.vimeo.com/video/123?h=0123456789", "vimeo/video", "123"),
        ("https://vimeo.com/channels/staffpicks/123", "vimeo/video", "123"),
        ("https://vimeo.com/showcase/9/video/123", "vimeo/video", "123"),
        ("https://vimeo.com/showcase/9", "other/no_id", None),
        ("https://vimeo.com/ondemand/9/123", "other/no_id", None),
        ("https://vimeo.com/123x", "other/no_id", None),
        (f"https://www.loom.com/share/{LOOM}?sid=1", "loom/video", LOOM),
        (f"https://loom.com/embed/{LOOM}", "loom/video", LOOM),
        (f"https://www.loom.com/share/A-talk-{LOOM}", "loom/video", LOOM),
        (f"https://www.loom.com/share/folder/{LOOM}", "other/no_id", None),
        ("https://www.loom.com/", "other/furniture", None),
        ("https://www.dailymotion.com/video/x5kesuj_a-title", "dailymotion/video", "x5kesuj"),
        ("https://dailymotion.com/fr/video/x5kesuj", "dailymotion/video", "x5kesuj"),
        ("https://dai.ly/x5kesuj", "dailymotion/video", "x5kesuj"),
        ("https://geo.dailymotion.com/player/x9.html?video=k46oC", "dailymotion/video", "k46oC"),
        ("https://www.dailymotion.com/embed/video/x5?autoplay=1", "dailymotion/video", "x5"),
        ("https://www.dailymotion.com/playlist/x7wdsj", "other/no_id", None),
        ("https://www.youtube.com/", "other/furniture", "https://www.youtube.com/"),
        ("https://docs.google.com/document/u/0/", "other/furniture", None),
        ("https://support.google.com/docs/answer/1", "other/furniture", None),
        (f"https://www.youtube.com/clip/Ugk{VIDEO}", "youtube/clip", None),
        ("https://www.youtube.com/results?search_query=a", "youtube/youtube_page", None),
        (f"https://es.youtube.com/watch?v={VIDEO}", "youtube/video", VIDEO),
        (f"https://youtu.be/{VIDEO}-", "youtube/video", VIDEO),
        (f"https://youtu.be/{VIDEO}http", "other/no_id", None),
        ("https://www.youtube.com/zsecurity", "other/no_id", None),
        ("https://docs.google.com/x", "other/no_id", None),
        (f"htps://youtu.be/{VIDEO}", "youtube/video", VIDEO),
        (f"https://www.youtube.com./watch?v={VIDEO}", "youtube/video", VIDEO),
        (f"https://www.youtube.com/watch_videos?video_ids={VIDEO},{VIDEO}", "youtube/video", VIDEO),
        (f"https://docs.google.com/spreadsheets/d/{FILE}/edit#gid=00", "docs/spreadsheet", FILE),
        (
            f"https://docs.google.com/spreadsheets/d/{FILE}/edit#gid=07",
            "docs/spreadsheet",
            f"{FILE},7",
        ),
        ("https://u:p@media.example.org/a.mp4", "other/page", None),
        (f"https://docs.google.com/videos/d/{FILE}/edit", "docs/videos", FILE),
        *(
            (f"https://{written}{VIDEO}", "youtube/video", VIDEO)
            for written in (
                *(
                    "www.youtube.com/#/watch?v=",
                    "m.youtube.com/#/watch?app=m&v=",
                    "youtube.com/vi/",
                ),
                *("www.youtube.com/#!v=", "youtube.com/?vi=", "www.youtubeeducation.com/embed/"),
                "outlook.live.com/owa/redir.aspx?REF=x&URL=https%3A%2F%2Fyoutu.be%2F",
            )
        ),
        (f"https://doc-0k-4s-docs.googleusercontent.com/{PASSING}", "drive/file", FILE),
        ("https://doc-0k-4s-docs.googleusercontent.com/docs/x", "other/page", None),
        (
            f"https://docs.google.com/feeds/download/documents/export/Export?id={FILE}&x=pdf",
            "docs/document",
            FILE,
        ),
        (
            f"https://docs.google.com/feeds/download/spreadsheets/Export?key={FILE}",
            "docs/spreadsheet",
            FILE,
        ),
        ("#gid=12&range=A1", "other/inside", "#gid=12&range=A1"),
        ("https://drive.app.goo.gl/AbC", "other/shortened", None),
        ("https://storage.googleapis.com/bucket/video.mp4", "direct/media", None),
        ("https://firebasestorage.googleapis.com/v0/b/x/o/a.mp4?alt=media", "direct/media", None),
        ("https://video-downloads.googleusercontent.com/AbC", "other/page", None),
        ("https://storage.googleapis.com/bucket/folder", "other/page", None),
        ("https://fonts.googleapis.com/css?family=a", "other/static", None),
        ("https://lh7-us.googleusercontent.com/docsz/AbC=w1", "other/static", None),
        ("https://lh3.googleusercontent.com/a/AbC=s96-c", "other/static", None),
    ],
)
def test_a_form_leads_to_its_id(url: str, kind: str | None, media_id: str | None) -> None:
    link = classify(url)
    assert f"{link.provider}/{link.link_type}" == (
        kind or ("docs/spreadsheet" if "," in link.media_id else "youtube/video")
    )
    assert media_id is None or link.media_id == media_id
    assert classify(link.url) == link


def test_a_published_document_asks_for_what_a_document_does() -> None:
    link = classify(f"https://docs.google.com/document/d/e/2PACX-{FILE}/pub?embedded=true")
    assert link.asset_kinds == ("document", "document_html")
    assert link.url == f"https://docs.google.com/document/d/e/2PACX-{FILE}/pub"
    sheet = classify(f"https://docs.google.com/spreadsheets/d/e/2PACX-{FILE}/pubhtml?gid=0")
    assert (sheet.link_type, sheet.asset_kinds) == ("published_spreadsheet", ())


def test_a_resource_key_is_carried_and_names_nothing_else() -> None:
    url = (
        f"https://drive.google.com/file/d/{FILE}/view?usp=sharing&resourcekey=0-AbCdEfGhIjKlMnOpQr"
    )
    link, plain = classify(url), classify(f"https://drive.google.com/file/d/{FILE}/view")
    assert link.resource_key == "0-AbCdEfGhIjKlMnOpQr"
    assert (link, link.url, plain.resource_key) == (plain, plain.url, "")
    wrapped = "https://www.google.com/url?q=" + url.replace("?", "%3F").replace("&", "%26")
    assert classify(wrapped).resource_key == link.resource_key
    assert classify(f"{plain.url}?resourcekey=../../x").resource_key == ""


@pytest.mark.parametrize(
    "url",
    [
        f"https://safelinks.protection.outlook.com.evil.example/?url={QUOTED}",
        f"https://evilsafelinks.protection.outlook.example/?url={QUOTED}",
        f"https://notbit.ly@evil.example/?url={QUOTED}",
        f"https://lh3.googleusercontent.com.evil.example/d/{FILE}",
        f"https://evil.example/web/2020/{TUBE}",
        f"https://evil.example/watch?v=x.youtube.com/{VIDEO}",
        f"https://notyoutube.com/watch?v={VIDEO}",
        "https://eur03.safelinks.protection.outlook.com/?url=javascript%3Aalert(1)",
        "https://accounts.google.com/ServiceLogin?continue=file:///etc/passwd",
        "https://www.youtube.com/signin?next=//evil.example/watch",
    ],
)
def test_what_only_looks_like_a_wrapper_is_none(url: str) -> None:
    assert classify(url).asset_kinds == ()


NOT_LINKS = re.compile(r":yt|yt(?:user|search)|[A-Za-z0-9_-]+$")
"""What yt-dlp takes on its command line and nobody's browser opens: words and bare ids."""

OTHER_SITES = re.compile(
    r"https?://(?:www\.)?(?:redirect\.)?(?:invidi\w*\.\w+|vid\.plus|zwearz\.com)/"
)
"""Other front ends to YouTube: sites that come and go, and that anybody may set up."""

REASONS = {
    "https://www.youtube.com/watch?v=N_708QY7Ob": "one character short of an id",
    "https://www.youtube.com/watch?v=yYr8q0y5Jfg": "YouTube itself shows another video",
    "https://music.youtube.com/browse/MPREb_gTAcphH99wE": "an album: its list must be looked up",
}
"""YouTube's addresses whose id we can't know or read differently, and why."""

PAGES = (
    (r"/(?:@|channel/|user/|c/|browse/UC)", "a channel"),
    (r"/embed/live_stream", "a channel's live stream, whichever that is when asked"),
    (r"/clip/", "a clip: the video is named on its page alone"),
    (r"/(?:results|search)\b", "a search"),
    (r"/(?:feed|hashtag|course|source)\b", "a page that shows other videos each day"),
    (r"/watch\?(?:(?!\bv=).)*$", "no id at all"),
    (r"/?$", "the front page"),
    (r"/(?:zsecurity|news|NASAgovVideo|TheYoungTurks)\b", "a channel's old name"),
)
"""YouTube's pages that are no video and no list, by path."""


def yt_dlp_tests() -> Iterator[tuple[str, str | None]]:
    """Each address of yt-dlp's own tests with the id that it expects, where it says one."""
    for module in (youtube, googledrive):
        classes = {c for c in vars(module).values() if isinstance(c, type)}
        for extractor in sorted(classes, key=lambda c: c.__name__):
            if issubclass(extractor, InfoExtractor):
                for case in getattr(extractor, "_TESTS", None) or []:
                    yield case["url"], (case.get("info_dict") or {}).get("id")


def expected_id(url: str, told: str | None) -> str | None:
    """The id that an address must have: the one that yt-dlp tells, else the one in it."""
    if told:
        return told
    match = re.search(r"(?:[?&;]v=|youtu\.be/|/shorts/|/live/)([\w-]{11})(?![\w-])", url)
    match = match or re.search(r"[?&]list=([\w-]+)|/VL(PL[\w-]+)", url)
    match = match or re.search(r"(?:[?&]id=|/d/)([\w-]{19,})", url)
    return next(filter(None, match.groups()), None) if match else None


def test_every_id_of_yt_dlps_own_tests_agrees_or_has_its_reason() -> None:
    agreed, explained, wrong = 0, set(), []
    for url, told in yt_dlp_tests():
        if NOT_LINKS.match(url) or OTHER_SITES.match(url):
            continue
        link = classify(unescaped(url))
        path = re.sub(r"^(?:https?:)?//[^/]+", "", url)
        if url in REASONS:
            explained.add(url)
        elif link.asset_kinds and link.media_id == expected_id(url, told):
            agreed += 1
        elif link.asset_kinds or not any(re.match(pattern, path) for pattern, _ in PAGES):
            wrong.append((url, told, link.media_id))
    assert wrong == []
    assert agreed >= 90
    assert explained == set(REASONS)


NO_ADDRESSES = (
    "https://[x",
    "//a]b",
    "//[",
    "https://a\u2100.com",
    "https://a:99999",
    "\ud800",
    "%",
)
PATHS = (
    "/attribution_link",
    "/redirect",
    "/url",
    "/watch",
    "/open",
    "/viewer",
    "/l.php",
    "/web/1/",
)


@pytest.mark.parametrize("inner", NO_ADDRESSES)
@pytest.mark.parametrize("host", sorted({*KNOWN_HOSTS, *wrappers._WRAPPERS, "google.com"}))
def test_what_is_no_address_within_another_stops_nothing(host: str, inner: str) -> None:
    for path in PATHS:
        for name in ("u", "q", "url", "v", "continue", "id"):
            link = classify(f"https://{host}{path}?{name}={inner}")
            assert classify(link.url) == link
            link.media_id.encode()
        classify(f"https://{host}{path}{inner}#{inner}")
