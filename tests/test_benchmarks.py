"""The benchmarks still run, on very small loads."""

import json
import sys
import urllib.request
from pathlib import Path

import pytest

from benchmarks import search, slopes, store, stream
from benchmarks.__main__ import BEGIN, END, fallen_back, with_table
from benchmarks.fetch import Case, check, figures, installed, own_side, peer_side, table_of
from benchmarks.fetch_cost import fetched
from benchmarks.figure import Figure
from benchmarks.ingest_cost import ingested
from benchmarks.journal_cost import flushed_by_threads
from benchmarks.page import PAGE, replaced
from benchmarks.processes import FailedError, measure, running
from benchmarks.store_cost import sent
from tests.helpers.events import event


def get(url: str, **headers: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return answer.status, answer.read()


def test_our_whole_path_and_a_peer_fetch_the_same_files(tmp_path: Path) -> None:
    case = Case("small", 3, 50_000, 2)
    with running("benchmarks.byte_server", "--largest", "50000") as port:
        own, seconds = own_side(case, port, tmp_path)
        assert 0 < seconds < own.wall_s
        assert own.cpu_s > 0
        assert own.rss_bytes > 10_000_000
        for name, program in installed(["bare", "curl --parallel"], None):
            peer = peer_side(name, program, case, port, tmp_path)
            assert len(figures(0.15, [(own, peer, seconds)])) == 8
            assert table_of("small", 0.15, {name: [(own, peer, seconds)]}).row_count == 1
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) == 0


def test_our_path_is_measured_beside_its_bare_duties(tmp_path: Path) -> None:
    figure = fetched(tmp_path / "fetched", Case("small", 3, 50_000, 2), 1)
    assert figure.ours > figure.theirs > 0


def test_the_server_serves_ranges_of_bytes_that_are_the_same_each_time(tmp_path: Path) -> None:
    with running("benchmarks.byte_server", "--largest", "9000") as port:
        url = f"http://127.0.0.1:{port}/9000/1.mp4"
        status, body = get(url)
        assert (status, len(body)) == (200, 9000)
        assert get(url, Range="bytes=8000-") == (206, body[8000:])
        assert get(url.replace("/1.mp4", "/2.mp4"))[1] != body
    with running("benchmarks.byte_server", "--largest", "9000") as port:
        assert get(f"http://127.0.0.1:{port}/9000/1.mp4")[1] == body


def test_a_peer_that_is_missing_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not dict(installed(["curl --parallel", "rclone copyurl", "aria2c"], tmp_path))
    (tmp_path / "deep").mkdir()
    program = tmp_path / "deep" / "rclone"
    program.write_text(f"#!{sys.executable}\n")
    assert not dict(installed(["rclone copyurl"], tmp_path))
    program.chmod(0o755)
    assert dict(installed(["rclone copyurl"], tmp_path)) == {"rclone copyurl": str(program)}


def test_a_failure_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(FailedError, match="3"):
        measure([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)
    with pytest.raises(SystemExit):
        check(Case("small", 1, 1, 1), tmp_path)


def test_the_fake_internet_says_where_it_is() -> None:
    with running("benchmarks.internet_server", "--videos", "1", "--delay-ms", "0") as line:
        assert json.loads(line)["proxy"].startswith("http://127.0.0.1:")


def test_our_whole_path_boto3_and_the_bare_loop_send_the_same_files(tmp_path: Path) -> None:
    for load in (store.Load(tmp_path / "a", 3, 50_000), store.Load(tmp_path / "b", 1, 70_000_000)):
        hashes = load.make()
        with store.serving("sink", None) as url:
            peers = dict.fromkeys(store.OF_PYTHON, sys.executable)
            pairs = store.compare(load, hashes, url, peers, 1)
        for [(own, peer, seconds)] in pairs.values():
            assert 0 < seconds < own.wall_s
            assert peer.cpu_s > 0
    assert [one.ours > 0 for one in sent(tmp_path / "sent", files=3, times=1)][:2] == [True, True]


def test_past_the_disk_and_over_it_the_same_arrives() -> None:
    pairs = stream.compare(Case("small", 3, 9_000, 2), 1)
    assert pairs.keys() == stream.PEERS.keys()
    for [(own, peer, seconds)] in pairs.values():
        assert seconds == own.wall_s > 0
        assert peer.cpu_s > 0


def test_each_search_is_measured(tmp_path: Path) -> None:
    index, seconds = search.made(tmp_path / "search.sqlite", 5_000)
    costs = list(search.costs(index))
    index.close()
    assert seconds > 0
    assert len(costs) == len(search.SEARCHES)
    assert max(count for _, count, _ in costs) > 1_000


def test_an_ingest_and_the_flushes_of_threads_are_measured(tmp_path: Path) -> None:
    found = [*ingested(tmp_path, 20, 200)]
    found.append(flushed_by_threads(tmp_path / "flushed", [event(number) for number in range(400)]))
    assert all(one.ours > 0 and one.theirs > 0 for one in found)


def test_a_figure_that_is_worse_by_a_third_falls_back() -> None:
    slower, faster = Figure("slower", 3.0, 2.0, 1.0), Figure("faster", 2.0, 3.0, 0.5, more=True)
    assert (slower.ratio, faster.ratio) == (1.5, 1.5)
    assert fallen_back({"slower": 1.1, "faster": 2.1, "gone": 1.0}, [slower, faster]) == [
        "slower",
        "faster",
    ]
    assert fallen_back({"slower": 1.2, "faster": 1.9}, [slower, faster]) == []
    assert fallen_back({}, [slower]) == []


def test_the_page_gets_its_table_anew() -> None:
    page = f"before\n{BEGIN}old\n{END}after\n"
    once = with_table(page, [Figure("a run", 3.0, 2.0, 1.0)])
    assert "| a run | 1.5 | ≤ 1 |" in once
    assert once.startswith("before\n")
    assert once.endswith("after\n")
    assert with_table(once, [Figure("a run", 3.0, 2.0, 1.0)]) == once
    assert BEGIN in PAGE.read_text("utf-8")


def test_slopes_are_plotted_each_size_over_the_first(tmp_path: Path) -> None:
    points = list(slopes.by_rows(tmp_path, (20, 40)))
    assert all(cost > 0 for point in points for cost in point.values())
    few = {"a build": 2.0, "a page": 0.1}
    charts = slopes.charts({"events": {"10": few, "20": {"a build": 3.0, "a page": 0.1}}})
    assert "| By events | 10 | 20 |\n| --- | --- | --- |\n| a build | 1 | 1.5 |" in charts
    assert charts.count("```mermaid\nxychart-beta\n") == 2
    assert 'x-axis ["10", "20"]' in charts
    assert "line [1, 1.5]" in charts
    page = PAGE.read_text("utf-8")
    assert replaced(page, slopes.BEGIN, "", slopes.END).count(slopes.BEGIN + slopes.END) == 1
