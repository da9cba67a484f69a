"""What comes from outside is printed as text: no markup, no control character, no secret."""

import ast
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest

from rowkeeper.catalogue.site.words import script
from rowkeeper.cli import _quiet, run_command
from rowkeeper.cli.terminal import EventTerminal, Terminal
from rowkeeper.core.progress import Progress
from rowkeeper.core.said import json_text, shown, without_secrets
from rowkeeper.core.settings import PROJECT_DIR
from rowkeeper.core.text import to_json as compact
from rowkeeper.core.warehouse import Target
from tests.fakes.clients import request_for
from tests.helpers.samples import GID

STEERING = "\x1b[2J\x1b]8;;http://evil.example\x07\x9b31m\u202e\u2066\u200b\x00\x08\r"
HOSTILE = f"[/red][link=http://evil.example]x[/link][bold]:boom:{STEERING}"
SIGNED = (
    "https://bucket.example/film.mp4?X-Amz-Credential=AKIA1&X-Amz-Signature=5ec7e7"
    "&X-Amz-Security-Token=5ec7e7&part=2"
)
PACKAGES = ("rowkeeper", "loaders", "downloaders", "uploaders")
PRINTERS = {"rowkeeper/core/said.py", "rowkeeper/cli/terminal.py", "rowkeeper/cli/progress.py"}
"""The modules that may print, and know rich."""


def is_plain(text: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in text)


def terminals() -> Iterator[tuple[Terminal, io.StringIO]]:
    for forced in (True, False):
        out = io.StringIO()
        yield Terminal(file=out, force_terminal=forced, width=300, color_system=None), out


def test_lines_and_tables_hold_text_from_outside_as_text() -> None:
    for terminal, out in terminals():
        terminal.say(HOSTILE, lead="  ", style="yellow")
        terminal.table(HOSTILE.splitlines()[0][:5], [HOSTILE], [[HOSTILE], [None]])
        printed = out.getvalue()
        assert is_plain(printed.replace("\x1b[33m", "").replace("\x1b[0m", ""))
        assert printed.count("[/red][link=http://evil.example]x[/link][bold]:boom:") == 3


def test_progress_holds_text_from_outside_as_text() -> None:
    request = request_for("direct", "file", f"{SIGNED}{HOSTILE}", row_id=HOSTILE)
    steps = [
        Progress(request, "running", 1, 2),
        Progress(request, "failed", message=f"{HOSTILE} {SIGNED}"),
    ]
    for terminal, out in terminals():
        with terminal.display("Downloading") as display:
            for step in steps:
                display.update(step)
        printed = re.sub(r"\x1b\[(?:\?25[lh]|\d?[AK]|2K)|\r", "", out.getvalue())  # of the bars
        assert is_plain(printed)
        assert "[/red][link" in printed
        assert "5ec7e7" not in printed


def test_events_hold_no_secret_and_steer_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    EventTerminal().event("failed", message=f"{HOSTILE} {SIGNED}")
    (line,) = capsys.readouterr().out.splitlines()
    assert is_plain(line)
    assert "5ec7e7" not in line
    assert json.loads(line)["message"].startswith(HOSTILE)


