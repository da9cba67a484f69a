"""Addresses with gaps in them, and where the next word begins."""

import pytest

from rowkeeper.core.links.classify import classify
from rowkeeper.core.links.escapes import unescaped
from rowkeeper.core.links.text import find_links

VIDEO = "dQw4w9WgXcQ"
FILE = "1AbCdEfGhIjKlMnOpQrStUvWxYz012345"
DOCUMENT = FILE + "AbCdEfGhIj1"
LIST = "PLabcdefghijklmnopqrstuvwxyz012345"


def led_to(text: str) -> list[tuple[str, str]]:
    links = [classify(unescaped(url)) for url in find_links(text)]
    return [(link.link_type, link.media_id) for link in links]


@pytest.mark.parametrize("gap", [" ", "\n", "\r\n  ", "\t", " \n", "\u00a0"])
@pytest.mark.parametrize(
    ("whole", "kind", "media_id"),
    [
        (f"https://drive.google.com/file/d/{FILE[:9]}|{FILE[9:]}/view?usp=sharing", "file", FILE),
        (f"drive.google.com/drive/folders/{FILE[:30]}|{FILE[30:]}", "folder", FILE),
        (f"https://drive.google.com/open?id={FILE[:20]}|{FILE[20:]}&usp=forms", "file", FILE),
        (f"https://drive.google.com/open?id=|{FILE}", "file", FILE),
        (f"https://drive.google.com/|file/d/{FILE}/view", "file", FILE),
        (f"https://docs.google.com/document/d/{DOCUMENT[:33]}x|yzab/edit", "document", None),
        (f"https://docs.google.com/document/d/{DOCUMENT[:12]}|{DOCUMENT[12:]}", "document", None),
        (f"https://docs.google.com/document/|d/{DOCUMENT}/edit", "document", DOCUMENT),
        (f"https://www.youtube.com/playlist?list={LIST[:8]}|{LIST[8:]}", "playlist", LIST),
        (f"https://www.youtube.com/|watch?v={VIDEO}", "video", VIDEO),
        (f"https://www.youtube.com/watch?v=|{VIDEO}", "video", VIDEO),
        (f"https://youtu.be/|{VIDEO}", "video", VIDEO),
        (f"https://youtu.be/{VIDEO[:4]}|{VIDEO[4:]}", "video", VIDEO),
    ],
)
def test_an_address_with_a_gap_in_it_is_one(
    gap: str, whole: str, kind: str, media_id: str | None
) -> None:
    text = whole.replace("|", gap)
    wanted = [(kind, media_id or classify(whole.replace("|", "")).media_id)]
    assert led_to(f"My talk: {text}, thank you!") == wanted
    assert led_to(f"{text}\nhttps://vimeo.com/5") == [*wanted, ("video", "5")]
    assert find_links(f"({text})") == [text]  # as it stands
    link = classify(unescaped(text))  # as the address behind a cell
    assert (link.link_type, link.media_id) == wanted[0]


def test_blanks_around_a_slash_are_no_end() -> None:
    assert led_to(f"https://youtu.be / {VIDEO}, or so") == [("video", VIDEO)]
    assert led_to(f"www.youtube.com /\nwatch?v={VIDEO}") == [("video", VIDEO)]
    assert led_to(f"https://youtu.be /{VIDEO} and so on") == [("video", VIDEO)]
    assert led_to(f"drive.google.com / file/d/{FILE}/view") == [("file", FILE)]
    assert [kind for kind, _ in led_to("youtube.com / vimeo.com / mail")] == ["furniture"] * 2
    assert [kind for kind, _ in led_to("on youtu.be / and there")] == ["furniture"]


@pytest.mark.parametrize(
    "address",
    [
        f"https://drive.google.com/drive/folders/{FILE},{FILE[:-1]}6",
        f"https://drive.google.com/file/d/{FILE};{FILE[:-1]}6/view",
        f"https://docs.google.com/document/d/{FILE},{FILE[:-1]}6/edit",
        f"https://drive.google.com/open?id={FILE},{FILE[:-1]}6",
    ],
)
def test_of_several_ids_in_an_address_none_passes_for_all(address: str) -> None:
    assert [kind for kind, _ in led_to(address)] == ["no_id"]


