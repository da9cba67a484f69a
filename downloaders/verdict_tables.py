"""The tables of verdicts in docs/providers.md, made from the rules and from yt-dlp's sources.

``python -m downloaders.verdict_tables`` renews them; a test says when they are out of date.
"""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import yt_dlp.extractor.youtube  # type: ignore[import-untyped]
from yt_dlp.version import __version__ as version  # type: ignore[import-untyped]

from downloaders.google import rules as google_rules
from downloaders.verdicts import Rule, first_match
from downloaders.youtube import rules as youtube_rules
from rowkeeper.core.settings import PROJECT_DIR

PAGE = PROJECT_DIR / "docs" / "providers.md"
BEGIN = "<!-- made by python -m downloaders.verdict_tables -->"
END = "<!-- end of what is made -->"
MODULES = ("_base", "_clip", "_redirect", "_tab", "_video")
RAISING = {"ExtractorError", "raise_no_formats", "raise_login_required", "raise_geo_restricted"}


def tables() -> str:
    """All tables, as Markdown."""
    return "\n\n".join(
        (
            "### What YouTube says",
            _table(youtube_rules.RULES),
            "What no rule knows is `extractor`, verdict `retry`.",
            f"### What yt-dlp {version} says by itself",
            _own_messages(),
            "### What a page of Drive or Docs says",
            _table((*google_rules.PAGES, google_rules.NOT_A_FILE)),
            "### What the Drive API says",
            _table(google_rules.REASONS.values()),
        )
    )


def renewed(page: str) -> str:
    """``page`` with its tables as they should be."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{tables()}\n\n{END}{rest.partition(END)[2]}"


def messages() -> list[str]:
    """Every text that yt-dlp's YouTube extractors raise, ``…`` for what they fill in."""
    folder = Path(str(yt_dlp.extractor.youtube.__file__)).parent
    found: dict[str, None] = {}
    for name in MODULES:
        tree = ast.parse((folder / f"{name}.py").read_text("utf-8"))
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
                found.setdefault(text)
    return sorted(found)


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


def _own_messages() -> str:
    rows = ["| Message | Verdict | Code |", "| --- | --- | --- |"]
    for message in messages():
        rule = first_match(youtube_rules.RULES, message) or youtube_rules.EXTRACTOR
        rows.append(f"| {_cell(message)} | `{rule.verdict}` | `{rule.code}` |")
    return "\n".join(rows)


def _table(rules: Iterable[Rule]) -> str:
    rows = ["| Such as | Verdict | Code | Why |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {_cell(rule.example)} | `{rule.verdict}` | `{rule.code}` | {_cell(rule.why)} |"
        for rule in rules
    ]
    return "\n".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")
