"""Passages as they are cut from captions and from documents."""

import pytest

from downloaders.passages import FORMS, LONGEST, Passage, cut_captions, cut_text
from rowkeeper.core.text import to_json


def cue(start: float, end: float, text: str) -> str:
    def clock(seconds: float) -> str:
        minutes, rest = divmod(seconds, 60)
        return f"{int(minutes // 60):02}:{int(minutes % 60):02}:{rest:06.3f}"

    return f"{clock(start)} --> {clock(end)}\n{text}\n\n"


def vtt(*cues: tuple[float, float, str]) -> str:
    return "WEBVTT\n\n" + "".join(cue(*one) for one in cues)


def test_a_passage_is_a_sentence_and_a_short_one_goes_on() -> None:
    passages = cut_captions(
        vtt(
            (0, 2, "I was never afraid of"),
            (2, 4, "<c.x>failure</c>, you know &amp; me."),
            (4, 5, "Yes."),
            (5, 8, "But my mother said that I should have been."),
        ),
        rolling=False,
    )
    assert passages == [
        Passage("I was never afraid of failure, you know & me.", 0, 4),
        Passage("Yes. But my mother said that I should have been.", 4, 8),
    ]


def test_without_full_stops_a_passage_is_half_a_minute_or_ends_in_silence() -> None:
    said = [(second, second + 2, f"word {second}") for second in range(0, 60, 2)]
    passages = cut_captions(vtt(*said, (70, 72, "after silence")), rolling=False)
    assert [(one.start_s, one.end_s) for one in passages] == [(0, 30), (30, 60), (70, 72)]
    assert (
        " ".join(one.text for one in passages).split()
        == " ".join([*(text for _, _, text in said), "after silence"]).split()
    )


def test_what_recognised_captions_show_twice_is_one_passage() -> None:
    rolling = vtt(
        (0, 2, "so today we"),
        (2, 4, "so today we\ntalk about fear"),
        (4, 6, "talk about fear\nof dogs"),
    )
    assert [one.text for one in FORMS["rolling"](rolling)] == [
        "so today we talk about fear of dogs"
    ]


def test_a_document_has_a_passage_a_paragraph_and_none_is_too_long() -> None:
    assert cut_text("\ufeffFirst\r\n\r\n  second\u00a0 one \n") == [
        Passage("First"),
        Passage("second one"),
    ]
    long = cut_text("word " * 2_000 + "x" * 5_000)
    assert max(len(one.text) for one in long) <= LONGEST
    assert "".join(one.text for one in long).replace(" ", "") == "word" * 2_000 + "x" * 5_000


@pytest.mark.parametrize(
    "hostile",
    [
        vtt((5, 1, "backwards <script>alert(1)</script> \x00 \x02 \x1b[2J \ud800")),
        "WEBVTT\n\n9999:00:00.000 --> 9999:00:01.000\nlate\n",
        "WEBVTT\n\n" + "00:01.000 --> 00:02.000\n" + "x" * 10_000,
        "WEBVTT\n\n" + "00:01.000 --> 00:02.000\nx &#" + "9" * 5000 + "; y\n",
    ],
)
def test_hostile_captions_have_storable_passages(hostile: str) -> None:
    passages = cut_captions(hostile, rolling=True)
    assert passages
    for one in passages:
        to_json(one.text).encode()
        assert not set("\0\1\2\3\x1b") & set(one.text)
        assert 0 <= float(one.start_s or 0) <= float(one.end_s or 0) <= 1e7


@pytest.mark.parametrize(
    "begin",
    [
        "00:01,000 --> 00:02,500",
        "01:00:01,000 --> 01:00:02,500",
        "00:01,000 --> 00:02.500",
        "  00:01.000 --> 00:02,500",
    ],
)
def test_cues_with_times_as_srt_has_them_are_read(begin: str) -> None:
    (one,) = cut_captions(f"WEBVTT\n\n1\n{begin} align:start\nHello there\n", rolling=False)
    assert one.text == "Hello there"
    assert float(one.end_s or 0) % 3600 == 2.5


def test_the_secret_of_an_address_is_in_no_passage() -> None:
    (one,) = cut_text("see https://a.example/x.mp4?part=2&Signature=5ec7e7&x=1 there")
    assert one.text == "see https://a.example/x.mp4?part=2&Signature=…&x=1 there"


def test_what_is_no_captions_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="no WebVTT"):
        cut_captions("garbage", rolling=False)
