"""Verdicts are as sure as the words they rest on, and docs/providers.md shows them all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from downloaders import verdict_tables
from downloaders.google.answers import HOSTS, meaning
from downloaders.google.rules import PAGES
from downloaders.http import status_error
from downloaders.outcomes import verdict_of
from downloaders.pool import download_all
from downloaders.verdicts import first_match
from downloaders.youtube.downloader import YOUTUBE
from downloaders.youtube.rules import RULES
from downloaders.ytdlp.errors import _of_status, transfer_error
from rowkeeper.core.errors import (
    AmbiguousError,
    NeedsPersonError,
    PauseSiteError,
    PermanentError,
    RetryLaterError,
    TransferError,
    Verdict,
)
from rowkeeper.core.events import AssetEvent, EventType
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.retry import AMBIGUOUS_RUNS, AMBIGUOUS_SPAN, Refusals
from tests.fakes.clients import request_for, settings_for, settings_in
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Site, Video

NAMELESS = "nameless___"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("who has blocked it from display on this website or application", "client_refused"),
        ("YouTube is no longer supported in this application or device", "client_refused"),
        ("The owner of this video has not allowed it to be embedded", "client_refused"),
        ("This channel was removed because it violated our Community Guidelines.", "terminated"),
        ("This account has been suspended", "terminated"),
        ("This video has been deleted", "removed"),
        ("Deleted video", "removed"),
        ("YouTube said: The playlist doesn't exist", "not_found"),
        ("Music content is not available in your region", "geo"),
        ("The uploader has not made this available for viewing in your location", "geo"),
        ("This video cannot be played in your country due to a court order", "geo"),
        ("This content is not available on this country domain", "geo"),
        ("It is violating our policy. Learn about hate speech in your country.", None),
        ("This video is unavailable due to a legal complaint", "legal"),
        ("This video is not available due to a privacy claim by a third party", "legal"),
        ("Premieres 1/2/2027", "not_yet_live"),
        ("Premiere starts in 2 minutes", "not_yet_live"),
        ("Live stream will begin soon", "not_yet_live"),
        ("This live event is scheduled for Monday", "not_yet_live"),
        ("Coming soon", "not_yet_live"),
        ("This video is not yet available", "not_yet_live"),
        ("This video will be available soon", "not_yet_live"),
        ("Processing this video", "processing"),
        ("You need to be signed in", "sign_in"),
        ("We couldn't verify you are human", "bot_check"),
        ("To continue, please type the characters in the image", "bot_check"),
        ("The request was blocked, too many requests", "rate_limited"),
    ],
)
def test_what_else_youtube_says(words: str, code: str | None) -> None:
    rule = first_match(RULES, words)
    assert (rule.code if rule else None) == code


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("Video unavailable. This content isn't available.", "ambiguous"),
        ("Video unavailable", "ambiguous"),
        ("This video is unavailable", "ambiguous"),
        ("This video is not available", "ambiguous"),
        ("Content unavailable", "ambiguous"),
        ("This live stream recording is not available.", "ambiguous"),
        ("This live event has ended.", "ambiguous"),
        ("Failed to resolve url (does the playlist exist?)", "ambiguous"),
        ("YouTube said: The playlist does not exist.", "permanent"),
        ("Video unavailable. This video isn't available anymore", "permanent"),
        (
            "Video unavailable. This video is no longer available due to a claim",
            "permanent",
        ),
        ("This video has been removed for violating YouTube's Terms of Service", "permanent"),
        ("Video unavailable. This video is not available in your country", "permanent"),
        ("Private video. Sign in if you've been granted access to this video", "permanent"),
        ("The following content is not available on this app.", "retry"),
        ("The page needs to be reloaded.", "retry"),
        ("This live event will begin in 2 hours.", "retry"),
        ("This content isn't available, try again later", "pause"),
        ("The current session has been rate-limited by YouTube for up to an hour", "pause"),
        ("Sign in to confirm you're not a bot. Use --cookies", "pause"),
        ("Sign in to confirm your age. This video may be inappropriate", "needs_person"),
        ("This video is only available to Music Premium members", "needs_person"),
    ],
)
def test_what_youtube_says(words: str, verdict: str) -> None:
    rule = first_match(RULES, words)
    assert rule is not None
    assert rule.verdict == verdict


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("The download limit for this file has been exceeded.", "quota"),
        ("Our systems have detected unusual traffic from your computer network.", "quota"),
        ("Sorry...\nYour network may be sending automated queries", "quota"),
        ("Sorry...", "quota"),
        ("Sorry... and more", None),
        ("The owner has restricted download, print and copy", "download_disabled"),
        ("Viewers and commenters can't download, print or copy this file", "download_disabled"),
        ("Only the owner and editors can download this file", "download_disabled"),
        ("The owner has disabled the download of this file", "download_disabled"),
        ("Downloads are disabled for this file", "download_disabled"),
        ("Sorry, you can't download file", "download_disabled"),
        ("The file contains a virus", "infected"),
        ("Malware was found in this file", "infected"),
        ("We're sorry: it violates our Terms of Service", "violation"),
        ("This document is too big to export", "too_large"),
        ("Sorry, the file you have requested does not exist.", "removed"),
        ("File is in owner's trash", "removed"),
        ("The file's owner has deleted it", "removed"),
        ("Sorry, the owner has moved the file to trash", "removed"),
        ("It can't be exported: this file is too big", "too_large"),
        ("This item might have been restricted by an admin policy", "permission_denied"),
        ("Your administrator doesn't allow you to access this item", "permission_denied"),
        ("You do not have permission to access this file", "permission_denied"),
        ("Request access, or switch to an account with access", "permission_denied"),
        ("Sign in to continue to Google Drive", "permission_denied"),
        ("Error (Server Error)!!1", "server_error"),
        ("Something went wrong. Try again in a bit.", "server_error"),
        ("A page about something else", None),
    ],
)
def test_what_google_says(words: str, code: str | None) -> None:
    rule = first_match(PAGES, words)
    assert (rule.code if rule else None) == code


@pytest.mark.parametrize(
    "rules",
    [PAGES, *(site.rules for site in verdict_tables.sites())],
    ids=["drive", *(site.provider for site in verdict_tables.sites())],
)
def test_each_rule_is_the_first_for_its_own_example(rules: Any) -> None:
    assert [first_match(rules, rule.example) for rule in rules] == list(rules)


PERMANENT, PAUSE, PERSON = Verdict.PERMANENT, Verdict.PAUSE, Verdict.NEEDS_PERSON


@pytest.mark.parametrize("hosts", [HOSTS, YOUTUBE.hosts], ids=["google", "youtube"])
@pytest.mark.parametrize(
    ("url", "verdict", "code"),
    [
        ("https://www.google.de/sorry/index", PAUSE, "rate_limited"),
        ("https://www.google.co.uk/sorry/index?q=1", PAUSE, "rate_limited"),
        ("https://ipv6.google.com.br/sorry", PAUSE, "rate_limited"),
        ("https://google.evil.example/sorry/index", Verdict.RETRY, "led_elsewhere"),
        ("https://consent.google.com/ml?continue=x", Verdict.RETRY, "led_elsewhere"),
        ("https://blocked.proxy.example/why", Verdict.RETRY, "led_elsewhere"),
        ("https://www.google.com/accounts/ServiceLogin", PERSON, "permission_denied"),
        ("https://accounts.google.de/x", PERSON, "permission_denied"),
        ("https://login.microsoftonline.com/common/oauth2", PERSON, "permission_denied"),
        ("https://sso.school.example/", PERSON, "permission_denied"),
        ("https://school.example/adfs/ls/", PERSON, "permission_denied"),
    ],
)
def test_where_an_answer_leads_is_never_final_at_first_sight(
    hosts: Hosts, url: str, verdict: Verdict, code: str
) -> None:
    with pytest.raises(TransferError) as caught:
        hosts.check(url, is_led=True)
    assert (caught.value.verdict, caught.value.code) == (verdict, code)
    with pytest.raises(TransferError) as caught:
        hosts.check("https://elsewhere.example/login.x")
    assert (caught.value.verdict, caught.value.code) == (PERMANENT, "host_not_allowed")


@pytest.mark.parametrize("status", [400, 405, 406, 409, 412, 414, 416, 421, 422, 423, 431, 499])
def test_a_status_that_names_no_reason_is_never_final_at_first_sight(status: int) -> None:
    errors = [
        status_error(status, "x"),
        _of_status(YOUTUBE, status, "/watch", None),
        meaning(html.fromstring("<html><title>Bad Request</title></html>"), "x", status),
    ]
    assert {(type(error), error.code) for error in errors} == {(AmbiguousError, f"http_{status}")}


@pytest.mark.parametrize(("status", "verdict"), [(402, PERSON), (407, PERSON), (451, PERMANENT)])
def test_a_status_that_names_its_reason_has_its_verdict(status: int, verdict: Verdict) -> None:
    assert status_error(status, "x").verdict is verdict


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (
            "This video is available to this channel's members on level: Rate limited fans (or any "
            "higher level). Join this channel to get access.",
            "members_only",
        ),
        (
            "Video unavailable. This video is no longer available due to a copyright claim by "
            "'Please try again later Records'",
            "removed",
        ),
        (
            "This video contains content from Captcha & Sons, who has blocked it on copyright "
            "grounds",
            "copyright",
        ),
        ('The owner of "Not a bot" has made it private: This video is private', "private"),
        ("This content isn't available, it's said: try again later", "rate_limited"),
    ],
)
def test_no_name_decides_a_verdict(words: str, code: str) -> None:
    client = SimpleNamespace(site=YOUTUBE, statuses=[], strayed=None, dropped=False)
    assert transfer_error(ValueError(words), cast(Any, client)).code == code


def test_what_no_rule_knows_is_never_final() -> None:
    assert first_match(RULES, "Something quite new happened") is None


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 100)), min_size=1, max_size=12))
def test_a_refusal_is_final_only_after_runs_days_apart(
    steps: list[tuple[str, int]],
) -> None:
    chain, now = None, NOW
    same: list[datetime] = []
    for code, hours in steps:
        now += timedelta(hours=hours)
        if chain is None or chain.code != code:
            same = []
        same.append(now)
        chain = Refusals.of(Refusals.after(chain, code, now).details())
        assert chain is not None
        wanted = len(same) >= AMBIGUOUS_RUNS and now - same[0] >= AMBIGUOUS_SPAN
        assert chain.is_final(now) == wanted


@pytest.mark.parametrize("told", [None, {}, {"code": "x", "runs": "many", "since": "then"}, []])
def test_a_chain_that_cannot_be_read_begins_anew(told: Any) -> None:
    assert Refusals.of(told) is None


def test_a_clock_that_is_behind_does_not_make_it_final() -> None:
    chain = Refusals("unavailable", AMBIGUOUS_RUNS, NOW)
    assert not Refusals.after(chain, "unavailable", NOW - timedelta(days=9)).is_final(
        NOW - timedelta(days=9)
    )


@pytest.fixture
def net() -> Iterator[FakeInternet]:
    with FakeInternet(Site(videos=[Video(NAMELESS, error="nameless")])) as internet:
        yield internet


def refused(net: FakeInternet, folder: Path, last: Refusals | None) -> AssetEvent:
    """The failure of one run whose request has the chain ``last``."""
    events: list[AssetEvent] = []
    request = request_for("youtube", "video", NAMELESS, tries=20, faults=20, refusals=last)
    download_all([request], settings_for(net, folder), events.append, "s1")
    [event] = [event for event in events if event.event_type is EventType.DOWNLOAD_FAILED]
    return event


def test_an_ambiguous_refusal_waits_for_hours_and_is_final_in_the_end(
    net: FakeInternet, tmp_path: Path
) -> None:
    first = refused(net, tmp_path, None)
    assert (first.verdict, first.error_code) == (Verdict.RETRY, "unavailable")
    assert first.details["refused"]["runs"] == 1
    wait = datetime.fromisoformat(first.details["next_try_at"]) - datetime.now(UTC)
    assert timedelta(minutes=29) < wait <= timedelta(hours=1)

    old = datetime.now(UTC) - timedelta(days=4)
    early = refused(net, tmp_path, Refusals("unavailable", AMBIGUOUS_RUNS - 2, old))
    assert early.verdict == Verdict.RETRY
    quick = refused(net, tmp_path, Refusals("unavailable", 50, datetime.now(UTC)))
    assert quick.verdict == Verdict.RETRY
    last = refused(net, tmp_path, Refusals("unavailable", AMBIGUOUS_RUNS - 1, old))
    assert last.verdict == Verdict.PERMANENT
    assert f"The same in {AMBIGUOUS_RUNS} runs since {old:%Y-%m-%d}." in str(last.error_message)
    other = refused(net, tmp_path, Refusals("not_this", 50, old))
    assert other.verdict == Verdict.RETRY


def test_a_fault_in_between_keeps_the_chain(net: FakeInternet, tmp_path: Path) -> None:
    from tests.fakes.site import Fault

    net.site.faults.append(Fault("www.youtube.com", 503, times=99))
    events: list[AssetEvent] = []
    chain = Refusals("unavailable", 3, NOW)
    request = request_for("youtube", "video", NAMELESS, refusals=chain)
    download_all([request], settings_for(net, tmp_path), events.append, "s1")
    assert events[-1].error_code == "http_503"
    assert Refusals.of(events[-1].details["refused"]) == chain


@pytest.mark.parametrize("code", ["rate_limited", "bot_check", "quota"])
def test_a_pause_gives_nothing_up(tmp_path: Path, code: str) -> None:
    request = request_for("youtube", "video", NAMELESS, tries=999, faults=999)
    error = PauseSiteError(code, "Later.")
    verdict, _, details = verdict_of(request, error, settings_in(tmp_path))
    assert (verdict, "given_up" in details, "next_try_at" in details) == (PAUSE, False, True)


@pytest.mark.parametrize(
    ("error", "faults"),
    [
        (RetryLaterError("http_503", "Busy."), 4),
        (PauseSiteError("rate_limited", "Later."), 3),
        (AmbiguousError("unavailable", "It isn't available."), 3),
        (RetryLaterError("not_yet_live", "It begins in a month."), 0),
        (PermanentError("private", "It is private."), 0),
        (NeedsPersonError("sign_in", "Please sign in."), 0),
    ],
    ids=lambda value: getattr(value, "code", value),
)
def test_only_faults_in_a_row_count_towards_giving_up(
    tmp_path: Path, error: TransferError, faults: int
) -> None:
    request = request_for("youtube", "video", NAMELESS, attempt=9, tries=8, faults=3)
    assert verdict_of(request, error, settings_in(tmp_path))[2]["faults"] == faults


def test_within_a_run_an_ambiguous_refusal_is_asked_once(net: FakeInternet, tmp_path: Path) -> None:
    refused(net, tmp_path, None)
    pages = [path for _, host, path in net.requests if path.startswith("/watch")]
    assert len(pages) == 1


def test_ambiguous_is_a_kind_of_retry() -> None:
    assert AmbiguousError("x", "y").verdict is Verdict.RETRY


def test_the_tables_of_the_docs_are_made_from_this_code() -> None:
    page = verdict_tables.PAGE.read_text("utf-8")
    assert page == verdict_tables.renewed(page), "run python -m downloaders.verdict_tables"
    assert len(verdict_tables.messages(YOUTUBE)) > 20
    assert all(verdict_tables.messages(site) for site in verdict_tables.sites())
    rules = [rule for site in verdict_tables.sites() for rule in site.rules]
    assert all(rule.example.replace("|", "\\|") in page for rule in rules)


@pytest.mark.parametrize(
    ("title", "status", "code"),
    [
        ("Sign in", 200, "not_a_file"),
        ("Quota exceeded", 200, "not_a_file"),
        ("Access denied: a play", 200, "not_a_file"),
        ("Sign in - Google Docs", 200, "not_a_file"),
        ("Google Drive - Quota exceeded - Google Drive", 200, "not_a_file"),
        ("Quota exceeded – Google Sheets", 200, "not_a_file"),
        ("Quota exceeded - Google Drive", 400, "http_400"),
        ("Google Drive - Quota exceeded", 200, "quota"),
        ("Google Docs: Sign-in", 200, "permission_denied"),
        ("Error (Server Error)!!1", 200, "server_error"),
        ("Sign in", 403, "permission_denied"),
    ],
)
def test_what_an_owner_calls_a_file_is_no_refusal(title: str, status: int, code: str) -> None:
    tree = html.fromstring(f"<html><title>{title}</title><p>Quota exceeded</p></html>")
    assert meaning(tree, "x", status).code == code
