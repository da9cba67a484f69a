"""docs/tutorial.md as a reader goes through it: what to type, and what it says is printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

from rowkeeper.core.settings import PROJECT_DIR
from tests.fakes import media
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Caption, Site, Video

PAGE = (PROJECT_DIR / "docs" / "tutorial.md").read_text("utf-8")
FENCE = re.compile(r"^```(sh|text)\n(.*?)^```", re.MULTILINE | re.DOTALL)
WORDS = "WEBVTT\n\n00:00.000 --> 00:01.000\nHere we are, in front of the elephants.\n"
ZOO = Video("jNQXAC9IVRw", "Me at the zoo", media.adaptive(tone=440), (Caption("en", WORDS),))


def steps() -> list[tuple[str, list[str]]]:
    """Each block of commands with the words that the page says it prints."""
    blocks: list[tuple[str, list[str]]] = []
    for kind, block in FENCE.findall(PAGE):
        if kind == "sh":
            blocks.append((block, []))
        else:
            blocks[-1][1].extend(block.splitlines())
    return blocks


def test_a_reader_gets_what_the_tutorial_says(tmp_path: Path) -> None:
    bin_folder = str(Path(sys.executable).parent)
    place = tmp_path
    with FakeInternet(Site(videos=[ZOO])) as internet:
        env = {
            "PATH": f"{bin_folder}:{os.defpath}",
            "HOME": str(tmp_path / "home"),
            **internet.variables,
            "ROWKEEPER_DOWNLOAD_RATES": "youtube=0",  # it is our own website
        }
        for commands, expected in steps():
            done = subprocess.run(
                ["/bin/bash", "-euo", "pipefail", "-c", f"{commands}\npwd > {tmp_path}/last"],
                cwd=place,
                env=env,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{commands}{done.stdout}{done.stderr}"
            for words in expected:
                assert words in done.stdout, f"{commands}{done.stdout}"
            place = Path((tmp_path / "last").read_text("utf-8").strip())
        assert internet.fetched("/videoplayback") > 0
    assert (place / "data" / "site" / "index.html").is_file()
