"""What a run shows while it works: bars on a terminal, lines elsewhere, events for machines."""

import io
import json

import pytest

from downloaders.base import Request
from rowkeeper.cli.terminal import EventTerminal, Terminal
from rowkeeper.core.progress import Progress
from tests.fakes.clients import request_for

FILM = request_for("drive", "file", "[bold]film", row_id="7")
OTHER = request_for("drive", "file", "other", row_id="8")
STEPS = (
    Progress(FILM, "running", 0, None),
    Progress(FILM, "running", 500, 1000),
    Progress(OTHER, "running", 1, None),
    Progress(OTHER, "failed", message="It is gone."),
    Progress(FILM, "downloaded", 1000, 1000),
)


def shown(terminal: Terminal, steps: tuple[Progress[Request], ...]) -> None:
    with terminal.display("Downloading") as display:
        display.expect(2)
        for step in steps:
            display.update(step)


def test_a_terminal_has_a_bar_a_transfer_and_one_for_the_whole() -> None:
    out = io.StringIO()
    console = Terminal(file=out, force_terminal=True, width=120, color_system=None)
    shown(console, STEPS[:3])
    last = out.getvalue().rpartition("Downloading")[2]
    assert "0/2" in last
    assert "file [bold]film of row 7" in last
    assert "500/1000" in last
    assert "file other of row 8" in last
    shown(console, STEPS)
    assert "failed: file other of row 8: It is gone." in out.getvalue()
    assert "2/2" in out.getvalue().rpartition("Downloading")[2]


def test_elsewhere_each_end_is_a_line() -> None:
    out = io.StringIO()
    shown(Terminal(file=out, width=40), STEPS)
    assert out.getvalue().splitlines() == [
        "1/2 failed: file other of row 8: It is gone.",
        "2/2 downloaded: file [bold]film of row 7: 1.0 kB",
    ]


def test_machines_get_an_event_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    shown(EventTerminal(), STEPS)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(event["event"], event.get("media_id")) for event in events] == [
        ("expected", None),
        ("running", "[bold]film"),
        ("running", "other"),
        ("failed", "other"),
        ("downloaded", "[bold]film"),
    ]
