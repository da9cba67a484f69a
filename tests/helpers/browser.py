"""A real Chromium: this machine's, else one that is fetched once and kept in the user's cache.

The fetched one is the build of npm's @sparticuz/chromium, held to its hash: it brings its libraries
and needs no rights on the machine. Where npm's registry can't be reached, Debian's package is
installed, if the user may.
"""

import hashlib
import io
import os
import platform
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import platformdirs
import requests
from playwright.sync_api import Browser, Page, sync_playwright

from rowkeeper.core.disk.locks import lock_path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
RELEASE = "153.0.0"
PACKAGE = f"https://registry.npmjs.org/@sparticuz/chromium/-/chromium-{RELEASE}.tgz"
SHA256 = "20e5656fcdcf4118ede85edfb9d6bb9cc1bbb7ffb8b75622fffbcf36a835c3c0"
LOCK_WAIT_S = 900.0


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless Chromium. Raises ``RuntimeError`` where there is none and none can be had."""
    program, environ = find_browser()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox"], env={**os.environ, **environ}
        )
        try:
            yield browser
        finally:
            browser.close()


def until(page: Page, script: str, timeout_s: float = 20.0) -> None:
    """Wait until ``script`` is true in ``page``. Playwright's own waiting is a script in the page,
    which a policy stops."""
    ends = time.monotonic() + timeout_s
    while not page.evaluate(script):
        assert time.monotonic() < ends, script
        page.wait_for_timeout(50)


def find_browser() -> tuple[Path, dict[str, str]]:
    """The program, and what its environment must have."""
    if browser := _installed():
        return browser, {}
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise RuntimeError(f"Install a Chromium: none of {', '.join(NAMES)} is here.")
    folder = platformdirs.user_cache_path("rowkeeper-tests") / f"chromium-{RELEASE}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with lock_path(folder.with_suffix(".lock"), timeout_s=LOCK_WAIT_S):
        if not folder.is_dir():
            part = folder.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            try:
                _unpack(_fetched(), part)
            except requests.RequestException as error:
                return _from_debian(error), {}
            part.rename(folder)
    libraries, fonts = folder / "al2023" / "lib", folder / "fonts"
    return folder / "chromium", {"LD_LIBRARY_PATH": str(libraries), "FONTCONFIG_PATH": str(fonts)}


def _installed() -> Path | None:
    programs = filter(None, map(shutil.which, NAMES))
    return next(map(Path, programs), None)


def _from_debian(refused: requests.RequestException) -> Path:
    """Debian's package, where this is Debian and the user may install it."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "-qq", *arguments], env=environ, check=False)
        if browser := _installed():
            return browser
    raise RuntimeError(
        f"There is no Chromium here, and {PACKAGE} can't be fetched ({refused}): install one."
    ) from refused


def _fetched() -> bytes:
    answer = requests.get(PACKAGE, timeout=300)
    answer.raise_for_status()
    if hashlib.sha256(answer.content).hexdigest() != SHA256:
        raise RuntimeError(f"{PACKAGE} has other bytes than it had: do not run it.")
    return answer.content


def _unpack(package: bytes, folder: Path) -> None:
    """The program, and beside it the archives that it comes with."""
    folder.mkdir()
    with tarfile.open(fileobj=io.BytesIO(package)) as files:
        for member in files:
            name = member.name.removeprefix("package/bin/")
            if not name.endswith(".br") or (packed := files.extractfile(member)) is None:
                continue
            body = brotli.decompress(packed.read())
            if name.endswith(".tar.br"):
                with tarfile.open(fileobj=io.BytesIO(body)) as inner:
                    inner.extractall(folder, filter="data")
            else:
                program = folder / name.removesuffix(".br")
                program.write_bytes(body)
                program.chmod(0o755)
