# ruff: noqa: E501 - the published page is quoted as Google writes it
"""The sheet as Google publishes it: two tabs, of which the one with people has the id ``GID``."""

import html
from urllib.parse import quote

from tests.helpers.samples.people import People

GID = "1159146182"


def sheet(drawn: People) -> str:
    def redirect(u: str) -> str:
        return f"https://www.google.com/url?q={quote(u, safe=':/?')}&sa=D&source=editors&ust=17547745390226{drawn.r.randint(10, 99)}&usg=AOvVaw{drawn.token(22)}"

    def a(u: str, text: str) -> str:
        return f'<a href="{html.escape(redirect(u))}" rel="noreferrer" target="_blank">{text}</a>'

    def td(cls: str, inner: str) -> str:
        return f'<td class="{cls}" dir="ltr">{inner}</td>'

    fb = '<td class="freezebar-cell"></td>'

    def chip(s: str) -> str:
        return f'<span class="s4" style="background-color: #e8eaed; color: #000000; width: 72.0px; padding: 1.0px 5.0px 1.0px 5.0px ; ">{s or chr(0x200B)}</span>'

    out: list[str] = []
    n = 0

    def row(cells: str) -> None:
        nonlocal n
        out.append(
            f'<tr style="height: 20px"><th class="row-headers-background row-header-shim" id="{GID}R{n}" style="height: 20px;"><div class="row-header-wrapper" style="line-height: 20px">{n + 1}</div></th>{cells}</tr>'
        )
        n += 1

    row(
        td("s0", "#")
        + fb
        + "".join(td("s0", h) for h in ("Name", "Email", "Type", "Status"))
        + td("s1", "Notes")
    )
    out.append(
        '<tr><th class="freezebar-cell freezebar-horizontal-handle row-header-shim" style="height:3px;"></th>'
        + fb * 7
        + "</tr>"
    )

    def blank(i: str = "", name: str = "") -> None:
        row(
            td("s2", i)
            + fb
            + td("s2", name)
            + td("s2", "")
            + td("s2", "")
            + td("s3", chip("---" if i == "" and name else ""))
            + td("s5", "")
        )

    blank()
    for i in range(3, 0, -1):
        blank(str(drawn.n + i))  # numbered ahead, nobody there yet
    for j, x in enumerate(drawn.rows):
        name = html.escape(x["name"], quote=False)
        if "(" in x["email"]:  # two runs of rich text in one cell
            head, tail = x["email"].split("(", 1)
            mail = f'<span style="font-size:10pt;">{head}</span><span style="font-size:8pt;">({tail}</span>'
        elif j % 17 == 3:
            mail = f'<a href="mailto:{x["email"]}" target="_blank">{x["email"]}</a>'
        else:
            mail = html.escape(x["email"], quote=False)
        notes = (
            html.escape(x["notes"])
            if "http" not in x["notes"]
            else a(x["notes"].split(": ")[1], html.escape(x["notes"]))
        )
        row(
            td("s2", x["row_id"])
            + fb
            + td("s6", a(x["link"], name) if x["link"] else name)
            + td("s5", mail)
            + td(
                "s7",
                a(x["type_doc"], html.escape(x["type"]))
                if x["type"] and j % 10
                else html.escape(x["type"]),
            )
            + td("s3", chip(x["status"]))
            + td("s5", notes)
        )
        if j in (3, 8):
            row(
                td("s2", "")
                + fb
                + td("s2", "---" if j == 3 else "")
                + td("s2", "")
                + td("s2", "")
                + td("s3", chip("---"))
                + td("s5", "")
            )
    for _ in range(3):
        blank()
    head = "".join(
        f'<th class="{c}" id="{GID}C{i}" style="width:{w}px;"></th>'
        for c, i, w in (
            ("header-shim", 0, 36),
            ("freezebar-cell frozen-column-cell", "f", 3),
            ("header-shim", 1, 193),
            ("header-shim", 2, 298),
            ("header-shim", 3, 178),
            ("header-shim", 4, 100),
            ("header-shim", 7, 468),
        )
    )
    other = '<div id="0" style="display:none;position:relative;" dir="ltr"><div class="ritz grid-container" dir="ltr"><table class="waffle" cellspacing="0" cellpadding="0"><tbody><tr style="height: 20px"><th id="0R0">1</th><td class="s0">Read me</td></tr><tr><th id="0R1">2</th><td class="s0">This tab holds no people.</td></tr></tbody></table></div></div>'
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>Client Pipeline - Google Drive</title></head><body class="docs-gm"><div id="sheets-viewport">'
        + other
        + f'<div id="{GID}" style="position:relative;" dir="ltr"><div class="ritz grid-container" dir="ltr"><table class="waffle" cellspacing="0" cellpadding="0"><thead><tr><th class="row-header header-shim row-header-shim"></th>{head}</tr></thead><tbody>'
        + "\n".join(out)
        + "</tbody></table></div></div></div></body></html>"
    )
