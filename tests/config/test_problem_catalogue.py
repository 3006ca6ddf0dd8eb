"""Every code that the product answers with is described: collected from the code itself, by reading it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from config.contracts import CONTRACTS
from config.problem_catalogue import INSIDE, UNDERNEATH, catalogue, entry_of, type_of
from warehouses.http import openapi
from warehouses.http.problems import problem_response

RAISED = {
    *("InvalidInput", "Forbidden", "NotFound", "Conflict", "Stale", "RuleBroken", "RequestFault"),
    *("Problem", "LotProblem", "problem_response", "fail"),
}
#: Only people meet these, on pages and in notices: no route of a contract leads there.
OF_PAGES = (
    *(
        "*/admin/*",
        "*/demo/*",
        "*/management/*",
        "*/views/*",
        "*/home/*",
        "*/home.py",
        "cycle_counts/phone/*",
    ),
    *("warehouses/invitations.py", "warehouses/people.py", "warehouses/delegation.py", "warehouses/keys.py"),
    *("warehouses/notices.py", "warehouses/saved_views.py", "warehouses/http/organization.py"),
    *("warehouses/page_preferences.py", "warehouses/role_starts.py", "warehouses/tables.py"),
    "warehouses/palette.py",
    *(
        "inventory/sync/connections.py",
        "inventory/outgoing/*",
        "inventory/imports/*",
        "inventory/import_runs/*",
    ),
    *("inventory/exports/*", "inventory/labels/*", "inventory/explorer/*", "inventory/sku_page/*"),
    *("inventory/first_run.py", "inventory/catalogue/own_barcodes.py", "inventory/corrections.py"),
    *("stock_requests/approvals/*", "stock_requests/departments.py", "cycle_counts/preferences.py"),
)
#: Raised in modules that routes use too, where only pages lead to.
BY_PEOPLE = {
    "NOT_APPROVED_BY_YOU",
    "ROOM_IN_ANOTHER_WAREHOUSE",
    "RULE_NOT_FOUND",
    "SPOT_COUNTS_OFF",
    "STOCKLIST_IN_USE",
}


def sources() -> Iterator[tuple[str, ast.AST]]:
    for package in ("config", "warehouses", "inventory", "stock_requests", "cycle_counts"):
        for path in sorted((Path(settings.BASE_DIR) / package).rglob("*.py")):
            name = path.relative_to(settings.BASE_DIR)
            if not any(name.match(pattern) for pattern in OF_PAGES) and "migrations" not in name.parts:
                yield str(name), ast.parse(path.read_text(encoding="utf-8"))


def raised() -> dict[str, str]:
    """Code → a module that answers with it."""
    found: dict[str, str] = {}
    for name, tree in sources():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            called = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            if called not in RAISED:
                continue
            given = [*call.args[:2], *(keyword.value for keyword in call.keywords if keyword.arg == "code")]
            for value in given:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    code = value.value.upper() if called == "fail" else value.value
                    if re.fullmatch(r"[A-Z][A-Z_]{2,}", code):
                        found[code] = name
    return found


def test_every_code_that_is_answered_is_described() -> None:
    found = raised()

    assert len(found) > 120
    assert {code: name for code, name in found.items() if code not in catalogue()}.keys() <= BY_PEOPLE, {
        code: name for code, name in found.items() if code not in catalogue() and code not in BY_PEOPLE
    }


def test_every_code_of_the_documents_is_described_with_its_status() -> None:
    for contract in CONTRACTS.values():
        for operation in openapi.build_document(contract)["paths"].values():
            for method in operation.values():
                for status, answer in method["responses"].items():
                    examples = (
                        answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
                    )
                    for code in examples:
                        assert catalogue()[code].status == int(status), code


def test_operations_that_answer_a_code_are_named() -> None:
    uses = catalogue()["POS_NOT_CONNECTED"].uses

    assert {use.contract for use in uses} >= {"pos"}
    assert all(re.fullmatch(r"/\w+/docs/#/[^/]+/\w+", use.address) for use in uses), uses
    assert catalogue()["UNAUTHENTICATED"].is_general


def test_the_type_is_what_is_answered() -> None:
    answer = problem_response(None, status=409, code="STOCK_UNAVAILABLE")

    assert type_of("STOCK_UNAVAILABLE").encode() in answer.content


@pytest.mark.parametrize("name", ["", "x", "urn:tallyhouse:problem:", "urn:other:stock-unavailable"])
def test_there_is_no_entry_for_what_is_no_code(name: str) -> None:
    assert entry_of(name) is None


def test_each_is_described_once() -> None:
    answers = {entry.code for entry in catalogue().values() if entry.status}

    assert {code.code for code in UNDERNEATH} <= answers
    assert not {code for code in INSIDE if code in answers}
    for entry in catalogue().values():
        assert entry.meaning.endswith((".", "?")), entry.code
        assert entry.remedy.endswith("."), entry.code
