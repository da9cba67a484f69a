"""What failed is tried again when somebody asks: by reason, provider and people."""

from dataclasses import replace

import pytest

from demo.site import Demo
from rowkeeper.cli import run_command
from rowkeeper.core.net.throttle import Throttle
from rowkeeper.core.warehouse import Row, Target, connect
from tests.fakes.internet import FakeInternet
from tests.fakes.site import Document

DOCUMENTS = """
select person_row_id, download_status, download_attempts, download_tries, error_code, next_try_at
from intermediate.int_assets
where asset_type = 'document' and media_id not like '%_linked' order by 1
"""
LINKED = """
select media_id, asset_type, download_status from intermediate.int_assets
where person_row_id = ? and media_id like '%_linked' order by 1, 2
"""
HTML = ("first_linked", "document_html")


def link_to(media_id: str) -> str:
    return f'<html><body><a href="https://docs.google.com/document/d/{media_id}/edit">x</a></body>'


def documents(target: Target, status: str) -> dict[str, Row]:
    with connect(target) as warehouse:
        return {row[0]: row[2:] for row in warehouse.query(DOCUMENTS) if row[1] == status}


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_what_failed_is_asked_for_again(
    engine: Target,
    demo: Demo,
    internet: FakeInternet,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_ones = list(demo.site.documents)
    demo.site.documents[:] = [replace(document, sign_in=True) for document in open_ones]
    assert run_command(["run", "--mode", "text"]) == 0
    failed = documents(engine, "failed")
    assert len(failed) >= 2
    assert {row[2] for row in failed.values()} == {"permission_denied"}
    more = [replace(document, html=link_to("first_linked")) for document in open_ones]
    more += [Document("first_linked", "1", html=link_to("second_linked"))]
    more += [Document("second_linked", "2")]
    demo.site.documents[:] = more

    asked = internet.fetched("docs.google.com/document")
    somebody = min(failed)
    assert run_command(["retry", "--reason", "nonsense"]) == 2
    assert "permission_denied" in capsys.readouterr().err
    assert run_command(["retry", "--provider", "docs", "--dry-run"]) == 0
    assert "permission_denied" in capsys.readouterr().out
    assert run_command(["retry", "--people", "none"]) == 12
    assert documents(engine, "failed") == failed
    assert internet.fetched("docs.google.com/document") == asked

    resumed: list[str] = []
    monkeypatch.setattr(Throttle, "resume", lambda _, site: resumed.append(site))
    assert run_command(["retry", "--reason", "needs_person", "--people", somebody]) == 0
    assert resumed == ["docs"]
    assert documents(engine, "failed").keys() == failed.keys() - {somebody}
    attempts, tries, _, _ = documents(engine, "completed")[somebody]
    assert (attempts, tries) == (2, 0)  # tries count anew from what was fetched
    with connect(engine) as warehouse:
        [[text]] = warehouse.query(
            f"select text from {engine.schema}.documents "
            "where person_row_id = ? and text like '%walks%'",
            [somebody],
        )
        linked = warehouse.query(LINKED, [somebody])
        [[hyperlinks]] = warehouse.query(
            f"select hyperlinks from {engine.schema}.documents "
            "where person_row_id = ? and text = ?",
            [somebody, text],
        )
    assert "I like long walks" in text
    assert hyperlinks == "https://docs.google.com/document/d/first_linked/edit"
    # links are followed through one document: what the linked one links to is nobody's
    assert linked == [("first_linked", "document", "completed"), (*HTML, "completed")]
