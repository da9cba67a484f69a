"""One file over HTTP: resumed, started over, bounded, and always the bytes of one version."""

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from downloaders.base import Progress
from downloaders.http import CHUNK, HttpClient
from downloaders.sinks import NOTE_FROM, FileSink
from downloaders.transfer import Saved, save
from rowkeeper.core.errors import DiskFullError, TransferError
from rowkeeper.core.net.hosts import Hosts
from rowkeeper.core.pool import StoppedError
from tests.fakes.flaky import STALL_S, flaky_server
from tests.helpers.transfers import BODY, Answers, local_settings, serving


def get(
    answers: Answers, folder: Path, progress: Progress = lambda done, total: None, **more: Any
) -> Saved:
    settings = local_settings(folder, **more)
    return save(
        HttpClient(settings, "direct"),
        f"http://{answers.host}/x.bin",
        Hosts.of_config([answers.host]),
        FileSink(folder / "x.part", settings),
        progress,
        settings=settings,
    )


def fails(call: Callable[[], object]) -> str:
    with pytest.raises(TransferError) as caught:
        call()
    return caught.value.code


def is_whole(saved: Saved, folder: Path, body: bytes = BODY) -> bool:
    assert (folder / "x.part").read_bytes() == body
    assert [path.name for path in folder.iterdir()] == ["x.part"]
    return (saved.size_bytes, saved.sha256) == (len(body), hashlib.sha256(body).hexdigest())


@given(cuts=st.lists(st.integers(0, len(BODY) - 1), max_size=6), by_etag=st.booleans())
@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_drops_end_with_the_same_bytes_sent_once(cuts: list[int], by_etag: bool) -> None:
    date = None if by_etag else "Mon, 23 Nov 2026 10:00:00 GMT"
    start = Answers(cuts=list(cuts), etag='"v1"' if by_etag else None, modified=date)
    with serving(start) as answers, TemporaryDirectory() as name:
        folder = Path(name)
        for _ in cuts:
            if (folder / "x.part").exists() and (folder / "x.part").stat().st_size == len(BODY):
                break
            with suppress(TransferError):
                saved = get(answers, folder)
                break
        else:
            saved = get(answers, folder)
        assert is_whole(saved, folder)
        assert answers.sent == len(BODY)


def test_what_is_interrupted_or_killed_is_gone_on_with(tmp_path: Path) -> None:
    """An interrupt notes where it broke off; a kill finds the note of a file that is large."""
    noted: list[tuple[int, bool]] = []

    def interrupt(done: int, _: int | None) -> None:
        noted.append((done, (tmp_path / "x.part.resume").exists()))
        if done > NOTE_FROM * 1.5:
            raise StoppedError

    with serving(Answers(body=BODY * 50)) as answers:
        with pytest.raises(StoppedError):
            get(answers, tmp_path, progress=interrupt)
        assert {note for done, note in noted if done > NOTE_FROM + CHUNK} == {True}
        stopped = (tmp_path / "x.part").stat().st_size
        with pytest.raises(StoppedError):
            get(answers, tmp_path, progress=interrupt)
        assert is_whole(get(answers, tmp_path), tmp_path, BODY * 50)
        assert answers.asked[1]["range"] == f"bytes={stopped}-"


@pytest.mark.parametrize("etag", ['"v2"', None, 'W/"v1"'])
def test_another_version_is_started_over(tmp_path: Path, etag: str | None) -> None:
    with serving(Answers(cuts=[1000])) as answers:
        assert fails(lambda: get(answers, tmp_path)) == "truncated"
        answers.etag, answers.body = etag, BODY[::-1]
        assert is_whole(get(answers, tmp_path), tmp_path, BODY[::-1])
        assert answers.asked[1]["range"] == "bytes=1000-"
        assert answers.asked[1]["if-range"] == '"v1"'


@pytest.mark.parametrize("modified", [None, "Tue, 24 Nov 2026 10:00:00 GMT"])
def test_the_rest_of_another_version_is_not_taken(tmp_path: Path, modified: str | None) -> None:
    """Some servers know ``Range`` and not ``If-Range``."""
    first = "Mon, 23 Nov 2026 10:00:00 GMT"
    start = Answers(cuts=[1000], heeds_if_range=False)
    if modified:
        start.etag, start.modified = None, first
    with serving(start) as answers:
        assert fails(lambda: get(answers, tmp_path)) == "truncated"
        answers.etag, answers.modified = (None, modified) if modified else ('"v2"', None)
        answers.body = BODY[::-1]
        assert is_whole(get(answers, tmp_path), tmp_path, BODY[::-1])
        assert [asked.get("range") for asked in answers.asked] == [None, "bytes=1000-", None]


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_what_has_no_version_is_never_resumed(tmp_path: Path, etag: str | None) -> None:
    with serving(Answers(cuts=[1000], etag=etag)) as answers:
        assert fails(lambda: get(answers, tmp_path)) == "truncated"
        assert is_whole(get(answers, tmp_path), tmp_path)
        assert "range" not in answers.asked[1]


def test_a_file_that_got_shorter_is_started_over(tmp_path: Path) -> None:
    with serving(Answers(cuts=[1000])) as answers:
        assert fails(lambda: get(answers, tmp_path)) == "truncated"
        answers.body = BODY[:500]
        assert is_whole(get(answers, tmp_path), tmp_path, BODY[:500])


