"""Cells, and the links that each has."""

LIST = "https://www.youtube.com/watch_videos?video_ids=aaaaaaaaaaa,bbbbbbbbbbb"
DOC = "https://docs.google.com/document/d/1abcdefghijklmnopqrstuvwxyz/edit?usp=x&amp;y=1"
VIDEO = "https://youtu.be/aaaaaaaaaaa"
ARCHIVED = "https://web.archive.org/web/2020/www.youtube.com/watch?v=aaaaaaaaaaa"
TUBE = "youtu.be/aaaaaaaaaaa"
SAFE = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3Daaaaaaaaaaa&data=05"
SAFER = (
    "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3D"
    "https%253A%252F%252Fwww.youtube.com%252Fwatch%253Fv%253Daaaaaaaaaaa%26sa%3DD&data=05"
)
HALF = "https://www.google.com/url?q=https%3A//www.youtube.com/watch%3Fv%3Daaaaaaaaaaa&sa=D"
PROOFPOINT = (
    "https://urldefense.proofpoint.com/v2/url?"
    "u=https-3A__www.youtube.com_watch-3Fv-3Daaaaaaaaaaa&d=DwMFaQ&c=x"
)
APP = "vnd.youtube:aaaaaaaaaaa"

SPLIT: list[tuple[str, list[str]]] = [
    *((nothing, []) for nothing in ("", "-", "'-", "nan", "None", "[]", "{}", " \u200b", "Ann")),
    (LIST, [LIST]),
    (f"{LIST},{VIDEO}", [LIST, VIDEO]),
    (f"{LIST}, {VIDEO};{DOC}", [LIST, VIDEO, DOC]),
    (f"{VIDEO}|mailto:a@example.com|{DOC}", [VIDEO, "mailto:a@example.com", DOC]),
    (f"{VIDEO}\n{DOC}\r\n", [VIDEO, DOC]),
    (f"['{VIDEO}', '{DOC}']", [VIDEO, DOC]),
    (f"second part: {VIDEO}", [VIDEO]),
    (f"-|{VIDEO}|-", [VIDEO]),
    ("youtu.be/aaaaaaaaaaa", ["youtu.be/aaaaaaaaaaa"]),
    *(
        (written.format(VIDEO), [VIDEO])
        for written in (
            *("({})", "[video]({})", "[video](<{}>)", "video:{}", "video={}", "1.{}", "•{}"),
            *("-{}", "*{}*", "**{}**", "_{}_", "“{}”", "„{}“", "‘{}’", "«{}»", "<{}>", "`{}`"),
            *('=HYPERLINK("{}","x")', '=HYPERLINK("{}";"x")', "<a href='{}'>x</a>", "{}…"),
            *(
                '{{"link":"{}"}}',
                "см.{}",
                "视频：{}。",
                "{}\u200b",
                "see {}!",
                "({}).",
                "{}\\n",
            ),
            *("{}\\u000bnext", "{}\\\\nnext", "{}&nbsp;x", "{}&quot;", "{}|", "{};"),
        )
    ),
    (f"{VIDEO}{DOC}", [VIDEO, DOC]),
    (f"{VIDEO}www.example.org/x", [VIDEO, "www.example.org/x"]),
    (f"{VIDEO}www.пример.рф", [VIDEO, "www.пример.рф"]),
    (
        f"https://example.org/xwww.example.orG{VIDEO}",
        ["https://example.org/x", "www.example.orG", VIDEO],
    ),
    (f"{VIDEO}\\u000b{DOC}\\n{LIST}", [VIDEO, DOC, LIST]),
    ("https:\\/\\/youtu.be\\/aaaaaaaaaaa", ["https:\\/\\/youtu.be\\/aaaaaaaaaaa"]),
    (
        f"https://www.google.com/url?q={VIDEO}&sa=D",
        [f"https://www.google.com/url?q={VIDEO}&sa=D"],
    ),
    ("(https://en.wikipedia.org/wiki/A_(b))", ["https://en.wikipedia.org/wiki/A_(b)"]),
    ("https://[::1]/x and http://a_b.example/y", ["https://[::1]/x", "http://a_b.example/y"]),
    ("https://youtu.be/abcdefghij_", ["https://youtu.be/abcdefghij_"]),
    ("write to ann@example.org or me@youtube.com, e.g. a.py, MF-Si/Fe-CS/P(B) #3", []),
    ("1/2, 3.1/4.2, 24.12./25.12., and/or a.b/c.d, clip.mov/x, http and https:// alone", []),
    (SAFE, [SAFE]),
    (f"see {SAFE}.", [SAFE]),
    *((f"see {wrapped}, or {VIDEO}", [wrapped, VIDEO]) for wrapped in (SAFER, HALF, PROOFPOINT)),
    (f"{APP} {APP.replace(':', '://')}", [APP, APP.replace(":", "://")]),
    *(
        (written.format(bare), [bare])
        for bare in ("vimeo.com/7", "team.notion.site/x", "forms.gle/x", "youtu.be/aaaaaaaaaaa")
        for written in ("{}", "-{}", "1.{}", "•{}", "~~{}~~", "video:{}", "x={}", "→{}", "({})")
    ),
    *(
        (f"{before}youtu.be/aaaaaaaaaaa", ["youtu.be/aaaaaaaaaaa"])
        for before in ("动画", "видео", "см.", "123.", "//", "@", "Video-", "http:", "https//")
    ),
    *(
        (f"{before}www.example.org", ["www.example.org"])
        for before in ("", "см.", "1.", "动画", "//", "Video-", "see.")
    ),
    *(
        (f"{VIDEO}{end}", [VIDEO])
        for end in ("\u202c", "・", " 👍", "👍", ".•", "_x000D_", "&#10;")
    ),
    *(
        (written, [written])
        for written in (
            *("htps://youtu.be/aaaaaaaaaaa", "https:///youtu.be/aaaaaaaaaaa"),
            *("https://www.youtube.com./watch?v=aaaaaaaaaaa", "tg://resolve?domain=x"),
            *("https%3A%2F%2Fyoutu.be%2Faaaaaaaaaaa", "https:&#x2F;&#47;youtu.be/aaaaaaaaaaa"),
            *("https://see.www.example.org/y", "https://my-youtube.com/watch?v=aaaaaaaaaaa"),
            "https://docs.google.com/document/d/16DML-pgyMuNp_NWm---Fk-qiEofTPgkN/edit",
            *("https://media.example.org/Ku9wwW.mp4", "https://example.org/a/www.film.mov"),
            "https://web.archive.org/web/2020/youtube.com/watch?v=aaaaaaaaaaa",
        )
    ),
    ("-ftp://a.example/b", ["ftp://a.example/b"]),
    *(
        (written.format(odd), [odd])
        for odd in ("https://[::1]/7", "https://www.youtube.com./watch?v=aaaaaaaaaaa", VIDEO)
        for written in (
            *("[{}]", "[[{}]],", "{{{}}}", "[x][{}]", "\\href{{{}}}{{x}}", "({})."),
            *("[url={}]x[/url]", "[url]{}[/url]", "=HYPERLINK('{}')"),
        )
    ),
    (f"https://https://{TUBE}", [f"https://{TUBE}"]),
    (f"{TUBE}{TUBE}", [TUBE, TUBE]),
    (f"{VIDEO}/{TUBE}", [f"{VIDEO}/", TUBE]),
    (f"{VIDEO}?{VIDEO}", [VIDEO, VIDEO]),
    (f"{VIDEO})!x={VIDEO}", [VIDEO, VIDEO]),
    (f"{VIDEO};x={VIDEO}", [f"{VIDEO};x=", VIDEO]),
    (f"{ARCHIVED};{VIDEO}", [ARCHIVED, VIDEO]),
    (f"{LIST}https%3A%2F%2Fx.org", [LIST, "https%3A%2F%2Fx.org"]),
    (f"{VIDEO}?u=%22https%3A%2F%2Fx.org", [f"{VIDEO}?u=%22https%3A%2F%2Fx.org"]),
    (f"{VIDEO}%0A{VIDEO}", [f"{VIDEO}%0A", VIDEO]),
    (f"{VIDEO}%20www.example.org", [f"{VIDEO}%20", "www.example.org"]),
    (f"https://example.org/{TUBE}", ["https://example.org/", TUBE]),
    (f"mailto:a@example.org?body={VIDEO}", ["mailto:a@example.org", VIDEO]),
    (f"https://href.li/?{VIDEO}", [f"https://href.li/?{VIDEO}"]),
    *(
        (f"see {link} {VIDEO}", [link, VIDEO])
        for link in (
            *("https://youtu.be/\u200baaaaaaaaaaa", "youtu.be/\u200e\u200baaaaaaaaaaa?t=1"),
            *("https://youtu.be/aaaa\u00adaaaaaaa", "https://vimeo.com/\u200b123"),
            "https://www.youtube.com/watch?v=aaa\u200baaaa\u200baaaa&t=1",
            f"https://docs.google.com/document/d/1{'a' * 20}\u200b{'a' * 23}/edit",
        )
    ),
    (f"{VIDEO}\u200bnext", [VIDEO]),
    *((f"vimeo.com/1{gap}{TUBE}", [f"vimeo.com/1{gap}", TUBE]) for gap in ("%20", "%0A")),
    ("dai.ly/x8abcde\u200bloom.com/x", ["dai.ly/x8abcde", "loom.com/x"]),
    ("x\\vimeo.com/7 y\\nvimeo.com/8", ["vimeo.com/7", "vimeo.com/8"]),
    (f"{VIDEO}\u200b{VIDEO}", [VIDEO, VIDEO]),
    (f"https://www.https%3A%2F%2F{TUBE}", ["https://www", f"https%3A%2F%2F{TUBE}"]),
    (f"https://https%3A%2F%2F{TUBE}", [f"https%3A%2F%2F{TUBE}"]),
    ("__https://youtu.be/aaaaaaaaaa___", ["https://youtu.be/aaaaaaaaaa_"]),
]
"""A cell -> its links as they stand in it, in their order."""