def test_the_list_of_an_attribution_link() -> None:
    around = "https://www.youtube.com/attribution_link?a=x&u=%2Fplaylist%3Flist%3D"
    assert led_to(f"{around}{LIST}%26feature%3Dem") == [("playlist", LIST)]


def test_an_id_is_cut_more_than_once() -> None:
    text = f"https://drive.google.com/file/d/{FILE[:12]}\n{FILE[12:20]}\n{FILE[20:]}/view"
    assert led_to(text) == [("file", FILE)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"https://drive.google.com/file/d/{FILE} second/edit", [("file", FILE)]),
        (f"https://drive.google.com/file/d/{FILE[:20]} please", [("file", FILE[:20])]),
        (f"https://drive.google.com/file/d/{FILE[:25]} Thankyou", [("file", FILE[:25])]),
        (f"https://youtu.be/{VIDEO} {VIDEO}", [("video", VIDEO)]),
        ("https://youtu.be/ Description", [("furniture", "https://youtu.be/")]),
        ("https://youtu.be/dQw4w please", [("no_id", "https://youtu.be/dQw4w")]),
        ("https://vimeo.com/ 2024", [("furniture", "https://vimeo.com/")]),
        ("https://www.youtube.com/ channel", [("furniture", "https://www.youtube.com/")]),
        (
            f"https://drive.google.com/ https://drive.google.com/file/d/{FILE}",
            [("furniture", "https://drive.google.com/"), ("file", FILE)],
        ),
    ],
)
def test_the_next_word_is_none_of_an_address(text: str, wanted: list[tuple[str, str]]) -> None:
    assert led_to(text) == wanted


def test_an_id_that_a_blank_cuts_is_never_taken_for_a_whole_one() -> None:
    cut = f"https://drive.google.com/file/d/{FILE[:20]} {FILE[20:24]} x"
    assert classify(cut).link_type == "no_id"
    assert classify(f"https://drive.google.com/open?id={FILE} my file").media_id == FILE


def test_slashes_of_windows_are_slashes() -> None:
    text = rf"see https:\\drive.google.com\file\d\{FILE}\view and https:\\youtu.be\{VIDEO}."
    assert led_to(text) == [("file", FILE), ("video", VIDEO)]
    assert find_links(text) == [
        rf"https:\\drive.google.com\file\d\{FILE}\view",
        rf"https:\\youtu.be\{VIDEO}",
    ]


def test_two_videos_in_one_address_do_not_pass_for_one() -> None:
    for mark in ",;|+":
        link = classify(f"https://youtu.be/{VIDEO}{mark}{VIDEO[::-1]}")
        assert (link.provider, link.link_type) == ("other", "no_id")
    assert classify(f"https://youtu.be/{VIDEO},description").media_id == VIDEO


@pytest.mark.parametrize(
    "around",
    [
        "https://urldefense.us/v2/url?u=https-3A__youtu.be_{id}&d=x",
        "https://urldefense.com/v2/url?u=https-3A__youtu.be_{id}&d=x",
        "https://protect.checkpoint.com/v2/___https://youtu.be/{id}___.YXA6",
        "https://protect.checkpoint.com/v2/r01/___https://youtu.be/{id}___.YXA6",
        "https://scanmail.trustwave.com/?c=1&d=2&u=https%3a%2f%2fyoutu.be%2f{id}",
        "https://link.edgepilot.com/s/abc/xyz?u=https://youtu.be/{id}",
        "https://cdn.embedly.com/widgets/media.html?src=https%3A%2F%2Fwww.youtube.com%2Fembed%2F{id}",
        "https://api.whatsapp.com/send?text=https%3A%2F%2Fyoutu.be%2F{id}",
        "https://wa.me/?text=https%3A%2F%2Fyoutu.be%2F{id}",
        "https://t.me/share/url?url=https://youtu.be/{id}",
        "https://twitter.com/intent/tweet?url=https://youtu.be/{id}",
    ],
)
def test_what_mail_filters_and_messengers_put_around_a_link(around: str) -> None:
    assert led_to(around.format(id=VIDEO)) == [("video", VIDEO)]
