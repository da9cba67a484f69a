"""What a store of S3 costs before and between its files."""

import gc
import hashlib
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.s3 import s3_settings, s3_store, shared_ministack
from uploaders.s3.client import connect


def test_boto3_is_imported_by_who_needs_it_alone() -> None:
    code = (
        "import sys, uploaders.s3.store; print('boto3' in sys.modules, 'botocore' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("was_on", [True, False])
def test_garbage_is_collected_as_before(was_on: bool, tmp_path: Path) -> None:
    try:
        (gc.enable if was_on else gc.disable)()
        connect(s3_settings(tmp_path, "s3://any", "http://127.0.0.1:9"))
        assert gc.isenabled() is was_on
    finally:
        gc.enable()


def test_a_small_body_waits_for_no_confirmation_of_its_headers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = s3_store(shared_ministack().url)
    options: list[tuple[Any, ...]] = []

    def setting(self: socket.socket, *option: Any) -> None:
        options.append(option)
        super(socket.socket, self).setsockopt(*option)

    monkeypatch.setattr(socket.socket, "setsockopt", setting, raising=False)
    store.maker.sender.put("k", b"x", hashlib.sha256(b"x").digest())
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in options
