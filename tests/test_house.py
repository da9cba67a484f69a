"""The rules of the house that no linter knows."""

import ast
import re
from collections import Counter
from pathlib import Path

from rowkeeper.core.settings import PROJECT_DIR

ROOMS = ("rowkeeper", "loaders", "downloaders", "uploaders")
TEST = re.compile(r"tests\.(?:\w+\.)*test_\w+")


LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 300, 45


def too_long(path: Path) -> list[str]:
    text = path.read_text("utf-8")
    lines = text.count("\n")
    functions = (
        (node.name, (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [f"{path}: {lines}"] * (lines > LINES_OF_A_FILE) + [
        f"{path}: {name}, {count}" for name, count in functions if count > LINES_OF_A_FUNCTION
    ]


def classes(path: Path) -> list[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


def imports(path: Path) -> list[str]:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]


def test_a_class_has_a_name_of_its_own() -> None:
    paths = [path for room in ROOMS for path in (PROJECT_DIR / room).rglob("*.py")]
    names = Counter(name for path in paths for name in classes(path) if not name.startswith("_"))
    assert len(names) > 200
    assert [name for name, count in names.items() if count > 1] == []


def test_a_file_and_a_function_of_the_product_fits_a_few_screens() -> None:
    paths = [path for room in ROOMS for path in (PROJECT_DIR / room).rglob("*.py")]
    assert [said for path in paths for said in too_long(path)] == []


def test_no_test_imports_another() -> None:
    tests = {path.name: imports(path) for path in (PROJECT_DIR / "tests").rglob("*.py")}
    assert len(tests) > 200
    assert [name for name, read in tests.items() if any(map(TEST.fullmatch, read))] == []
