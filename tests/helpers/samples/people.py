# ruff: noqa: E501 - cells are quoted as they were found
"""Draws one sheet's people, with every oddity that was counted in a real one."""

import random
import string
import uuid

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


class People:
    """``people``: from the newest on; ``rows``: the sheet's; ``dup``: who stands there twice."""

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
