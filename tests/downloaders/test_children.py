"""What yt-dlp starts: ffmpeg reads media on the disk alone, and no child learns a secret."""

import io
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from yt_dlp.utils._utils import Popen  # type: ignore[import-untyped]

from downloaders.base import FetchSettings
from downloaders.vimeo import VimeoDownloader
from downloaders.ytdlp import children
from downloaders.ytdlp.client import Client
from downloaders.ytdlp.durations import duration_of
from downloaders.ytdlp.errors import transfer_error
from rowkeeper.core.child import bare_environment
from rowkeeper.core.errors import TransferError, Verdict
from rowkeeper.core.net.route import DIRECT
from tests.fakes import media
from tests.fakes.clients import fetch, request_for, settings_in
from tests.fakes.site import Site, Stream, Video

LISTED = "manifest___"
SAMPLE_AES = """#EXTM3U
#EXT-X-TARGETDURATION:1
#EXT-X-KEY:METHOD=SAMPLE-AES,URI="https://vimeo.com/key"
#EXTINF:1,
https://player.vimeo.com/1.ts
#EXT-X-ENDLIST
"""


def dash(path: Path) -> bytes:
    """A DASH list whose one part is a file of this machine."""
    return f"""<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"
mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>
<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1" codecs="avc1.4d400c">
<BaseURL>file://{path}</BaseURL><SegmentBase indexRange="0-1"/></Representation></AdaptationSet>
</Period></MPD>""".encode()


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of somebody on this machine."""
    path = tmp_path_factory.mktemp("home") / "private.mp4"
    path.write_bytes(media.film(144, 440, 2))
    return path


@pytest.fixture(scope="module")
def site(secret: Path) -> Site:
    streams = (
        Stream(160, 'video/mp4; codecs="avc1.4d400c"', dash(secret), 144),
        Stream(140, 'audio/mp4; codecs="mp4a.40.2"', media.sound()),
    )
    return Site(videos=[Video(LISTED, "A list", streams)])


def test_a_list_that_is_sent_as_a_stream_is_refused(settings: FetchSettings) -> None:
    with pytest.raises(TransferError, match="is no media") as caught:
        fetch(settings, request_for("youtube", "video", LISTED))
    assert (caught.value.code, caught.value.verdict) == ("not_media", Verdict.RETRY)
    assert list(settings.data_dir.rglob("*.mp4")) == []


@pytest.mark.parametrize(
    "body",
    [SAMPLE_AES.encode(), b"ffconcat version 1.0\nfile x", b"<?xml ?><MPD/>", b"v=0\nm=x", b""],
)
def test_a_part_is_media_and_named_as_such(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "part").write_bytes(body)
    (tmp_path / "film").write_bytes(media.film())
    (tmp_path / "web").write_bytes(media.webm())
    with pytest.raises(children.NotMediaError, match="no media"):
        children.check_parts([tmp_path / "film", tmp_path / "part"])
    assert children.check_parts([tmp_path / "film", tmp_path / "web"]) == {
        "ffmpeg_i1": ["-protocol_whitelist", "file", "-f", "mov"],
        "ffmpeg_i2": ["-protocol_whitelist", "file", "-f", "matroska"],
    }


def test_an_encrypted_list_starts_no_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(settings_in(tmp_path), VimeoDownloader.site)
    client.begin(tmp_path, lambda *_: None)
    monkeypatch.setattr(Popen, "__init__", lambda *_, **__: pytest.fail("a child was started"))
    answer = SimpleNamespace(read=lambda: SAMPLE_AES.encode(), url="https://player.vimeo.com/x")
    monkeypatch.setattr(client, "urlopen", lambda _: answer)
    info = {"protocol": "m3u8_native", "url": answer.url, "ext": "mp4", "id": "1", "title": "x"}
    for protocol in ("m3u8_native", "m3u8", "rtmp_ffmpeg"):
        with pytest.raises(children.FfmpegWantedError) as caught:
            client.dl(str(tmp_path / "x.mp4"), {**info, "protocol": protocol, "http_headers": {}})
    for protocol in ("rtmp", "rtsp", "mms", "websocket_frag"):
        with pytest.raises(children.FfmpegWantedError):
            client.process_info({**info, "protocol": protocol})
    error = transfer_error(caught.value, client)
    assert (error.code, error.verdict) == ("unsupported", Verdict.PERMANENT)


def test_a_child_learns_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ("ROWKEEPER_STORE_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD")
    for name in secrets:
        monkeypatch.setenv(name, "secret")
    children.hold()
    shown, _, code = Popen.run(["env"], text=True, stdout=-1, stderr=-1)
    assert (code, "secret" in shown) == (0, False)
    assert "PATH=" in shown
    call: dict[str, Any] = {}
    monkeypatch.setattr("subprocess.run", lambda args, **more: call.update(more, args=args) or io)
    monkeypatch.setattr(io, "stderr", b"", raising=False)
    (tmp_path / "x").write_bytes(b"#EXTM3U\nfile:/etc/passwd\n")
    assert duration_of(tmp_path / "x") is None
    assert call == {}
    (tmp_path / "x").write_bytes(b"\0\0\0\x18ftypdash\0\0\0\0iso6")
    duration_of(tmp_path / "x")
    assert call["args"][call["args"].index("-f") + 1] == "mov"
    assert call["env"] == bare_environment()
    assert set(call["env"]) <= set(os.environ) - {*secrets}


def test_a_proxy_of_the_environment_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    client = Client(settings_in(tmp_path), VimeoDownloader.site)
    assert "127.0.0.1:9" not in json.dumps(client.proxies)
    assert DIRECT.httplib2(1.0).proxy_info is None
    assert DIRECT.pool(is_guarded=True).proxy is None
    named = Client(settings_in(tmp_path, proxy="http://127.0.0.1:8"), VimeoDownloader.site)
    assert named.proxies == {"all": "http://127.0.0.1:8"}