def test_a_part_that_nobody_asked_for_is_not_taken(tmp_path: Path) -> None:
    with serving(Answers(cuts=[1000])) as answers:
        assert fails(lambda: get(answers, tmp_path)) == "truncated"
        answers.honest_range = False
        assert is_whole(get(answers, tmp_path), tmp_path)
    (tmp_path / "x.part").unlink()
    with serving(Answers(status=206, headers={"Content-Range": "bytes 5-9/10"})) as answers:
        assert fails(lambda: get(answers, tmp_path)) == "not_a_file"


def test_a_part_that_ends_before_the_file_does_is_not_all(tmp_path: Path) -> None:
    """A server may answer with less than what was asked for, whole by its Content-Length."""
    with serving(Answers(cuts=[1000], part=len(BODY) - 1001)) as answers:
        assert [fails(lambda: get(answers, tmp_path)) for _ in range(2)] == ["truncated"] * 2
        assert (tmp_path / "x.part").stat().st_size == len(BODY) - 1
        assert is_whole(get(answers, tmp_path), tmp_path)
        assert answers.sent == len(BODY)


@pytest.mark.parametrize("size", ["*", "9" * 5000])
def test_a_part_of_a_file_whose_size_nobody_knows_is_no_cut_one(tmp_path: Path, size: str) -> None:
    told = {"Content-Range": f"bytes 1000-{len(BODY) - 1}/{size}"}
    with serving(Answers(cuts=[1000], headers=told)) as answers:
        assert fails(lambda: get(answers, tmp_path)) == "truncated"
        assert is_whole(get(answers, tmp_path), tmp_path)


def test_a_whole_file_that_says_it_is_a_part_is_whole(tmp_path: Path) -> None:
    with serving(Answers(headers={"Content-Range": "bytes 0-1/999999999"})) as answers:
        assert is_whole(get(answers, tmp_path), tmp_path)


def test_a_note_that_is_damaged_or_alone_starts_over(tmp_path: Path) -> None:
    note = tmp_path / "x.part.resume"
    with serving(Answers(cuts=[1000, 1000])) as answers:
        assert fails(lambda: get(answers, tmp_path)) == "truncated"
        note.write_text("{")
        answers.etag = '"v2"'
        assert fails(lambda: get(answers, tmp_path)) == "truncated"
        assert json.loads(note.read_bytes()) == {"version": '"v2"'}
        (tmp_path / "x.part").unlink()
        assert is_whole(get(answers, tmp_path), tmp_path)
        assert [asked.get("range") for asked in answers.asked] == [None, None, None]


def test_fewer_bytes_than_told_are_truncation(tmp_path: Path) -> None:
    with serving(Answers(length=len(BODY) + 9)) as answers:
        assert fails(lambda: get(answers, tmp_path)) == "truncated"


def test_a_body_without_a_length_ends_with_its_line(tmp_path: Path) -> None:
    with serving(Answers(length=-1)) as answers:
        assert is_whole(get(answers, tmp_path), tmp_path)


@pytest.mark.parametrize("length", [None, -1])
def test_what_is_too_large_is_told_by_its_length_or_by_its_flow(
    tmp_path: Path, length: int | None
) -> None:
    with serving(Answers(body=BODY * 20, length=length)) as answers:
        assert fails(lambda: get(answers, tmp_path, max_bytes=1000)) == "too_large"
        assert length == -1 or not (tmp_path / "x.part").exists()


def test_a_full_disk_stops_the_run(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with serving(Answers()) as answers, pytest.raises(DiskFullError, match="min_free_bytes"):
        get(answers, tmp_path, min_free_bytes=free * 2)


def test_time_without_a_byte_is_bounded(tmp_path: Path) -> None:
    with flaky_server(share=1.0, faults=("stalled",)) as site:
        stalled = Answers(host=site.host)
        assert fails(lambda: get(stalled, tmp_path, timeout_s=STALL_S / 5)) == "transport"
        assert site.served["/x.bin", "stalled"] == 1


def test_keys_stay_with_their_host(tmp_path: Path) -> None:
    with serving(Answers()) as there, serving(Answers()) as here:
        here.location = f"http://{there.host}/y"
        settings = local_settings(tmp_path)
        save(
            HttpClient(settings, "direct"),
            f"http://{here.host}/x",
            Hosts.of_config([here.host, there.host]),
            FileSink(tmp_path / "x.part", settings),
            lambda done, total: None,
            settings=settings,
            headers={"Authorization": "Bearer secret", "X-Goog-Api-Key": "secret", "Accept": "a/b"},
        )
        assert here.asked[0]["authorization"] == "Bearer secret"
        assert {"authorization", "x-goog-api-key"}.isdisjoint(there.asked[0])
        assert there.asked[0]["accept"] == "a/b"
        assert "secret" not in json.dumps([path.name for path in tmp_path.iterdir()])


def test_a_redirect_leads_only_to_hosts_that_are_allowed(tmp_path: Path) -> None:
    with serving(Answers()) as there, serving(Answers()) as here:
        here.location = f"http://{there.host}/y"
        assert fails(lambda: get(here, tmp_path)) == "led_elsewhere"
        assert there.asked == []
