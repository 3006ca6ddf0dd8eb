"""One id of somebody else's among ours, wherever a request takes one: it is not found, and nothing changes.

Both organizations sell the same by the same codes, so that whatever is looked up by its code alone finds the wrong one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from config import contracts
from config.dispatch import CONTRACTS
from tests.factories import make_sku, stock
from tests.inventory.api.callers import Caller
from tests.inventory.api.ground import lay_ground
from tests.inventory.api.route import UNKNOWN
from tests.inventory.api.routes import ROUTES, WITH_BODIES, Request, Route, prepare
from tests.inventory.api.snapshots import everything
from tests.inventory.api.syncs import end_syncs
from warehouses.http import throttling
from warehouses.http.openapi import build_document
from warehouses.models import Organization, Warehouse

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

SECRET = "Their secret"
_ID = re.compile(r"[a-z]{2,8}_[0-9a-hjkmnp-tv-z]{26}")


@pytest.fixture
def organization(db: None) -> Organization:
    return lay_ground(None)


@pytest.fixture
def rivals(organization: Organization, rival: Organization, rival_warehouse: Warehouse) -> Warehouse:
    """The rival's warehouse, with whatever the routes may be about, by our codes."""
    sku = make_sku(rival, "SKU-001", title=SECRET)
    stock(sku, rival_warehouse, 1000)
    prepare(sku, rival_warehouse)
    return rival_warehouse


def test_one_foreign_id_in_an_address_or_a_body(api: Caller, warehouse: Warehouse, rivals: Warehouse) -> None:
    """Each on its own, where everything else is ours and in order."""
    tried: set[str] = set()
    taken: list[str] = []
    before = everything()
    for route in WITH_BODIES:
        for number, ours in enumerate(route.requests("SKU-001", warehouse.public_id)):
            theirs = route.requests("SKU-001", rivals.public_id)[number]
            for where, mixed in _mixtures(ours, theirs):
                tried.add(f"{route} {where}")
                with transaction.atomic():
                    answer = _sent(api, route, mixed)
                    text = answer.content.decode()
                    transaction.set_rollback(True)
                if SECRET in text or (
                    answer.status_code < 400 and text != _of_nobody(api, route, ours, where)
                ):
                    taken.append(f"{route} {where}: {answer.status_code} {text[:200]}")
    assert taken == []
    assert everything() == before
    assert len(tried) > 80, sorted(tried)
    # Each kind of place that the audits of others have found open.
    for needle in (
        "/lines/0/toBinId",
        "/lines/0/fromBinId",
        "fromLocationId",
        "toLocationId",
        "/updates/0/id",
    ):
        assert any(needle in where for where in tried), needle


def test_ours_alone_is_taken(api: Caller, warehouse: Warehouse, rivals: Warehouse) -> None:
    """Control: without the foreign id the same requests are good."""
    refused: list[str] = []
    for route in WITH_BODIES:
        for request in route.requests("SKU-001", warehouse.public_id):
            with transaction.atomic():
                answer = _sent(api, route, request)
                transaction.set_rollback(True)
            if answer.status_code != route.status:
                refused.append(f"{route}: {answer.status_code} {answer.content.decode()[:500]}")
    assert refused == []


def test_a_foreign_id_in_any_parameter_of_a_list(
    api: Caller, warehouse: Warehouse, rivals: Warehouse
) -> None:
    """Whatever a list may be filtered, searched or ordered by, it is a list of ours."""
    theirs = _public_ids(rivals.organization)
    assert len(theirs) == len(_KINDS)
    tried: list[str] = []
    told: list[str] = []
    for route in [route for route in ROUTES if route.method == "GET"]:
        path = route.prefixed(route.requests("SKU-001", warehouse.public_id)[0]).path
        for name in _parameters(route):
            given = theirs.values() if name.lower().endswith(("id", "ids")) else ["their", "SKU-001"]
            for value in given:
                mark = "&" if "?" in path else "?"
                answer = api.get(f"{path}{mark}{name}={value}", **route.headers)
                throttling.forget_counts()
                tried.append(f"{route}?{name}")
                text = b"".join(answer).decode() if answer.streaming else answer.content.decode()
                if SECRET in text or any(one in text for one in theirs.values() if one != value):
                    told.append(f"{tried[-1]}={value}: {text[:200]}")
    assert told == []
    assert len(set(tried)) > 150


def _sent(api: Caller, route: Route, request: Request) -> Any:
    answer = api.send(route.method, route.prefixed(request).path, request.body)
    end_syncs()
    throttling.forget_counts()
    return answer


def _of_nobody(api: Caller, route: Route, ours: Request, where: str) -> str:
    """What the same request is answered with an id that nobody has: some answers say of each line what is wrong."""
    place = tuple(int(key) if key.isdigit() else key for key in where.split("/")[1:])
    body = copy.deepcopy(ours.body)
    holder = _at(body, place[:-1])
    holder[place[-1]] = f"{holder[place[-1]].partition('_')[0]}_{UNKNOWN}"
    with transaction.atomic():
        answer = _sent(api, route, Request(ours.path, body))
        transaction.set_rollback(True)
    return str(answer.content.decode())


def _mixtures(ours: Request, theirs: Request) -> Iterator[tuple[str, Request]]:
    """Ours with one id of theirs, for each place that has another one in theirs."""
    for mine, foreign in zip(_ID.findall(ours.path), _ID.findall(theirs.path), strict=True):
        if mine != foreign:
            yield "address", Request(ours.path.replace(mine, foreign, 1), ours.body)
    if ours.body is None or theirs.body is None:
        return
    for place, value in _leaves(ours.body):
        foreign = _at(theirs.body, place)
        if isinstance(value, str) and _ID.fullmatch(value) and foreign != value:
            body = copy.deepcopy(ours.body)
            _at(body, place[:-1])[place[-1]] = foreign
            yield "/" + "/".join(map(str, place)), Request(ours.path, body)


def _leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(child, (*place, key))
    else:
        yield place, value


def _at(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


def _public_ids(organization: Organization) -> dict[str, str]:
    """The public id of one of whatever lists are filtered by."""
    found = {}
    for label in _KINDS:
        rows: Any = apps.get_model(label)._default_manager.filter(organization=organization)
        found[label] = rows.order_by("pk")[0].public_id
    return found


_KINDS = (
    *("warehouses.Warehouse", "warehouses.Bin", "inventory.Sku", "inventory.Lot", "inventory.Category"),
    "inventory.Channel",
)
_documents: dict[str, Any] = {}


def _parameters(route: Route) -> list[str]:
    if not _documents:
        _documents.update({name: build_document(contracts.CONTRACTS[name]) for name in CONTRACTS})
    document = _documents[route.contract]
    given = document["paths"][route.path]["get"].get("parameters", [])
    shared = document.get("components", {}).get("parameters", {})
    parameters = [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in given]
    return [one["name"] for one in parameters if one["in"] == "query"]