@pytest.mark.parametrize(
    "url",
    [
        SIGNED,
        "https://a.example/x?Expires=1&Signature=5ec7e7&Key-Pair-Id=5ec7e7&Policy=5ec7e7",
        "https://storage.googleapis.com/b/x?X-Goog-Signature=5ec7e7&X-Goog-Credential=5ec7e7",
        "https://a.blob.core.windows.net/x?sv=5ec7e7&sig=5ec7e7",
        "https://a.example/x?token=5ec7e7&access_token=5ec7e7&api_key=5ec7e7&password=5ec7e7",
        "https://user:5ec7e7@a.example/x",
        "https://www.dropbox.com/scl/fi/x?rlkey=5ec7e7&dl=0",
        "https://google.com/url?q=https%3A%2F%2Fa.example%2Fx%3Fsig%3D5ec7e7%26part%3D2",
        "https://a.example/x#access_token=5ec7e7",
        "https://a.example/x?unheard-of=5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e7",
        "https://a.example/x?a=1&amp;sig=5ec7e7",
        "www.a.example/f?token=5ec7e7",
        r"https://a.example/x?a=1\u0026sig=5ec7e7",
        r"https://a.example/x?a=1\x26sig=5ec7e7",
        r"https://a.example/x?sig\u003d5ec7e7",
        "https://a.example/x?sig&#61;5ec7e7",
        "https://a.example/x?api-key=5ec7e7&access-key=5ec7e7&private_key=5ec7e7",
        "https://a.example/x?share_key=5ec7e7&md5=5ec7e7&x-sig=5ec7e7&sig[]=5ec7e7&%73ig=5ec7e7",
        r"https:\/\/a.example\/?sig=5ec7e7",
        "https://a.example/x?exp=1~acl=*~hmac=5ec7e7",
        "https://user:p@5ec7e7@a.example/x",
        "https://vimeo.com/1?share=copy&h=5ec7e7",
        "https://a.example/x?pot=5ec7e7",
        "password=5ec7e7",
        "host=h password = '5ec7e7 and more' user=u",
        "PGPASSWORD=5ec7e7",
        "Authorization: Bearer 5ec7e7",
        "X-Api-Key: 5ec7e7",
        "bearer ya5ec7e75ec7e7",
        "u:5ec7e7@proxy:8080",
        "http_proxy=u:5ec7e7@proxy",
        "//u:5ec7e7@proxy/x",
        "postgres://u:a/5ec7e7@h/db",
        "postgresql://u:a?5ec7e7#b@h/db",
        "http://u:a/5ec7e7@proxy:80",
        "https://hooks.slack.com/services/T0/B0/5ec7e7",
        "https://discord.com/api/webhooks/1/5ec7e7",
        "https://api.telegram.org/bot1:5ec7e7/send",
        "slack://5ec7e7/5ec7e7/#general",
        "AIza5ec7e7" + "5" * 29,
    ],
)
def test_secrets_of_addresses_are_masked(url: str) -> None:
    for text in (shown(f"See {url}."), json_text({"url": url, "after": 'x"y'})):
        assert "5ec7e7" not in text
        assert "…" in text
    assert json.loads(json_text({"url": url, "after": 'x"y'}))["after"] == 'x"y'
    assert without_secrets(without_secrets(url)) == without_secrets(url)
    assert json.loads(json_text({"url": url}, secrets=True))["url"] == url


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf&t=4",
        "https://drive.google.com/open?id=1AbCdEfGhIjKlMnOpQrStUvWxYz0123456&usp=sharing",
        "https://docs.google.com/spreadsheets/d/e/2PACX-1vQ/pubhtml?gid=0&single=true",
        "Nothing to see: a; token=b",
        "https://a.example/x?sigma=2&keynote=3&h=4",
        "https://a.example/x?key-frame=2&code_page=3&hash.size=4",
        "Who is it? Ann & Bob: see a.example/x?page=2",
        "mailto:ann@x.org, Email:bo@x.org, 3: cy@x.org:22",
        "https://www.tiktok.com/@user/video/1 https://a.example:8080/b@c https://a.example/b//c@d",
        "The token: expired; basic information about bearers of gifts",
    ],
)
def test_what_only_says_which_thing_is_meant_stays(url: str) -> None:
    assert without_secrets(url) == url


@pytest.mark.parametrize(
    "text", ["password=", "my token=", "authorization: ", "secret= ", "https://a.org/?sig="]
)
@pytest.mark.parametrize("make", [lambda t: [t], lambda t: {"a": {t: t}}, lambda t: [[t, 12.5, 7]]])
def test_a_mask_leaves_json_whole(text: str, make: Callable[[str], Any]) -> None:
    masked = make(text)
    for indent in (None, 2):
        assert json.loads(json_text(masked, indent)) == masked
    assert script("take", masked) == f'"use strict";rowkeeper.take({compact(masked)});\n'
    secret = json_text(make(f"{text}Geheim1234567890abcdefghijklmnopqrstuvwxyz"), None)
    assert "Geheim" not in secret
    json.loads(secret)


def test_a_long_text_is_masked_in_no_time() -> None:
    began = time.process_time()
    for part in ("a:", "a@", "://", "token=", "x-", "bearer ", "u:a@", "postgres://", "=//"):
        without_secrets(part * 20_000)
    assert time.process_time() - began < 3


