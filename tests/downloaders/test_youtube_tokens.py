"""PO tokens: by an argument or a pinned plugin of yt-dlp, both opted in to; and doctor --online."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from downloaders.youtube.downloader import YOUTUBE
from downloaders.ytdlp import extractor_args, plugins
from downloaders.ytdlp.client import Client
from rowkeeper.cli import cli, doctor
from rowkeeper.core.errors import TransferError, UsageError
from rowkeeper.core.settings import load_settings
from rowkeeper.workspace.online_check import VIDEO
from tests.fakes import media
from tests.fakes.clients import fetch, request_for, settings_for, settings_in
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Caption, Site, Video

TOKEN = "cG8tdG9rZW4tZm9yLXRlc3Rz"
ARGS = ("youtube:player_client=mweb", f"youtube:player_client=mweb;po_token=mweb.gvs+{TOKEN}")
PLUGIN = f'''
from yt_dlp.extractor.youtube.pot.provider import (
    PoTokenContext, PoTokenProvider, PoTokenResponse, register_provider,
)

@register_provider
class FixedPTP(PoTokenProvider):
    PROVIDER_VERSION = "1"
    BUG_REPORT_LOCATION = "https://example.org"
    _SUPPORTED_CLIENTS = ("WEB",)
    _SUPPORTED_CONTEXTS = (PoTokenContext.GVS,)
    _SUPPORTED_EXTERNAL_REQUEST_FEATURES = None

    def is_available(self):
        return True

    def _real_request_pot(self, request):
        return PoTokenResponse(po_token="{TOKEN}")
'''
FETCH = """
import sys
from pathlib import Path
from tests.fakes.clients import settings_in, fetch, request_for, settings_in
folder, proxy, ca_file, plugin, digest = sys.argv[1:]
settings = settings_in(
    Path(folder), proxy=proxy, ca_file=Path(ca_file), timeout_s=5.0,
    extractor_args=("youtube:player_client=web",), plugins={plugin: digest},
)
print(fetch(settings, request_for("youtube", "video", "jNQXAC9IVRw")).mime_type)
"""


@pytest.fixture
def net() -> Iterator[FakeInternet]:
    site = Site(videos=[Video(VIDEO, "Zoo", media.adaptive())], po_token=TOKEN)
    with FakeInternet(site) as internet:
        yield internet


@pytest.mark.parametrize("translated", ["", ";skip=hls"])
def test_a_token_opens_withheld_captions(
    net: FakeInternet, tmp_path: Path, translated: str
) -> None:
    caption = Caption("en", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello.\n")
    spoken = Video("spoken_____", "S", media.adaptive(), (caption,), captions_want_token=True)
    net.site.videos.append(spoken)
    request = request_for("youtube", "transcript", spoken.id)
    with pytest.raises(TransferError, match=r"PO token: see download\.youtube"):
        fetch(settings_for(net, tmp_path), request)
    given = (f"youtube:player_client=web;po_token=web.subs+{TOKEN}{translated}",)
    assert fetch(settings_for(net, tmp_path, extractor_args=given), request).text is not None


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    folder = tmp_path / "fixed"
    file = folder / "yt_dlp_plugins" / "extractor" / "getpot_fixed.py"
    file.parent.mkdir(parents=True)
    file.write_text(PLUGIN)
    (folder / "README").write_text("It makes tokens.")
    return folder


def digest_by_shell(folder: Path) -> str:
    """The hash as docs/youtube.md has it made."""
    page = Path("docs/youtube.md").read_text()
    command = page[page.index("find *") :].partition("\n")[0]
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.split()[0]


def test_without_a_token_there_is_nothing_to_be_had(net: FakeInternet, tmp_path: Path) -> None:
    with pytest.raises(TransferError) as caught:
        fetch(settings_for(net, tmp_path), request_for("youtube", "video", VIDEO))
    assert (caught.value.code, caught.value.verdict) == ("http_403", "retry")


def test_a_token_by_argument_opens_the_media(net: FakeInternet, tmp_path: Path) -> None:
    settings = settings_for(net, tmp_path, extractor_args=ARGS)
    assert fetch(settings, request_for("youtube", "video", VIDEO)).mime_type == "video/mp4"


def test_a_pinned_plugin_makes_the_token(net: FakeInternet, tmp_path: Path, plugin: Path) -> None:
    digest = digest_by_shell(plugin)
    cache = plugin / "yt_dlp_plugins" / "extractor" / "__pycache__"
    cache.mkdir()
    (cache / "getpot_fixed.cpython-311.pyc").write_bytes(b"not what was pinned")
    command = [sys.executable, "-c", FETCH, str(tmp_path), net.proxy, str(net.ca_file)]
    done = subprocess.run(
        [*command, str(plugin), digest], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "video/mp4", done.stderr[-2000:]

    (plugin / "yt_dlp_plugins" / "extractor" / "more.py").write_text("print('evil')")
    done = subprocess.run(
        [*command, str(plugin), digest], capture_output=True, text=True, check=False
    )
    assert "UsageError" in done.stderr
    assert digest_by_shell(plugin) in done.stderr
    assert "evil" not in done.stdout


def test_only_a_plain_folder_with_plugins_is_taken(tmp_path: Path, plugin: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.py").write_text("")
    (plugin / "linked").symlink_to(elsewhere)
    with pytest.raises(UsageError, match="is a link"):
        plugins.load({str(plugin): "0" * 64})
    with pytest.raises(UsageError, match="no folder yt_dlp_plugins"):
        plugins.load({str(elsewhere): digest_by_shell(elsewhere)})
    with pytest.raises(UsageError, match="is no folder"):
        plugins.load({str(tmp_path / "none"): "0" * 64})


def test_who_is_named_in_the_arguments_may_be_asked_and_nobody_else(
    net: FakeInternet, tmp_path: Path
) -> None:
    given = ("youtubepot-x:base_url=http://127.0.0.1:4416",)
    hosts, own = extractor_args.named_hosts(given)
    assert hosts is not None
    assert hosts.allows("http://127.0.0.1:4416/get_pot")
    assert not hosts.allows("http://127.0.0.1:4417/get_pot")
    assert not hosts.allows("http://127.0.0.2:4416/")
    assert [str(item) for item in own] == ["127.0.0.1/32"]
    assert extractor_args.named_hosts(("youtube:player_client=web",)) == (None, ())
    client = Client(settings_for(net, tmp_path, extractor_args=given), YOUTUBE)
    with pytest.raises(Exception, match="not allowed"):
        client.urlopen("https://evil.example/")
    assert not any(host == "evil.example" for _, host, _ in net.requests)


def test_arguments_are_read_as_yt_dlp_does() -> None:
    assert extractor_args.parsed(("youtube:player_client=mweb,web;lang=en",)) == {
        "youtube": {"player_client": ["mweb", "web"], "lang": ["en"]}
    }


def test_youtube_is_asked_in_english_whatever_the_cookies_say(tmp_path: Path) -> None:
    jar = tmp_path / "cookies.txt"
    line = "\t".join((".youtube.com", "TRUE", "/", "TRUE", "0", "PREF", "hl=de&gl=DE&f6=400"))
    jar.write_text(f"# Netscape HTTP Cookie File\n{line}\n")
    extractor = Client(settings_in(tmp_path, cookies_file=jar), YOUTUBE).get_info_extractor(
        "Youtube"
    )
    extractor.initialize()
    assert "hl=en" in extractor._get_cookies("https://www.youtube.com/")["PREF"].value
    for name in ("web", "tv", "android_vr"):
        assert extractor._extract_context(default_client=name)["client"]["hl"] == "en"
    assert extractor_args.wanted(("youtube:lang=en",))["youtube"]["lang"] == ["en"]
    with pytest.raises(UsageError, match="take lang out"):
        extractor_args.wanted(("youtube:player_client=mweb;lang=de",))


def test_settings_within_a_section(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[rowkeeper.download.youtube]\nextractor_args = ["youtube:lang=en"]\n'
        f'[rowkeeper.download.youtube.plugins]\n"/opt/x" = "{"a" * 64}"\n'
    )
    section = load_settings({}, {}, tmp_path).download.youtube
    assert (section.extractor_args, section.plugins) == (["youtube:lang=en"], {"/opt/x": "a" * 64})
    name = "ROWKEEPER_DOWNLOAD_YOUTUBE_EXTRACTOR_ARGS"
    given = {name: "youtube:a=1,2 youtubepot-x:base_url=http://127.0.0.1:1"}
    section = load_settings({}, given, tmp_path).download.youtube
    assert section.extractor_args == given[name].split()
    with pytest.raises(UsageError, match=r"download\.youtube\.extractor_args .*from ROWKEEPER"):
        load_settings({}, {name: "--exec=rm"}, tmp_path)
    with pytest.raises(UsageError, match=r"download\.youtube\.plugins .*64 hex"):
        load_settings({}, {"ROWKEEPER_DOWNLOAD_YOUTUBE_PLUGINS": "/opt/x=abc"}, tmp_path)
    (tmp_path / "config.toml").write_text("[rowkeeper.download.youtube]\nplugin = 1\n")
    with pytest.raises(UsageError, match=r"did you mean download\.youtube\.plugins"):
        load_settings({}, {}, tmp_path)


@pytest.mark.parametrize("token", [None, TOKEN])
def test_doctor_says_online_what_is_missing(
    net: FakeInternet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    monkeypatch.setattr(doctor, "LOOKS", {})
    environment = {
        "ROWKEEPER_DATA_DIR": str(tmp_path / "data"),
        **net.variables,
        "ROWKEEPER_DOWNLOAD_PACE_DIR": str(tmp_path / "pace"),
        "ROWKEEPER_DOWNLOAD_YOUTUBE_EXTRACTOR_ARGS": " ".join(ARGS) if token else "",
    }
    done = CliRunner().invoke(cli, ["doctor", "--online"], env=environment, standalone_mode=False)
    if token:
        assert done.return_value == 0, done.output
        assert f"ok   YouTube: {VIDEO} came whole" in done.output
    else:
        assert done.return_value == 1
        assert "PO token: set download.youtube.plugins" in done.output
    assert CliRunner().invoke(cli, ["doctor"], env=environment, standalone_mode=False).output == ""
