"""What the rules make of a row is pinned to their version."""

import json

from loaders.batches import no_rows
from loaders.grid import Cell
from loaders.tables import RULES_VERSION, add_legacy_content, add_sheet_content
from rowkeeper.core.text import sha256

TYPE = "MF-Si/Fe-CS/P(B) #3"


def test_rules_that_change_have_a_new_version() -> None:
    rows = no_rows()
    values = dict(
        zip(("row_id", "name", "email", "type"), ("7", "É  Ü\u00ad", "e@x.org", TYPE), strict=True)
    )
    cells = [
        "https://youtu.be/abcdefghijk?t=5 www.youtube.com/@someone/videos",
        "https://www.youtube.com/embed/abcdefghijk?list=PLabcdefghijklm docs.google.com/document/d/"
        + "1abcdefghijklmnopqrstuvwxyz/edit?tab=t.0",
        "https://drive.google.com/open?id=1abcdefghijklmnopqrstuvwxyz, (https://vimeo.com/5).",
        "https://media.example.org/awww.mp3 https://x.org/page https://storage.googleapis.com/b/a.mp4",
        "Caf&eacute; -vimeo.com/7 https%3A%2F%2Fyoutu.be%2Fabcdefghijk "
        "https://youtu.be/?https://youtu.be/x 1-vimeo.com/8 "
        "https://lh4.googleusercontent.com/d/1abcdefghijklmnopqrstuvwxyz youtu.be/v/abcdefghijk "
        "https://www.google.com/url?q=https%3A//www.youtube.com/watch%3Fv%3Dabcdefghijk&sa=D "
        "vnd.youtube:abcdefghijk",
        "https://drive.google.com/file/d/1abcdefghijklmnop qrstuvwxyz012345/view https://youtu.be/ "
        "abcdefghij1 https:\\\\youtu.be\\abcdefghijk https://youtu.be/abcdefghijk,ABCDEFGHIJ1 "
        "https://urldefense.us/v2/url?u=https-3A__youtu.be_abcdefghijk&d=x",
        "https://youtu.be / abcdefghij2 https://www.youtube.com/attribution_link?u=/playlist?list="
        "PLabcdefghijklm drive.google.com/drive/folders/1abcdefghijklm,1abcdefghijklmno",
    ]
    columns = ("name", "link", "talk", "document_text", "second", "third", "fourth")
    named = list(zip(columns, cells, strict=True))
    linked = [(name, Cell(text, (text.split()[0],))) for name, text in named]
    add_sheet_content(rows, "s:1", "7", values, linked, is_header=False)
    claims = {
        "youtube_status": "failed",
        "download_errors": "no",
        "drive_files": "['/d/a.mp3', 'b, c.mp3']",
    }
    add_legacy_content(rows, "f:2", "7", values | claims, named)
    made = json.dumps({name: list(table) for name, table in rows.items()}, sort_keys=True)
    assert (RULES_VERSION, sha256(made)[:16]) == (15, "70d8f0eadd4bfd7d"), (
        "What the rules make of a row has changed: raise RULES_VERSION, so that what is loaded is "
        "read again, and say its new digest here."
    )
