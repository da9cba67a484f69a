"""A site's numbers: none of them stops others, and none is taken for longer than a setting says."""

import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from urllib3 import HTTPResponse

from downloaders.base import FetchSettings, Request
from downloaders.http import filename_of
from downloaders.pool import DownloadSummary, download_all
from rowkeeper.core.errors import AmbiguousError
from rowkeeper.core.events import AssetEvent
from rowkeeper.core.net.hosts import led_to
from rowkeeper.core.net.pace import FilePace
from rowkeeper.core.net.throttle import Throttle
from tests.fakes.clients import changed, request_for
from tests.helpers.loopback import HEAD, dripping
from tests.helpers.transfers import Answers, local_settings, serving

PUBLIC = {"Content-Type": "video/mp4"}


def settings_of(folder: Path, *answers: Answers, **more: object) -> FetchSettings:
    hosts = tuple(item.host for item in answers)
    settings = local_settings(folder / "data", hosts=hosts, workers=1, attempts=1, **more)
    settings = changed(settings, private_addresses=["127.0.0.0/8", "::1"])
    return replace(settings, throttle=Throttle(pace=FilePace(folder / "pace")))


def direct(answers: Answers, name: str) -> Request:
    return request_for("direct", "file", f"http://{answers.host}/{name}.mp4", row_id=name)


def run(
    settings: FetchSettings, *requests: Request
) -> tuple[DownloadSummary, dict[str, AssetEvent]]:
    events: list[AssetEvent] = []
    summary = download_all(requests, settings, events.append, "s1")
    return summary, {str(event.row_id): event for event in events}


def test_a_pause_keeps_its_own_host_alone(tmp_path: Path) -> None:
    busy = Answers(status=429, headers={"Retry-After": "999999999999"})
    with serving(busy), serving(Answers(body=bytes(100), headers=PUBLIC)) as other:
        other.host = other.host.replace("127.0.0.1", "localhost")
        settings = settings_of(tmp_path, busy, other)
        requests = [direct(busy, "1"), direct(busy, "2"), direct(other, "3")]
        summary, events = run(settings, *requests)
        assert (summary.downloaded, summary.failed, summary.paused) == (1, 1, 1)
        assert "download.longest_pause_s, 86,400 s" in str(events["1"].error_message)
        assert events["1"].details["next_try_at"]
        assert list(summary.paused_providers) == ["direct 127.0.0.1"]
        assert 86_000 < settings.throttle.paused_s("direct 127.0.0.1") <= 86_400
        assert settings.throttle.paused_hosts("direct") > 86_000
        settings.throttle.resume("direct")
        assert settings.throttle.paused_hosts("direct") == 0


def test_a_length_without_a_body_is_its_own_failure(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with (
        serving(Answers(body=b"", length=free * 2, headers=PUBLIC)) as boasting,
        serving(Answers(body=b"", length=int("9" * 40), headers=PUBLIC)) as absurd,
        serving(Answers(body=bytes(100), headers=PUBLIC)) as other,
    ):
        settings = settings_of(tmp_path, boasting, absurd, other, max_bytes=free * 3)
        failures = [direct(boasting, "1"), direct(absurd, "2"), direct(other, "3")]
        summary, events = run(settings, *failures)
        assert (summary.downloaded, summary.failed) == (1, 2)
        assert events["1"].error_code == "no_room"
        assert "download.min_free_bytes" in str(events["1"].error_message)
        assert events["2"].error_code == "too_large"
        assert "download.max_bytes" in str(events["2"].error_message)


def test_a_source_that_trickles_is_left(tmp_path: Path) -> None:
    head = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Type: video/mp4\r\n\r\n")
    with dripping(head, b"x") as url:
        slow = Answers(host=url.removeprefix("http://").rstrip("/"))
        settings = settings_of(tmp_path, slow, min_speed=1000.0, slow_s=0.3)
        _, events = run(settings, direct(slow, "1"))
    assert events["1"].error_code == "too_slow"
    assert "download.min_speed is 1,000" in str(events["1"].error_message)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename=film.mp4", "film.mp4"),
        ("attachment; filename*=utf-7''+2AA-", "\ufffd"),
        ("attachment; filename*=unicode_escape''%5Cud800.mp4", "\ufffd.mp4"),
        ("attachment; filename*=undefined''film.mp4", None),
        ("attachment; filename*=idna''%ff", None),
        ("attachment; filename*=a%00b''film.mp4", "film.mp4"),
        ("attachment; filename*=\0''film.mp4", None),
        ("attachment" + ";a" * 3_000_000, None),
    ],
)
def test_a_name_in_whatever_encoding_is_a_name_or_none(header: str, name: str | None) -> None:
    begun = time.process_time()
    read_name = filename_of(HTTPResponse(b"", {"Content-Disposition": header}))
    assert read_name in (name, None)
    assert (read_name or "").encode() or read_name is None
    assert time.process_time() - begun < 20  # hours


@pytest.mark.parametrize("target", ["https://[x", "//a]b", "//a\u2100.com", "/x" * 50_000])
def test_what_is_no_address_is_led_to_by_nobody(target: str) -> None:
    with pytest.raises(AmbiguousError, match="no web address"):
        led_to("https://example.org/film.mp4", target)
