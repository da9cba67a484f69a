"""The classifier of links: what people paste, and what only an attacker would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowkeeper.core.links.classify import ASSET_KINDS, classify, unwrap

VIDEO = "dQw4w9WgXcQ"
FILE = "1AbCdEfGhIjKlMnOpQrStUvWxYz012345"
LIST = "PLabcdefghijklmnopqrstuvwxyz012345"


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.youtube.com/watch?v={VIDEO}",
        f"http://youtube.com/watch?v={VIDEO}&t=30s",
        f"https://m.youtube.com/watch?app=desktop&v={VIDEO}",
        f"https://youtu.be/{VIDEO}?si=W2870_M-G16wo1Ee",
        f"https://YOUTU.BE/{VIDEO}",
        f"youtu.be/{VIDEO}",
        f"  www.youtube.com/watch?v={VIDEO}&list={LIST}&index=3 ",
        f"https://www.youtube.com/shorts/{VIDEO}",
        f"https://www.youtube.com/live/{VIDEO}?feature=share",
        f"https://www.youtube.com/embed/{VIDEO}",
        f"https://www.youtube-nocookie.com/embed/{VIDEO}",
        f"https://www.youtube.com/watch%3Fv%3D{VIDEO}",
        f"https://www.youtube.com/watch?v={VIDEO})",
        f"https://www.youtube.com/attribution_link?u=/watch%3Fv%3D{VIDEO}%26feature%3Dshare",
        f"https://www.youtube.com/watch_videos?video_ids={VIDEO}",
        f"https://www.google.com/url?q=https://www.youtube.com/watch?v%3D{VIDEO}&sa=D&ust=1",
        f"https://www.google.de/url?q=https%3A%2F%2Fyoutu.be%2F{VIDEO}",
    ],
)
def test_every_spelling_of_a_video_is_one_link(url: str) -> None:
    link = classify(url)
    assert (link.provider, link.link_type, link.media_id) == ("youtube", "video", VIDEO)
    assert link.url == f"https://www.youtube.com/watch?v={VIDEO}"
    assert link.asset_kinds == ("video", "transcript")


@pytest.mark.parametrize(
    ("url", "kind", "media_id"),
    [
        (f"https://drive.google.com/file/d/{FILE}/view?usp=drive_link", "drive/file", FILE),
        (f"https://drive.google.com/file/u/1/d/{FILE}/edit", "drive/file", FILE),
        (f"https://drive.google.com/open?id={FILE}", "drive/file", FILE),
        (f"https://drive.google.com/uc?export=download&id={FILE}", "drive/file", FILE),
        (f"https://drive.usercontent.google.com/download?id={FILE}", "drive/file", FILE),
        (f"https://drive.google.com/drive/folders/{FILE}", "drive/folder", FILE),
        (f"https://drive.google.com/drive/u/0/folders/{FILE}?usp=sharing", "drive/folder", FILE),
        (f"https://drive.google.com/embeddedfolderview?id={FILE}#list", "drive/folder", FILE),
        (f"https://docs.google.com/document/d/{FILE}/edit#heading=h.1", "docs/document", FILE),
        (f"https://docs.google.com/document/u/3/d/{FILE}/edit", "docs/document", FILE),
        (f"https://docs.google.com/open?id={FILE}", "docs/document", FILE),
        (f"https://docs.google.com/a/team.org/document/d/{FILE}/pub", "docs/document", FILE),
        (f"https://docs.google.com/spreadsheets/d/{FILE}/edit#gid=0", "docs/spreadsheet", FILE),
        (f"https://docs.google.com/document/d/e/2PACX-{FILE}/pub", "docs/published_document", None),
        (f"https://www.youtube.com/playlist?list={LIST}", "youtube/playlist", LIST),
        (f"https://www.youtube.com/embed/videoseries?list={LIST}", "youtube/playlist", LIST),
        (f"https://www.youtube.com/watch_videos?video_ids={VIDEO},aaaaaaaaaaa", None, None),
        ("https://www.youtube.com/@someone/videos", "youtube/channel", "@someone"),
        ("mailto:ann@example.org?subject=hi", "other/mail", "ann@example.org"),
        ("https://accounts.google.com/ServiceLogin?continue=x", "other/sign_in", None),
    ],
)
def test_other_links(url: str, kind: str | None, media_id: str | None) -> None:
    link = classify(url)
    assert f"{link.provider}/{link.link_type}" == (kind or "youtube/video_list")
    assert media_id is None or link.media_id == media_id


@pytest.mark.parametrize(
    "url",
    [
        f"https://youtube.com.evil.example/watch?v={VIDEO}",
        f"https://youtube.com@evil.example/watch?v={VIDEO}",
        f"https://evil.example/youtube.com/watch?v={VIDEO}",
        f"https://www.youtube.com:8443/watch?v={VIDEO}",
        f"https://notyoutube.com/watch?v={VIDEO}",
        f"javascript:location='https://youtu.be/{VIDEO}'",
        f"file:///etc/passwd?v={VIDEO}",
        f"https://google.com.evil.example/url?q=https://youtu.be/{VIDEO}",
        "https://www.youtube.com/watch?v=watch_video",
        "https://www.youtube.com/watch?v=" + VIDEO[:10],
        "https://drive.google.com/file/d/../../etc/passwd",
        "http://[::1",
        "https://",
        "",
    ],
)
def test_what_only_looks_like_content_asks_for_nothing(url: str) -> None:
    assert classify(url).asset_kinds == ()


def test_a_redirect_is_only_undone_for_web_and_mail_addresses() -> None:
    assert unwrap("https://www.google.com/url?q=javascript:alert(1)").startswith("https://www.g")
    assert unwrap("https://www.google.com/url?q=mailto:a@b.c") == "mailto:a@b.c"
    twice = "https://www.google.com/url?q=https://www.google.com/url?q%3Dhttps://x.example/"
    assert unwrap(twice) == "https://x.example/"


IDS = st.text("abcXYZ019_-", min_size=11, max_size=11)
URLS = st.one_of(
    st.text(),
    IDS.map("https://youtu.be/{}".format),
    st.builds(
        "https://{}/{}?{}={}#{}".format,
        st.sampled_from(
            [
                "www.youtube.com",
                "Drive.google.com",
                "docs.google.com",
                "x.org:1",
                "a@b.c",
                "google.fr",
            ]
        ),
        st.sampled_from(
            ["watch", "url", "playlist", "file/d/x", "document/d/e", "%3F", "watch_videos"]
        ),
        st.sampled_from(["v", "q", "list", "id", "video_ids"]),
        st.one_of(IDS, st.text(), st.lists(IDS).map(",".join)),
        st.text(),
    ),
)


@given(URLS)
def test_the_canonical_address_is_stable_and_nothing_raises(url: str) -> None:
    link = classify(url)
    assert classify(link.url) == link
    if link.asset_kinds:
        assert (link.provider, link.link_type) in ASSET_KINDS
        assert set(link.media_id) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-,"
        )
