"""The OpenAPI documents: complete, valid, committed, and true of what the routes answer."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.conf import settings
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from config.contracts import CONTRACTS
from cycle_counts.api.problem_codes import CODES as CYCLE_COUNTS
from inventory.api import problem_codes
from inventory.api.backoffice.problem_codes import BACKOFFICE
from inventory.api.backoffice.webhooks import documentation as webhooks
from inventory.api.gateway import documentation as gateway
from inventory.api.nexus import documentation as nexus
from inventory.api.pos import documentation as pos
from inventory.demo import documented
from inventory.models import Movement
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.webhooks import endpoints
from stock_requests.api.problem_codes import CODES as STOCK_REQUESTS
from tests import factories
from tests.inventory.api.callers import Caller
from tests.inventory.api.demonstration import make_demonstration
from tests.inventory.api.documented import DocumentedOperation, operations, violations
from tests.inventory.api.routes import EVERY_SCOPE, queries, writing
from tests.inventory.api.routes import ROUTES as TABLE
from tests.inventory.api.routes import documented as documented_permissions
from tests.inventory.api.syncs import end_syncs
from tests.inventory.api.undescribed import UNDESCRIBED, Undescribed
from warehouses.http import problem_codes as shared_codes
from warehouses.http.openapi import build_document
from warehouses.models import Organization, Warehouse

EVERY_CODE = (*shared_codes.SHARED, *problem_codes.STOCK, *BACKOFFICE, *STOCK_REQUESTS, *CYCLE_COUNTS)
DOCS = settings.BASE_DIR / "docs" / "api"
DOCUMENTS: dict[str, dict[str, Any]] = {
    name: build_document(contract) for name, contract in CONTRACTS.items()
}
EVERY_OPERATION = [
    pytest.param(name, operation, id=f"{name} {operation}")
    for name, document in DOCUMENTS.items()
    for operation in operations(document)
]

# sources/gateway.txt, nexus.txt and pos.txt, and one route of ours: the permission of each and its query parameters.
ROUTES = {
    ("gateway", "GET", "/api/v1/inventory"): (
        "inventory.read",
        {"warehouse_id", "low_stock", "sku_prefix", "page", "per_page"},
    ),
    ("gateway", "GET", "/api/v1/inventory/{sku}"): ("inventory.read", {"warehouse_id"}),
    ("gateway", "PUT", "/api/v1/inventory/{sku}"): ("inventory.write", {"warehouse_id"}),
    ("gateway", "POST", "/api/v1/inventory/bulk"): ("inventory.write", {"warehouse_id"}),
    ("gateway", "POST", "/api/v1/inventory/adjust"): ("inventory.adjust", {"warehouse_id"}),
    ("gateway", "GET", "/api/v1/inventory/low-stock"): (
        "inventory.read",
        {"warehouse_id", "sku_prefix", "page", "per_page"},
    ),
    ("nexus", "GET", "/api/inventory"): (
        "inventory.read",
        {"limit", "cursor", "status", "warehouse_id", "sku"},
    ),
    ("nexus", "GET", "/api/inventory/{sku}"): ("inventory.read", set()),
    ("nexus", "PUT", "/api/inventory/{sku}"): ("inventory.write", set()),
    ("nexus", "POST", "/api/inventory/bulk"): ("inventory.write", set()),
    ("nexus", "GET", "/api/inventory/warehouses"): ("inventory.read", set()),
    ("nexus", "GET", "/api/inventory/{sku}/adjustments"): (
        "inventory.read",
        {"start_date", "end_date", "warehouse_id", "reason", "limit", "cursor"},
    ),
    ("pos", "GET", "/api/v1/inventory"): (
        "inventory.read",
        {"location_id", "room_type", "category", "low_stock", "page", "limit"},
    ),
    ("pos", "GET", "/api/v1/inventory/{id}"): ("inventory.read", set()),
    ("pos", "PATCH", "/api/v1/inventory/{id}"): ("inventory.adjust", set()),
    ("pos", "POST", "/api/v1/inventory/bulk-update"): ("inventory.adjust", set()),
    ("pos", "POST", "/api/v1/inventory/sync"): ("inventory.write", set()),
    ("pos", "GET", "/api/v1/inventory/sync/{id}"): ("inventory.read", set()),
    ("pos", "GET", "/api/v1/inventory/snapshot"): (
        "inventory.read",
        {"date", "location_id", "page", "limit"},
    ),
}

_PERMISSIONS = documented_permissions()
ROUTES |= {
    (contract, method, path): (*sorted(permissions), queries().get((method, path), set()))
    for (contract, method, path), permissions in _PERMISSIONS.items()
    if contract == "backoffice"
}

#: The form in which each contract's document shows a key, which leads to it where another one has the path too.
KEY_FORMS = {
    "gateway": "X-API-Key: {}",
    "nexus": "X-API-Key: {}",
    "pos": "Authorization: Bearer {}",
    "backoffice": "X-API-Key: {}",
}


def guides() -> str:
    """The guide to the contracts, and those to the parts of the backoffice contract."""
    return "".join(
        path.read_text(encoding="utf-8")
        for path in (DOCS / "README.md", *sorted((DOCS / "backoffice").glob("*.md")))
    )


def schema_of(contract: str, path: str, method: str, name: str) -> dict[str, Any]:
    operation = DocumentedOperation(
        DOCUMENTS[contract], method, path, DOCUMENTS[contract]["paths"][path][method.lower()]
    )
    (found,) = [parameter["schema"] for parameter in operation.parameters if parameter["name"] == name]
    return dict(found)


# --- complete and valid


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS.keys())
def test_documents_are_valid_and_made_without_a_warning(contract: Any) -> None:
    document = build_document(contract)
    assert not GENERATOR_STATS
    validate_schema(document)


def test_documents_have_every_documented_route_and_no_other() -> None:
    found = {
        (name, operation.method, operation.path): (
            *sorted(operation.definition["x-permissions"]),
            {parameter["name"] for parameter in operation.parameters if parameter["in"] == "query"},
        )
        for name, document in DOCUMENTS.items()
        for operation in operations(document)
    }
    assert found == ROUTES


@pytest.mark.parametrize(("name", "operation"), EVERY_OPERATION)
def test_every_operation_says_what_it_is_and_needs(name: str, operation: DocumentedOperation) -> None:
    definition = operation.definition
    *permissions, _ = ROUTES[name, operation.method, operation.path]
    for permission in permissions:
        assert f"`{permission}`" in definition["description"]
        assert permission.replace(".", ":") in definition["description"]
    assert definition["summary"]
    assert set(definition["tags"]) <= {tag["name"] for tag in operation.document["tags"]}
    assert all(parameter["description"] for parameter in operation.parameters)
    assert {frozenset(way) for way in definition["security"]} == {
        frozenset({way}) for way in ("apiKey", "bearer", "authorization", "session")
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_operation_ids_are_unique_within_a_document(name: str) -> None:
    ids = [operation.definition["operationId"] for operation in operations(DOCUMENTS[name])]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_field_is_described(name: str) -> None:
    undescribed = {
        f"{schema}.{field}"
        for schema, definition in DOCUMENTS[name]["components"]["schemas"].items()
        for field, member in definition["properties"].items()
        if not member.get("description") and "$ref" not in member
    }
    assert undescribed == set()


def test_parameters_have_the_documented_types_defaults_and_limits() -> None:
    listing = ("gateway", "/api/v1/inventory", "GET")
    assert schema_of(*listing, "per_page") == {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}
    page = schema_of(*listing, "page")
    assert (page["type"], page["minimum"], page["default"]) == ("integer", 1, 1)
    assert schema_of(*listing, "low_stock") == {"type": "boolean"}
    assert schema_of(*listing, "sku_prefix")["type"] == "string"
    listing = ("nexus", "/api/inventory", "GET")
    assert schema_of(*listing, "limit") == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}
    assert schema_of(*listing, "status") == {
        "type": "string",
        "enum": ["normal", "low", "critical", "out_of_stock"],
    }
    listing = ("pos", "/api/v1/inventory", "GET")
    assert schema_of(*listing, "limit") == {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}
    assert {"sales_floor", "vault", "quarantine", "secret_menu"} <= set(
        schema_of(*listing, "room_type")["enum"]
    )
    assert schema_of(*listing, "low_stock") == {"type": "boolean"}


@pytest.mark.parametrize(("name", "most"), [("gateway", 100), ("nexus", 500), ("pos", 500)])
def test_bulk_bodies_have_the_documented_limit(name: str, most: int) -> None:
    updates = DOCUMENTS[name]["components"]["schemas"]["BulkBody"]["properties"]["updates"]
    assert (updates["minItems"], updates["maxItems"]) == (1, most)


@pytest.mark.parametrize(
    ("name", "body"), [("gateway", "SetBody"), ("gateway", "BulkRow"), ("nexus", "BulkRow")]
)
def test_absolute_quantities_start_at_nothing(name: str, body: str) -> None:
    quantity = DOCUMENTS[name]["components"]["schemas"][body]["properties"]["quantity"]
    assert (quantity["type"], quantity["minimum"], quantity["maximum"]) == ("integer", 0, MAXIMUM_QUANTITY)


@pytest.mark.parametrize("body", ["ChangeBody", "BulkRow"])
def test_a_change_is_signed_and_not_nothing(body: str) -> None:
    change = DOCUMENTS["pos"]["components"]["schemas"][body]["properties"]["quantity_change"]
    assert (change["minimum"], change["maximum"]) == (-MAXIMUM_QUANTITY, MAXIMUM_QUANTITY)
    assert change["not"] == {"enum": [0]}


def test_a_sync_is_accepted_with_its_address() -> None:
    definition = DOCUMENTS["pos"]["paths"]["/api/v1/inventory/sync"]["post"]
    operation = DocumentedOperation(DOCUMENTS["pos"], "POST", "/api/v1/inventory/sync", definition)
    assert operation.success == 202
    assert "Location" in operation.response(202)["headers"]


def test_a_snapshot_is_json_or_csv() -> None:
    definition = DOCUMENTS["pos"]["paths"]["/api/v1/inventory/snapshot"]["get"]
    assert set(definition["responses"]["200"]["content"]) == {"application/json", "text/csv"}


@pytest.mark.parametrize(("name", "operation"), EVERY_OPERATION)
def test_problem_codes_stand_under_their_own_status(name: str, operation: DocumentedOperation) -> None:
    status_of = {code.code: code.status for code in EVERY_CODE}
    found = set()
    for status in operation.definition["responses"]:
        if int(status) < 400:
            continue
        media_type, content = operation.content(int(status))
        assert media_type == "application/problem+json"
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        for code, example in content["examples"].items():
            assert (status_of[code], code) == (int(status), example["value"]["code"])
            assert violations(operation.document, content["schema"], example["value"]) == []
            found.add(code)
    always = {"INVALID_REQUEST", "UNAUTHENTICATED", "PERMISSION_DENIED", "RATE_LIMITED"}
    assert found >= always | codes_of_writing(name, operation)


def codes_of_writing(name: str, operation: DocumentedOperation) -> set[str]:
    if operation.method == "GET" or name == "backoffice":
        return set()
    if operation.definition["operationId"] == "startSync":
        return {"WAREHOUSE_NOT_FOUND", "POS_NOT_CONNECTED", "SYNC_IN_PROGRESS"}
    by_place = set() if name == "pos" else {"WAREHOUSE_NOT_FOUND"}  # a change of pos names its item
    return {"READONLY_WAREHOUSE", "INVENTORY_NOT_FOUND", "NEGATIVE_QUANTITY"} | by_place


def test_the_documented_error_codes_have_their_documented_statuses() -> None:
    documented_codes = {
        "INVENTORY_NOT_FOUND": 404,
        "WAREHOUSE_NOT_FOUND": 404,
        "READONLY_WAREHOUSE": 403,
        "NEGATIVE_QUANTITY": 422,
    }
    assert {code.code: code.status for code in problem_codes.STOCK}.items() >= documented_codes.items()


@pytest.mark.parametrize(("name", "operation"), EVERY_OPERATION)
def test_answers_in_the_document_fit_their_schema(name: str, operation: DocumentedOperation) -> None:
    if operation.success == 204:
        assert "content" not in operation.response(204)
        return
    _, content = operation.content(operation.success)
    assert violations(operation.document, content["schema"], content["example"]) == []


# --- committed


@pytest.mark.parametrize("name", CONTRACTS)
def test_snapshots_are_what_the_code_says(name: str, tmp_path: Path) -> None:
    call_command("openapi_snapshots", folder=tmp_path)
    file = f"{name}.openapi.json"
    assert json.loads((tmp_path / file).read_text(encoding="utf-8")) == DOCUMENTS[name]
    assert (DOCS / file).read_text(encoding="utf-8") == (tmp_path / file).read_text(encoding="utf-8"), (
        "The contract's document has changed. If that is meant: manage.py openapi_snapshots, and review the difference."
    )


def test_the_guide_explains_every_code_and_shows_every_route() -> None:
    guide = guides()
    for code in EVERY_CODE:
        assert re.search(rf"^\| `{code.code}` \| {code.status} \|", guide, re.MULTILINE), code.code
    for _, method, path in ROUTES:
        shown = path.replace("{sku}", "(REGEN|SKU)-001")
        shown = re.sub(r"\{\w+\}", "[a-z]+_[0-9a-z]{26}", shown)
        verb = "" if method == "GET" else f"-X {method} "
        assert re.search(rf'^curl {verb}"\$BASE{shown}[?"]', guide, re.MULTILINE), (method, path)


def test_examples_name_what_the_demonstration_has() -> None:
    assert gateway.WAREHOUSE_A == nexus.WAREHOUSE_A == pos.WAREHOUSE_A == documented.WAREHOUSE_A
    assert nexus.FBA_EU == documented.FBA_EU
    assert (pos.STORE, pos.SYNC) == (documented.STORE, documented.SYNC)
    assert list(documented.ITEMS.values()) == [pos.ITEM, pos.OTHER_ITEM]
    assert (webhooks.WEBHOOK, webhooks.DELIVERY) == (documented.WEBHOOK, documented.DELIVERY)


# --- true: every example against the demonstration


@pytest.fixture
def demonstration(db: None, monkeypatch: pytest.MonkeyPatch) -> Organization:
    # The examples' host is a real one, which is looked up in life.
    monkeypatch.setattr(endpoints, "resolve", lambda target: ())
    return make_demonstration()


@pytest.fixture
def key(demonstration: Organization) -> str:
    return factories.make_key(demonstration, EVERY_SCOPE)


def integrator_of(contract: str, key: str) -> Caller:
    name, value = KEY_FORMS[contract].format(key).split(": ")
    return Caller(**{name: value})


@pytest.mark.parametrize("prefixed", [False, True], ids=["documented path", "prefix"])
@pytest.mark.parametrize(("name", "operation"), EVERY_OPERATION)
def test_examples_work_when_pasted(
    name: str, operation: DocumentedOperation, prefixed: bool, key: str
) -> None:
    path = f"/{name}{operation.example_path}" if prefixed else operation.example_path
    (route,) = [route for route in TABLE if str(route) == f"{name} {operation}"]
    # Pasted again they still do, unless what they do can only be done once.
    for again in range(2 if operation.method != "DELETE" else 1):
        headers = {} if prefixed or name != "backoffice" else route.headers
        response = integrator_of(name, key).send(operation.method, path, operation.example_body, headers)
        if again and response.status_code in {409, 422}:
            refused = response.json()["code"]
            # What is being counted already is not planned once more.
            assert response.status_code == 409 or refused == "NOTHING_TO_COUNT", response.content
            assert refused in operation.content(response.status_code)[1]["examples"]
            return
        assert response.status_code == operation.success, response.content
        assert response["X-API-Contract"] == name
        if operation.success != 204:
            media_type, content = operation.content(operation.success)
            assert response["Content-Type"] == media_type
            assert violations(operation.document, content["schema"], response.json()) == []
        documented_headers = set(operation.response(operation.success)["headers"])
        assert documented_headers - {"Idempotent-Replayed"} <= set(response.headers)
        end_syncs()


def test_the_documented_file_is_what_is_answered(key: str) -> None:
    content = DOCUMENTS["pos"]["paths"]["/api/v1/inventory/snapshot"]["get"]["responses"]["200"]["content"]
    heading, example = content["text/csv"]["example"].splitlines()

    response = integrator_of("pos", key).get("/api/v1/inventory/snapshot", Accept="text/csv")

    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines[0] == heading
    product = example.split(",")[1]
    (line,) = [line for line in lines if line.startswith(pos.ITEM)]
    assert line.replace(line.split(",")[1], product) == example


def test_the_guides_commands_work_one_after_the_other(key: str) -> None:
    guide = guides().replace("\\\n", " ")
    commands = re.findall(r"^curl .+$", guide, re.MULTILINE)
    assert len(commands) == len(ROUTES) + 2  # and one with an Idempotency-Key, and one for CSV
    for command in commands:
        words = shlex.split(command)[1:]
        given: dict[str, list[str]] = {"-X": ["GET"], "-H": [], "-d": []}
        (url,) = [
            words[i]
            for i in range(len(words))
            if words[i][0] != "-" and (i == 0 or words[i - 1] not in given)
        ]
        for option, value in itertools.pairwise(words):
            if option in given:
                given[option].append(value)
        assert given["-H"][0] in {form.format("$KEY") for form in KEY_FORMS.values()}
        sent = dict(header.replace("$KEY", key).split(": ", 1) for header in given["-H"])
        body = json.loads(given["-d"][0]) if given["-d"] else None
        response = Caller().send(given["-X"][-1], url.removeprefix("$BASE"), body, sent)
        assert response.status_code in {200, 201, 202, 204}, (command, response.content)


def test_writing_examples_change_the_stock(key: str) -> None:
    before = Movement.objects.count()
    writes = {
        operation.definition["operationId"]: operation
        for document in DOCUMENTS.values()
        for operation in operations(document)
        if operation.example_body is not None
    }
    assert set(writes) == writing()
    for name, document in DOCUMENTS.items():
        for operation in operations(document):
            if operation.example_body is not None:
                path = f"/{name}{operation.example_path}"
                integrator_of(name, key).send(operation.method, path, operation.example_body)
        assert name == "backoffice" or Movement.objects.count() > before, name
        before = Movement.objects.count()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("gateway", "/api/v1/inventory?low_stock=true"),
        ("gateway", f"/api/v1/inventory?warehouse_id={gateway.WAREHOUSE_A}&sku_prefix=SKU&per_page=1&page=2"),
        ("gateway", "/api/v1/inventory/SKU-001"),
        ("nexus", f"/api/inventory?warehouse_id={nexus.FBA_EU}&status=normal&limit=1"),
        ("nexus", "/api/inventory?limit=1"),
        ("nexus", "/api/inventory/SKU-001/adjustments?start_date=2026-03-01&reason=opening_stock&limit=1"),
        ("pos", f"/api/v1/inventory?location_id={pos.STORE}&room_type=sales_floor&low_stock=true&limit=1"),
        ("pos", "/api/v1/inventory?category=widgets"),
        ("pos", f"/api/v1/inventory/snapshot?date=2026-01-27&location_id={pos.STORE}&page=2&limit=1"),
    ],
)
def test_answers_to_filters_fit_the_document_too(name: str, path: str, key: str) -> None:
    response = integrator_of(name, key).get(path)
    assert response.status_code == 200, response.content
    (operation,) = [
        operation
        for operation in operations(DOCUMENTS[name])
        if operation.method == "GET"
        and path.partition("?")[0] in {operation.path, operation.path.replace("{sku}", "SKU-001")}
    ]
    _, content = operation.content(200)
    assert violations(operation.document, content["schema"], response.json()) == []


@pytest.mark.parametrize(
    ("name", "method", "path", "body", "headers", "status", "code"),
    [
        ("gateway", "GET", "/api/v1/inventory?nonsense=1", None, {}, 400, "INVALID_REQUEST"),
        ("gateway", "GET", "/api/v1/inventory/NOBODY", None, {}, 404, "INVENTORY_NOT_FOUND"),
        ("gateway", "GET", "/api/v1/inventory", None, {"Accept": "text/html"}, 406, "NOT_ACCEPTABLE"),
        (
            "gateway",
            "POST",
            "/api/v1/inventory/adjust",
            {"sku": "REGEN-001", "adjustment": -5000},
            {},
            422,
            "NEGATIVE_QUANTITY",
        ),
        (
            "gateway",
            "PUT",
            "/api/v1/inventory/SKU-001",
            {"quantity": 1},
            {},
            422,
            "WAREHOUSE_REQUIRED",
        ),
        (
            "gateway",
            "PUT",
            "/api/v1/inventory/REGEN-001",
            {"quantity": 1},
            {"If-Match": '"level-0"'},
            412,
            "PRECONDITION_FAILED",
        ),
        (
            "nexus",
            "PUT",
            "/api/inventory/SKU-001",
            {"warehouse_id": nexus.FBA_EU, "quantity": 1, "reason": "cycle_count"},
            {},
            403,
            "READONLY_WAREHOUSE",
        ),
        (
            "nexus",
            "PUT",
            "/api/inventory/SKU-001",
            {"warehouse_id": "wh_nowhere", "quantity": 1, "reason": "cycle_count"},
            {},
            404,
            "WAREHOUSE_NOT_FOUND",
        ),
        (
            "nexus",
            "PUT",
            "/api/inventory/SKU-001",
            {"warehouse_id": nexus.WAREHOUSE_A, "quantity": 1, "reason": "whim"},
            {},
            422,
            "UNKNOWN_REASON_CODE",
        ),
        ("nexus", "GET", "/api/inventory?cursor=nonsense", None, {}, 400, "INVALID_CURSOR"),
        ("nexus", "POST", "/api/inventory/bulk", b"[", {}, 400, "INVALID_JSON"),
        ("pos", "GET", "/api/v1/inventory?location_id=wh_nowhere", None, {}, 404, "WAREHOUSE_NOT_FOUND"),
        ("pos", "GET", "/api/v1/inventory/inv_nothing", None, {}, 404, "INVENTORY_NOT_FOUND"),
        (
            "pos",
            "PATCH",
            f"/api/v1/inventory/{pos.ITEM}",
            {"quantity_change": 5, "reason_code": "SALE"},
            {},
            422,
            "REASON_DIRECTION",
        ),
        (
            "pos",
            "PATCH",
            f"/api/v1/inventory/{pos.ITEM}",
            {"quantity_change": -500, "reason_code": "SALE"},
            {},
            422,
            "NEGATIVE_QUANTITY",
        ),
        (
            "pos",
            "POST",
            "/api/v1/inventory/bulk-update",
            {
                "updates": [
                    {"id": "inv_nothing", "quantity_change": 5, "reason_code": "RETURN"},
                    {"id": pos.ITEM, "quantity_change": 5, "reason_code": "whim"},
                ]
            },
            {},
            422,
            "BATCH_REFUSED",
        ),
        (
            "pos",
            "POST",
            "/api/v1/inventory/sync",
            {"location_id": pos.WAREHOUSE_A, "sync_type": "full"},
            {},
            409,
            "POS_NOT_CONNECTED",
        ),
        ("pos", "GET", "/api/v1/inventory/sync/sync_nothing", None, {}, 404, "SYNC_NOT_FOUND"),
        ("pos", "GET", "/api/v1/inventory/snapshot?date=2199-01-01", None, {}, 400, "INVALID_REQUEST"),
        ("pos", "GET", "/api/v1/inventory/snapshot", None, {"Accept": "text/html"}, 406, "NOT_ACCEPTABLE"),
    ],
)
def test_refusals_are_the_documented_ones(
    name: str,
    method: str,
    path: str,
    body: Any,
    headers: dict[str, str],
    status: int,
    code: str,
    key: str,
) -> None:
    response = integrator_of(name, key).send(method, path, body, headers)
    assert (response.status_code, response.json()["code"]) == (status, code)
    plain = path.partition("?")[0]
    (operation,) = [
        operation
        for operation in operations(DOCUMENTS[name])
        if operation.method == method
        and re.fullmatch(
            operation.path.replace("{sku}", "[A-Z]+(-[0-9]+)?").replace("{id}", "[a-z]+_[0-9a-z]+"), plain
        )
    ]
    media_type, content = operation.content(status)
    assert response["Content-Type"] == media_type
    assert code in content["examples"]
    assert violations(operation.document, content["schema"], response.json()) == []


@pytest.mark.parametrize("known", UNDESCRIBED, ids=str)
def test_what_a_document_cannot_say_is_refused_still(known: Undescribed, key: str) -> None:
    """One that is not, or that the document says by now, is to be struck off the list."""
    path, _, query = known.path.partition("?")
    response = integrator_of(known.contract, key).send(
        known.method, f"/{known.contract}{known.path}", known.body
    )
    assert response.status_code == 400, response.content
    # The path that is spelt out comes before one with a parameter there.
    *_, operation = sorted(
        (
            operation
            for operation in operations(DOCUMENTS[known.contract])
            if operation.method == known.method
            and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", operation.path), path)
        ),
        key=lambda operation: operation.path == path,
    )
    given = dict(parse_qsl(query))
    for parameter in operation.parameters:
        if (
            parameter["in"] == "query"
            and parameter["name"] in given
            and parameter["schema"]["type"] == "string"
        ):
            assert violations(operation.document, parameter["schema"], given[parameter["name"]]) == []
    if known.body is not None:
        schema = operation.definition["requestBody"]["content"]["application/json"]["schema"]
        assert violations(operation.document, schema, known.body) == []


def test_the_demonstrations_places_are_where_the_documents_say(demonstration: Organization) -> None:
    names = {
        warehouse.public_id: (warehouse.name, warehouse.is_readonly)
        for warehouse in Warehouse.objects.filter(organization=demonstration)
    }
    assert names[nexus.WAREHOUSE_A] == ("Warehouse A", False)
    assert names[nexus.FBA_EU] == ("FBA EU", True)
