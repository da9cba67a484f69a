# ruff: noqa: E501 - the published page is quoted as Google writes it
"""Make a synthetic people sheet and the legacy CSV generations that grew from it.

Every quirk below was counted in a real sheet and its CSV history; every name, address and id is invented.

    python -m tests.helpers.samples --people 60 --seed 1 --out DIR

DIR then holds
    sheet.html                 a published Google Sheet page (pubhtml): two tabs, the people tab has gid 1159146182
    output_7col.csv            oldest generation: no row_id, every person appended again on each run
    output_7col_shifted.csv    the same file after rows of 5 fields (row_id first) were appended under the 7-field header
    output_18col.csv           tracking columns, a header row among the data, '-' and "'-" for nothing
    output_21col.csv           newest: file_uuids and s3_paths as JSON cells
    basic_5col.csv text_8col.csv   the two partial modes
    expected.json              what is true of all of it, to check a load against
"""

import argparse
import csv
import html
import json
import random
import string
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

GID = "1159146182"
FIRST = [
    "Anouk",
    "Béla",
    "Carys",
    "Dário",
    "Eszter",
    "Finn",
    "Gül",
    "Hedda",
    "Ílona",
    "Jørn",
    "Kwame",
    "Łucja",
    "Mirela",
    "Noé",
    "Oisín",
    "Petra",
    "Quim",
    "Rasmus",
    "Søren",
    "Tünde",
    "Ursel",
    "Veda",
    "Wim",
    "Xenia",
    "Yara",
    "Zofia",
]
LAST = [
    "Abara",
    "Brück",
    "Çelik",
    "Dvořák",
    "Echeverría",
    "Farkas",
    "Grün",
    "Håkansson",
    "Ivanova",
    "Jansen",
    "Kovács",
    "Lindqvist",
    "Müller",
    "Nagy",
    "O’Dell",
    "Peñalosa",
    "Quist",
    "Rácz",
    "Szűcs",
    "Tamm",
    "Urbán",
    "Vogt",
    "Wójcik",
    "Yılmaz",
    "Zanetti",
]
FUNCS = ["Se", "Si", "Ne", "Ni", "Te", "Ti", "Fe", "Fi"]
ANIMALS = [
    "SC/P(B)",
    "SC/B(P)",
    "CS/P(B)",
    "CS/B(P)",
    "CP/S(B)",
    "CP/B(S)",
    "PC/S(B)",
    "PC/B(S)",
    "PB/S(C)",
    "BP/C(S)",
    "SB/P(C)",
    "BS/C(P)",
]
ID = string.ascii_letters + string.digits + "_-"


Table = tuple[list[str], list[list[str]]]
"""A header and its rows."""


def make_samples(out: Path, people: int = 60, seed: int = 1) -> dict[str, Any]:
    """Write all samples into ``out``; what ``expected.json`` says of them."""
    Maker(people, seed).write(out)
    expected: dict[str, Any] = json.loads((out / "expected.json").read_text(encoding="utf-8"))
    return expected


