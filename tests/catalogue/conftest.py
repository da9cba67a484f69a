"""A browser that complains: what a page says to its console, and whatever it asks, is an error."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.helpers.catalogues import made_site


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of 500 people whose every text is hostile, with its site."""
    folder = tmp_path_factory.mktemp("hostile") / "data"
    made_site(folder, 500, 8, hostile=True)
    return folder


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    said: list[str] = []
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    opened.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    opened.on("pageerror", lambda error: said.append(str(error)))

    def asked(dialog: object) -> None:
        said.append("a script of somebody else's has run")
        dialog.dismiss()  # type: ignore[attr-defined]

    opened.on("dialog", asked)
    yield opened
    context.close()
    assert said == []
