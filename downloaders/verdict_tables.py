"""The tables of verdicts in docs/providers.md, made from the rules and from yt-dlp's sources.

``python -m downloaders.verdict_tables`` renews them; a test says when they are out of date.
"""

import ast
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

from yt_dlp.extractor import get_info_extractor  # type: ignore[import-untyped]
from yt_dlp.version import __version__ as version  # type: ignore[import-untyped]

from downloaders.google import rules as google_rules
from downloaders.registry import downloader_class, providers
from downloaders.verdicts import Rule, first_match
from downloaders.ytdlp.rules import EXTRACTOR, USUAL
from downloaders.ytdlp.site import VideoSite
from downloaders.ytdlp.videos import VideoDownloader
from rowkeeper.core.settings import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "providers.md"
BEGIN = "<!-- made by python -m downloaders.verdict_tables -->"
END = "<!-- end of what is made -->"
OTHERS = frozenset({"_mistakes", "_notifications", "_search"})
"""Parts of yt-dlp's YouTube that nothing here asks."""
RAISING = {"ExtractorError", "raise_no_formats", "raise_login_required", "raise_geo_restricted"}


def sites() -> list[VideoSite]:
    """The sites that yt-dlp fetches from, YouTube first."""
    classes = (downloader_class(name) for name in providers())
    described = [item.site for item in classes if issubclass(item, VideoDownloader)]
    return sorted(described, key=lambda site: (site.provider != "youtube", site.provider))


def tables() -> str:
    """All tables, as Markdown."""
    parts = []
    for site in sites():
        rules = _own_rules(site)
        parts += [f"### What {site.name} says", _table(rules)] if rules else []
        parts += [f"### What yt-dlp {version} says of {site.name} by itself", _own_messages(site)]
    others = ", ".join(site.name for site in sites() if set(USUAL) <= set(site.rules))
    parts += ["### What any of the other sites of videos says"]
    parts += [f"Behind the rules of their own, these hold for {others}.", _table(USUAL)]
    parts += ["What no rule knows is `extractor`, verdict `retry`."]
    parts += ["### What a page of Drive or Docs says"]
    parts += [_table((*google_rules.PAGES, google_rules.NOT_FOUND, google_rules.NOT_A_FILE))]
    parts += ["### What the Drive API says", _reasons(google_rules.REASONS.values())]
    return "\n\n".join(parts)


def _own_rules(site: VideoSite) -> list[Rule]:
    """The rules of ``site``, without the usual ones if it has those."""
    usual = set(USUAL) if set(USUAL) <= set(site.rules) else set()
    return [rule for rule in site.rules if rule not in usual]


def renewed(page: str) -> str:
    """``page`` with its tables as they should be."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{tables()}\n\n{END}{rest.partition(END)[2]}"


def messages(site: VideoSite) -> list[str]:
    """Every text that yt-dlp's extractors of ``site`` raise, ``…`` for what they fill in."""
    texts: dict[str, None] = {}
    for path in _sources(site):
        tree = ast.parse(path.read_text("utf-8"))
        assigned = {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in _raising(tree):
            value = call.args[0]
            if isinstance(value, ast.Name):
                value = assigned.get(value.id, value)
            if text := " ".join(_text(value).split()):
                texts.setdefault(text)
    return sorted(texts)


def _sources(site: VideoSite) -> list[Path]:
    """The modules of the extractor: one, or all of its folder."""
    extractor = get_info_extractor(site.ie_key)
    name = getattr(extractor, "_module", extractor.__module__)  # yt-dlp imports lazily
    module = import_module(name)
    path = Path(str(module.__file__))
    folder = path.parent
    if folder.name == "extractor":
        return [path]
    return sorted(item for item in folder.glob("_*.py") if item.stem not in OTHERS)


def _raising(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in RAISING:
                yield node


def _text(node: ast.expr) -> str:
    """The text of an expression as far as it is written there; '' for a mere variable."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    return ""


def _own_messages(site: VideoSite) -> str:
    rows = ["| Message | Verdict | Code |", "| --- | --- | --- |"]
    for message in messages(site):
        rule = first_match(site.rules, message) or EXTRACTOR
        rows.append(f"| {_cell(message)} | `{rule.verdict}` | `{rule.code}` |")
    return "\n".join(rows)


def _table(rules: Iterable[Rule]) -> str:
    rows = ["| Such as | Verdict | Code | Why |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {_cell(rule.example)} | `{rule.verdict}` | `{rule.code}` | {_cell(rule.why)} |"
        for rule in rules
    ]
    return "\n".join(rows)


def _reasons(rules: Iterable[Rule]) -> str:
    """As :func:`_table`, with one row for all the words that mean the same."""
    words: dict[tuple[str, str, str], list[str]] = {}
    for rule in rules:
        words.setdefault((rule.verdict, rule.code, rule.why), []).append(f"`{rule.example}`")
    rows = ["| Reasons | Verdict | Code | Why |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {', '.join(examples)} | `{verdict}` | `{code}` | {_cell(why)} |"
        for (verdict, code, why), examples in words.items()
    ]
    return "\n".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")