class Maker:
    """Draws one sheet's people and writes what each generation made of them."""

    def __init__(self, people: int, seed: int) -> None:
        self.r = random.Random(seed)
        self.n = people

    def token(self, n: int) -> str:
        return "".join(self.r.choice(ID) for _ in range(n))

    def doc(self) -> str:
        return "1" + self.token(43)

    def drive(self) -> str:
        return "1" + self.token(32)

    def video(self) -> str:
        return self.token(11)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.r.getrandbits(128)))  # not always a valid v4, as in life

    def type(self) -> str:
        a, b = self.r.sample(FUNCS, 2)
        return f"{self.r.choice('MF')}{self.r.choice('MF')}-{a}/{b}-{self.r.choice(ANIMALS)} #{self.r.randint(1, 4)}"

    def link(self, kind: str) -> str:
        if kind == "doc":
            return f"https://docs.google.com/document/d/{self.doc()}/" + self.r.choice(
                ["edit?tab=t.0", "edit?usp=sharing", "edit", "", "edit#heading=h.x1y2"]
            )
        if kind == "doc_u":
            return f"https://docs.google.com/document/u/3/d/{self.doc()}/edit"
        if kind == "video":
            return self.r.choice(
                [
                    "https://www.youtube.com/watch?v={}",
                    "https://youtu.be/{}",
                    "https://youtu.be/{}?si=W2870_M-G16wo1Ee",
                    "https://www.youtube.com/watch?v={}&authuser=2",
                ]
            ).format(self.video())
        if kind == "playlist":
            return f"https://www.youtube.com/playlist?list=PL{self.token(32)}"
        if kind == "file":
            return f"https://drive.google.com/file/d/{self.drive()}/view?usp=drive_link"
        if kind == "folder":
            return self.r.choice(
                [
                    "https://drive.google.com/drive/folders/{}",
                    "https://drive.google.com/drive/u/0/folders/{}?usp=sharing",
                ]
            ).format(self.drive())
        return ""

    def make(self) -> None:
        kinds = (
            ["doc"] * 42
            + ["video"] * 5
            + ["file"] * 2
            + ["folder"] * 2
            + ["doc_u", "playlist"]
            + [""] * 53
        )
        people = []
        for i in range(self.n, 0, -1):
            name = f"{self.r.choice(FIRST)} {self.r.choice(LAST)}"
            mail = f"{name.split()[0].lower().encode('ascii', 'ignore').decode() or 'x'}{self.r.randint(1, 99)}@example.{self.r.choice(['com', 'org', 'net'])}"
            people.append(
                {
                    "row_id": str(i),
                    "name": name,
                    "email": self.r.choice([mail, mail.title()]),
                    "type": self.type(),
                    "link": self.link(self.r.choice(kinds)),
                    "status": "DONE",
                    "notes": "",
                    "type_doc": f"https://docs.google.com/open?id={self.doc()}",
                }
            )
        p = {int(x["row_id"]): x for x in people}
        k = sorted(p)

        def at(f: float) -> dict[str, str]:
            """A person part of the way up the list."""
            return p[k[min(len(k) - 1, int(f * len(k)))]]

        at(0.05)["type"] = "MF-Ne/Fi CP/S(B) #3"  # blank where the dash belongs
        at(0.12)["type"] = "MM Fi-Se CP/S(B) #3"
        at(0.92)["type"] = "Ti/Se-CP/S(B)"  # no modality, no number
        at(0.88)["type"] = ""
        at(0.47)["type"] = at(0.47)["type"][:-3]  # no number
        at(0.09)["email"] = "- YouTuber -"
        at(0.57)["email"] = "\u200b" + at(0.57)["email"] + "\u200b"
        at(0.91)["email"] += "(" + at(0.91)["name"] + ")"
        at(0.95)["email"] = "Email: " + at(0.95)["email"]
        at(0.54)["name"] = "Hazel “Crow” " + at(0.54)["name"].split()[1]
        at(0.62)["name"] = at(0.62)["name"].replace(" ", "  ")
        at(0.30)["email"] = at(0.31)["email"] = at(0.33)["email"] = (
            "shared@example.com"  # one inbox, several people
        )
        at(0.30)["name"] = at(0.70)["name"]  # one name, two people
        dup = at(0.29)
        dup["link"] = dup["link"] or self.link("doc")
        for f in (0.97, 0.93, 0.85, 0.40):
            at(f)["link"] = at(f)["link"] or self.link("doc")
        at(0.78)["link"] = self.link("playlist")
        at(0.81)["link"] = self.link("folder")
        at(0.83)["link"] = self.link("file")
        at(0.87)["link"] = self.link("video")
        at(0.76)["notes"] = "second part: " + self.link("file")
        at(0.72)["status"] = "HOLD"
        at(0.74)["status"] = "Typing"
        # one person under two ids (the same link and name twice)
        twin_a, twin_b = at(0.945), at(0.935)
        for key in ("name", "email", "type", "link"):
            twin_b[key] = twin_a[key]
        self.people, self.dup = people, dup
        rows = []
        for x in people:
            rows.append(x)
            if x is dup:
                rows.append(dict(x))  # the same row_id, the same row, twice
        self.rows = rows

    def sheet(self) -> str:
        def redirect(u: str) -> str:
            return f"https://www.google.com/url?q={quote(u, safe=':/?')}&sa=D&source=editors&ust=17547745390226{self.r.randint(10, 99)}&usg=AOvVaw{self.token(22)}"

        def a(u: str, text: str) -> str:
            return (
                f'<a href="{html.escape(redirect(u))}" rel="noreferrer" target="_blank">{text}</a>'
            )

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
            blank(str(self.n + i))  # numbered ahead, nobody there yet
        for j, x in enumerate(self.rows):
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

    def seven(self) -> Table:
        h = ["name", "email", "type", "link", "youtube_playlist", "google_drive", "extracted_links"]
        out = []
        for x in self.rows:
            for again in range(self.r.choice([1, 2, 5, 16])):
                out.append(
                    [
                        x["name"],
                        x["email"],
                        x["type"],
                        x["link"] if not again else "",
                        self.r.choice(
                            [
                                "",
                                "-",
                                f"https://www.youtube.com/watch_videos?video_ids={self.video()},{self.video()}",
                            ]
                        )
                        if x["link"]
                        else "",
                        self.r.choice(["", "-"]) if x["link"] else "",
                        self.r.choice(
                            [
                                "",
                                f"https://drive.google.com|mailto:someone@example.com|https://docs.google.com/document/d/{self.doc()}/edit?usp=x&amp;y=1",
                            ]
                        ),
                    ]
                )
        return h, out

    def shifted(self) -> list[list[str]]:
        return [["#", "Name", "Email", "Type", ""]] + [
            [x["row_id"], x["name"], x["email"], x["type"], x["link"]]
            for x in self.rows[: len(self.rows) // 2]
        ]

    def eighteen(self) -> Table:
        h = [
            "row_id",
            "name",
            "email",
            "type",
            "link",
            "extracted_links",
            "youtube_playlist",
            "google_drive",
            "processed",
            "youtube_status",
            "youtube_files",
            "youtube_media_id",
            "drive_status",
            "drive_files",
            "drive_media_id",
            "last_download_attempt",
            "download_errors",
            "permanent_failure",
        ]
        out = [
            [
                "#",
                "Name",
                "Email",
                "Type",
                "",
                "",
                "",
                "",
                "yes",
                "pending",
                "",
                "",
                "pending",
                "",
                "",
                "",
                "",
                "",
            ]
        ]
        shared_file = self.drive()
        for j, x in enumerate(self.rows):
            y = dict.fromkeys(h, "")
            y.update({k: x[k] for k in h[:5]})
            y["processed"] = "yes"
            if not x["link"]:
                y["youtube_status"], y["drive_status"] = (
                    ("failed" if j % 3 else "pending"),
                    "pending",
                )
                y["download_errors"] = (
                    "; ".join(["No files were downloaded"] * (j % 4)) if j % 3 else ""
                )
            elif j % 4 == 0:
                ids = [self.video() for _ in range(1 + j % 3)]
                y.update(
                    youtube_playlist="https://www.youtube.com/watch_videos?video_ids="
                    + ",".join(ids),
                    youtube_status="completed",
                    google_drive="'-",
                    youtube_files=(";" if j % 8 == 0 else ",").join(
                        f"{i}.mp4{';' if j % 8 == 0 else ','}{i}_transcript.vtt" for i in ids
                    ),
                    youtube_media_id="watch_video",
                    drive_status="pending",
                    last_download_attempt=f"2025-06-14T21:58:{j % 60:02d}.978527",
                )
            elif j % 4 == 1:
                d = (
                    shared_file if j % 8 == 1 else self.drive()
                )  # one file claimed by several people
                y.update(
                    google_drive=f"https://drive.google.com/file/d/{d}/view",
                    youtube_playlist="'-",
                    drive_status="completed",
                    drive_media_id=d,
                    youtube_status="pending",
                    drive_files=self.r.choice(
                        [
                            "notes one.txt;part two.mp4",
                            "Recording 2023.m4a",
                            f"{d}.html",
                            "1.Please read me.docx;2.Answers.docx",
                        ]
                    ),
                    last_download_attempt="2025-06-24T19:58:47.414630",
                )
            elif j % 4 == 2:
                y.update(
                    youtube_playlist="-",
                    google_drive="https://accounts.google.com/ServiceLogin?service=wise&amp;continue=https://drive.google.com/open\\u003d"
                    + self.drive(),
                    youtube_status="failed",
                    drive_status="failed",
                    download_errors="Failed after 3 attempts: Command '['/home/ops/bin/yt-dlp', '-f', 'best']' returned non-zero exit status 1; No files found in folder or folder is not publicly accessible",
                )
            else:
                v = self.video()
                y.update(
                    youtube_playlist=f"https://www.youtube.com/playlist?list=PL{self.token(32)}",
                    youtube_status="partial",
                    youtube_files=f"{v}_transcript.vtt",
                    youtube_media_id=v,
                    drive_status="",
                )
            out.append([y[c] for c in h])
        return h, out

    def twentyone(self) -> Table:
        h = [
            "row_id",
            "name",
            "email",
            "type",
            "link",
            "extracted_links",
            "youtube_playlist",
            "google_drive",
            "processed",
            "document_text",
            "youtube_status",
            "youtube_files",
            "youtube_media_id",
            "drive_status",
            "drive_files",
            "drive_media_id",
            "last_download_attempt",
            "download_errors",
            "permanent_failure",
            "file_uuids",
            "s3_paths",
        ]
        out: list[list[str]] = []
        twice = self.uuid()
        for j, x in enumerate(self.rows):
            y = dict.fromkeys(h, "")
            y.update({k: x[k] for k in h[:5]})
            m: dict[str, tuple[str, str]] = {}
            if j < 3:
                v = self.video()
                u = self.uuid()
                m = {f"YouTube: {v}": (u, "mp4")}
                y.update(
                    youtube_playlist=f"https://www.youtube.com/watch?v={v}",
                    youtube_status="streamed",
                    processed="yes",
                )
            elif j < 6:
                ds = [self.drive() for _ in range(j - 2)]
                m = {f"Drive file: {d}": (self.uuid(), "bin") for d in ds}
                y.update(
                    google_drive="|".join(f"https://drive.google.com/file/d/{d}/view" for d in ds),
                    drive_status="streamed",
                    processed="yes",
                )
            elif j < 9:
                d = self.drive()
                m = {f"Drive file {d}": (twice if j == 7 else self.uuid(), "mp4")}
            elif j < 12:
                y["file_uuids"] = y["s3_paths"] = "{}"
            elif j > len(self.rows) * 0.7:
                m = {
                    f"S3 file {u}": (u, self.r.choice(["mp4", "mp4", "mp3", "m4a"]))
                    for u in (
                        [twice]
                        if j == len(self.rows) - 2
                        else [self.uuid() for _ in range(1 + j % 2)]
                    )
                }
            if j in (1, 4):
                y["document_text"] = (
                    "Document tabs Tab 1 Headings you add to the document will appear here."  # the editor's own furniture, not the document
                )
            if j == 2:
                y["document_text"] = (
                    'Part one\nspoken slowly, with a comma, a "quote" and a second line\n\nPart two | done'
                )
            if m:
                y["file_uuids"] = json.dumps({k: u for k, (u, _) in m.items()})
                y["s3_paths"] = json.dumps({u: f"files/{u}.{e}" for u, e in m.values()})
            if j == 5:
                y["permanent_failure"] = "youtube,drive"
                y["download_errors"] = (
                    "Video unavailable. This video has been removed by the uploader"
                )
            out.append([y[c] for c in h])
        return h, out

    def write(self, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.make()

        def save(name: str, h: list[str], rows: list[list[str]], eol: str = "\n") -> None:
            with (out / name).open("w", newline="", encoding="utf-8") as f:
                w = csv.writer(f, lineterminator=eol)
                w.writerow(h)
                w.writerows(rows)

        (out / "sheet.html").write_text(self.sheet(), encoding="utf-8")
        h7, r7 = self.seven()
        save("output_7col.csv", h7, r7, "\r\n")
        save("output_7col_shifted.csv", h7, r7, "\r\n")
        with (out / "output_7col_shifted.csv").open("a", newline="", encoding="utf-8") as f:
            csv.writer(f, lineterminator="\n").writerows(self.shifted())
        h18, r18 = self.eighteen()
        save("output_18col.csv", h18, r18, "\r\n")
        h21, r21 = self.twentyone()
        save("output_21col.csv", h21, r21)
        basic = [[x[k] for k in ("row_id", "name", "email", "type", "link")] for x in self.rows]
        save("basic_5col.csv", ["row_id", "name", "email", "type", "link"], basic)
        save(
            "text_8col.csv",
            [
                "row_id",
                "name",
                "email",
                "type",
                "link",
                "document_text",
                "processed",
                "extraction_date",
            ],
            [
                b
                + (
                    [
                        self.r.choice(
                            [
                                "EXTRACTION_FAILED: timeout after 30 s",
                                "Some words, at length.\nAnd a second line.",
                            ]
                        ),
                        "yes",
                        "2025-07-06T14:01:02.123456",
                    ]
                    if b[4]
                    else ["", "", ""]
                )
                for b in basic
            ],
        )
        (out / "expected.json").write_text(
            json.dumps(
                {
                    "people": len({x["row_id"] for x in self.rows}),
                    "sheet_person_rows": len(self.rows),
                    "duplicate_row_ids": [self.dup["row_id"]],
                    "with_link": len({x["row_id"] for x in self.rows if x["link"]}),
                    "blank_types": [x["row_id"] for x in self.people if not x["type"]],
                    "rows": {
                        "output_7col.csv": len(r7),
                        "output_7col_shifted.csv": len(r7) + 1 + len(self.rows) // 2,
                        "output_18col.csv": len(r18),
                        "output_21col.csv": len(r21),
                        "basic_5col.csv": len(basic),
                        "text_8col.csv": len(basic),
                    },
                    "type_by_row_id": {x["row_id"]: x["type"] for x in self.people},
                    "name_by_row_id": {x["row_id"]: x["name"] for x in self.people},
                },
                indent=1,
                ensure_ascii=False,
            ),
            encoding="utf-8",
        )


if __name__ == "__main__":
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("--people", type=int, default=60)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--out", type=Path, required=True)
    a = p.parse_args()
    make_samples(a.out, a.people, a.seed)
