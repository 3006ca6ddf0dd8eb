"""docs/jobs.md says nothing that no test counts: a row names its test, and that names the row and its number."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.browser.effort import Job, jobs

TESTS = Path(__file__).resolve().parents[1]
JOBS = list(jobs().values())


@cache
def functions_of(file: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def compared_with(test: ast.FunctionDef, job: str) -> list[int]:
    """The literals that a test compares `of(job)` with, in the same comparison."""
    found: list[int] = []
    for node in ast.walk(test):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        if any(_asks(side, job) for side in sides) and all(isinstance(act, ast.Eq) for act in node.ops):
            found += [side.value for side in sides if isinstance(side, ast.Constant)]  # type: ignore[misc]
    return found


def _asks(side: ast.expr, job: str) -> bool:
    if not isinstance(side, ast.Call) or [ast.unparse(given) for given in side.args] != [repr(job)]:
        return False
    called = side.func
    return (called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")) == "of"


def test_every_job_of_the_map_is_there() -> None:
    wanted = [
        f"{who}{number}"
        for who, last in (("M", 8), ("A", 7), ("C", 8), ("I", 8))
        for number in range(1, last + 1)
    ]
    assert sorted({job.name.split()[0] for job in JOBS}) == sorted(wanted)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_job_that_costs_more_than_its_target_says_why(job: Job) -> None:
    assert job.ours <= job.target or job.remark


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_jobs_number_is_counted_by_its_test(job: Job) -> None:
    file, _, name = job.shown_by.partition("::")
    path = f"browser/{file}" if "/" not in file else file
    assert name, f"{job.name}: no test is named"
    assert name in functions_of(path), f"{job.name}: {path} has no {name}"
    if path.startswith("browser/"):
        assert compared_with(functions_of(path)[name], job.name) == [job.ours]