def hostile_page(path: Path) -> str:
    """A published sheet whose title, header, row ids, names and links are hostile."""
    run = escape("{{ 1/0 }}{% raise %}'; drop table raw.sheet_rows; --")
    text, signed = escape(HOSTILE.replace("\x00", "")), escape(SIGNED.replace(".mp4", ""))
    name = f'<a href="https://evil.example/{text}">Ann {run}{text}</a>'
    people = "".join(
        f"<tr><td>{number}{text}</td><td>{name}</td>"
        f'<td>ann{number}@example.org</td><td>FF</td><td><a href="{signed}">v</a></td></tr>'
        for number in (1, 2)
    )
    head = f"<tr><td>#</td><td>Name</td><td>Email</td><td>Type</td><td>{text}</td></tr>"
    path.write_text(
        f'<html><ul id="sheet-menu"><li id="sheet-button-{GID}"><a>{text}</a></li></ul>'
        f'<div id="{GID}"><table class="waffle">{head}{people}</table></div></html>',
        "utf-8",
    )
    return str(path)


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_a_hostile_sheet_is_loaded_and_shown_as_text(
    engine: Target, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sheet = hostile_page(tmp_path / "sheet.html")
    commands: dict[str, list[str]] = {
        "run": ["run", "--mode", "basic", "--sheet", sheet],
        "tab": ["run", "--dry-run", "--sheet", sheet, "--tab", HOSTILE.replace("\x00", "")],
        "status": ["status", "--people"],
        "json": ["status", "--json"],
        "reconcile": ["reconcile"],
        "refused": ["run", "--sheet", f"{tmp_path}/{HOSTILE.splitlines()[0]}".replace("\x00", "")],
    }
    said = {}
    for name, command in commands.items():
        code = run_command(command)
        out, err = capfd.readouterr()
        assert is_plain(out + err), name
        assert (code == 0) == (name != "refused"), (name, out, err)
        assert code != 1
        assert "5ec7e7" not in out + err, name
        said[name] = out + err
    people = json.loads(said["json"])["people"]
    assert [person["name"][:45] for person in people] == 2 * [
        "Ann {{ 1/0 }}{% raise %}'; drop table raw.she"
    ]
    assert "tab [/red][link=http://evil.example]x[/link][bold]" in said["run"]
    assert "https://bucket.example/film?X-Amz-Credential=…" in said["json"]


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((PROJECT_DIR / package).rglob("*.py")):
            yield str(path.relative_to(PROJECT_DIR)), ast.parse(path.read_text("utf-8"))


def bare_prints(tree: ast.Module) -> list[str]:
    """What a module prints, logs or makes markup of without ``shown``."""
    names_used = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [item.name for item in node.names]
            module = getattr(node, "module", None) or ""
            names_used += [
                name for name in [module, *names] if re.match(r"rich\b(?!\.filesize)", name)
            ]
        elif isinstance(node, ast.Name) and node.id in {"print", "pprint", "input"}:
            names_used.append(node.id)
        elif isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            if re.fullmatch(
                r"click\.(?:s?echo|prompt|secho_via_pager|echo_via_pager|style)"
                r"|sys\.(?:__)?std(?:out|err)(?:__)?(?:\.buffer)?\.write(?:lines)?"
                r"|warnings\.warn|logging\.(?:debug|info|warning|error|exception|critical)",
                name,
            ):
                names_used.append(name)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "click.confirm":
            words = ast.unparse(node.args[0])
            if "shown(" not in words:
                names_used.append(words)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "os.write":
            to, what = node.args  # to a terminal only words of our own
            if not (isinstance(to, ast.Name) or isinstance(what, ast.Constant)):
                names_used.append(ast.unparse(node))
    return names_used


def test_only_one_place_prints() -> None:
    bare = {path: names_used for path, tree in modules() if (names_used := bare_prints(tree))}
    assert set(bare) == PRINTERS - {"rowkeeper/core/said.py"}


@pytest.mark.parametrize(
    "source",
    [
        "print(x)",
        "click.echo(f'{x}')",
        "sys.stderr.write(x)",
        "from rich.console import Console",
        "import rich",
        "click.confirm(f'{error}?')",
        "warnings.warn(x)",
        "os.write(2, x)",
    ],
)
def test_a_bare_print_is_seen(source: str) -> None:
    assert bare_prints(ast.parse(source))


def test_what_a_terminal_has_no_letters_for_stands_as_an_escape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, "ascii"))
    _quiet()
    Terminal().say("tab 日本")
    assert raw.getvalue() == b"tab \\u65e5\\u672c\n"


@pytest.mark.parametrize("words", ["providers", "providers --json", "fly"])
def test_who_stops_reading_ends_no_command(tmp_path: Path, words: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = (
        "import sys; from rowkeeper.cli import main; sys.argv[1:] = sys.argv[1].split(); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, words],
        env={**os.environ, "ROWKEEPER_DATA_DIR": str(tmp_path), "PYTHONPATH": str(PROJECT_DIR)},
        stdout=writer,
        stderr=writer if words == "fly" else subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert done.returncode == (2 if words == "fly" else 0), done.stderr
    assert not done.stderr
