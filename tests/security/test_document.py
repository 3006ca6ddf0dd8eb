"""docs/security.md and the suite say the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()
CITED = set(re.findall(r"^- `(tests/[\w/]+\.py::[\w:]+)`$", TEXT, re.MULTILINE))


def nodes(path: Path) -> set[str]:
    """The tests of a file, by their names."""
    found = set()
    for each in ast.parse(path.read_text()).body:
        if isinstance(each, ast.ClassDef):
            found |= {f"{each.name}::{one.name}" for one in each.body if isinstance(one, ast.FunctionDef)}
        elif isinstance(each, ast.FunctionDef):
            found.add(each.name)
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


def test_every_test_that_is_named_exists() -> None:
    assert len(CITED) > 120
    missing = []
    for one in sorted(CITED):
        file, _, node = one.partition("::")
        if not (ROOT / file).exists() or node not in nodes(ROOT / file):
            missing.append(one)
    assert missing == []


def test_each_of_the_25_groups_is_there_with_tests() -> None:
    parts = re.split(r"^### (\d+)\. ", TEXT, flags=re.MULTILINE)[1:]
    groups = dict(zip(map(int, parts[::2]), parts[1::2], strict=True))
    assert list(groups) == list(range(1, 26))
    for number, group in groups.items():
        assert "*Against it:*" in group, number
        assert re.search(r"^- `tests/", group, re.MULTILINE), number


def test_every_file_that_is_named_exists() -> None:
    for name in re.findall(r"`((?:warehouses|inventory|config|docs)/[\w/.]*)`", TEXT):
        assert (ROOT / name).exists(), name


def test_no_test_of_ours_is_left_out() -> None:
    """But for those of this page and of the parts that another test is a part of."""
    own = {
        f"tests/security/{file.name}::{node}"
        for file in (ROOT / "tests" / "security").glob("test_*.py")
        for node in nodes(file)
        if file.name != "test_document.py"
    }
    assert own - CITED == set()
