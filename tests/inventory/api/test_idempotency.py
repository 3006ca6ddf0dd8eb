"""`Idempotency-Key` on every write of stock, in every contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Movement, Sku, StockItem, StockLevel
from tests.factories import make_key, make_person, make_sku, stock
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.models import ApiKey, IdempotencyRecord, Organization, User, Warehouse


@pytest.fixture(
    params=[
        *("gateway put", "gateway adjust", "gateway bulk", "nexus put", "nexus bulk"),
        *("pos patch", "pos bulk"),
    ]
)
def write(request: pytest.FixtureRequest, sku: Sku, warehouse: Warehouse) -> Callable[..., Any]:
    """`write(api, quantity, key)`: a write that gives SKU-001, which has 5, `quantity` (or that many more)."""
    stock(sku, warehouse, 5)
    name = request.param

    def send(api: Caller, quantity: int, key: str | None = "K-1", prefix: str = "") -> Any:
        headers = {"Idempotency-Key": key} if key is not None else {}
        row = {"sku": "SKU-001", "quantity": quantity}
        nexus_row = {"quantity": quantity, "warehouse_id": warehouse.public_id, "reason": "AUDIT"}
        if name == "gateway put":
            return api.put(f"{prefix}/api/v1/inventory/SKU-001", {"quantity": quantity}, headers)
        if name == "gateway adjust":
            body = {"sku": "SKU-001", "adjustment": quantity}
            return api.post(f"{prefix}/api/v1/inventory/adjust", body, headers)
        if name == "gateway bulk":
            return api.post(f"{prefix}/api/v1/inventory/bulk", {"updates": [row]}, headers)
        if name == "nexus put":
            return api.put(f"{prefix}/api/inventory/SKU-001", nexus_row, headers)
        if name.startswith("pos"):
            item = StockItem.objects.get(sku=sku).public_id
            body = {"quantity_change": quantity, "reason_code": "AUDIT"}
            if name == "pos patch":
                return api.send("PATCH", f"{prefix}/api/v1/inventory/{item}", body, headers)
            updates = {"updates": [{"id": item, **body}]}
            return api.post(f"{prefix}/api/v1/inventory/bulk-update", updates, headers)
        body = {"updates": [{"sku": "SKU-001", **nexus_row}]}
        return api.post(f"{prefix}/api/inventory/bulk", body, headers)

    send.contract = name.split()[0]  # type: ignore[attr-defined]
    return send


def movements() -> int:
    return Movement.objects.count() - 1  # the first is that of the fixture


def test_twice_is_once_and_told_the_same(api: Caller, write: Callable[..., Any]) -> None:
    first = write(api, 8)
    stock(
        Sku.objects.get(), Warehouse.objects.get(), 100
    )  # what happens meanwhile is not in the stored answer
    second = write(api, 8)

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.content == first.content
    assert second.get("ETag") == first.get("ETag")
    assert second["Content-Type"] == "application/json"
    assert second["X-API-Contract"] == first["X-API-Contract"]
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert movements() == 2


def test_the_key_may_be_quoted(api: Caller, write: Callable[..., Any]) -> None:
    write(api, 8)

    for again in ('"K-1"', " K-1 "):
        assert write(api, 8, again)["Idempotent-Replayed"] == "true"
    assert movements() == 1


def test_another_body_is_refused(api: Caller, write: Callable[..., Any]) -> None:
    write(api, 8)
    before = everything()

    assert problem_of(write(api, 9))[:2] == (422, "IDEMPOTENCY_KEY_REUSED")
    assert everything() == before


def test_another_key_is_another_request(api: Caller, write: Callable[..., Any]) -> None:
    write(api, 8)
    for other in ("K-2", "k-1", "K-1-"):
        assert "Idempotent-Replayed" not in write(api, 8, other)


def test_without_a_key_nothing_is_stored(api: Caller, write: Callable[..., Any]) -> None:
    write(api, 8, None)
    assert IdempotencyRecord.objects.count() == 0


def test_what_is_no_key_is_refused(api: Caller, write: Callable[..., Any]) -> None:
    before = everything()
    for bad in ("", " ", "a b", "ä", "a" * 256, '"', '"a', "a\tb", "\x7f"):
        assert problem_of(write(api, 8, bad))[:2] == (400, "INVALID_IDEMPOTENCY_KEY"), bad
    assert everything() == before


def test_255_characters_are_a_key(api: Caller, write: Callable[..., Any]) -> None:
    assert write(api, 8, "a" * 255).status_code == 200
    assert write(api, 8, "a" * 255)["Idempotent-Replayed"] == "true"


def test_keys_belong_to_their_caller(
    api: Caller,
    api_with: Callable[..., Caller],
    alice: User,
    organization: Organization,
    write: Callable[..., Any],
) -> None:
    bob = make_person("bob@example.com", {organization: ["Owner"]})
    prefix = f"/{write.contract}"  # type: ignore[attr-defined]

    for caller in (api, api_with(), Caller.person(alice), Caller.person(bob)):
        response = write(caller, 8, prefix=prefix)
        assert (response.status_code, "Idempotent-Replayed" in response) == (200, False)
        assert write(caller, 8, prefix=prefix)["Idempotent-Replayed"] == "true"
    assert IdempotencyRecord.objects.count() == 4


def test_a_replaced_key_of_the_same_organization_is_another_caller(
    api: Caller, organization: Organization, write: Callable[..., Any]
) -> None:
    write(api, 8)
    ApiKey.objects.all().delete()

    assert "Idempotent-Replayed" not in write(Caller(make_key(organization)), 8)


def test_failures_are_not_stored(
    api: Caller, sku: Sku, warehouse: Warehouse, write: Callable[..., Any]
) -> None:
    Warehouse.objects.filter(pk=warehouse.pk).update(is_active=False)
    assert write(api, 8).status_code == 409
    assert IdempotencyRecord.objects.count() == 0

    Warehouse.objects.filter(pk=warehouse.pk).update(is_active=True)
    response = write(api, 8)

    assert (response.status_code, "Idempotent-Replayed" in response) == (200, False)
    assert movements() == 1


def test_the_prefixed_address_is_the_same_route(api: Caller, write: Callable[..., Any]) -> None:
    write(api, 8)

    assert write(api, 8, prefix=f"/{write.contract}")["Idempotent-Replayed"] == "true"  # type: ignore[attr-defined]
    assert movements() == 1


def test_one_key_on_two_routes_is_two_requests_in_one_and_refused(
    api: Caller, sku: Sku, warehouse: Warehouse
) -> None:
    """The same body on two routes is not the same request."""
    stock(sku, warehouse, 5)
    make = {"Idempotency-Key": "K-1"}
    assert api.put("/api/v1/inventory/SKU-001", {"quantity": 9}, make).status_code == 200
    before = everything()

    assert problem_of(api.put("/api/v1/inventory/SKU-002", {"quantity": 9}, make))[:2] == (
        422,
        "IDEMPOTENCY_KEY_REUSED",
    )
    assert everything() == before


def test_the_warehouse_in_the_query_is_part_of_the_request(
    api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
) -> None:
    make = {"Idempotency-Key": "K-1"}
    body = {"sku": "SKU-001", "adjustment": 5}
    address = "/api/v1/inventory/adjust?warehouse_id={}"
    assert api.post(address.format(warehouse.public_id), body, make).status_code == 200

    assert problem_of(api.post(address.format(second.public_id), body, make))[0] == 422
    assert StockLevel.objects.count() == 1


def test_the_order_of_members_makes_no_other_body(api: Caller, sku: Sku, warehouse: Warehouse) -> None:
    make = {"Idempotency-Key": "K-1"}
    path = "/api/v1/inventory/adjust"
    api.post(path, b'{"sku": "SKU-001", "adjustment": 5}', make)

    assert api.post(path, b'{ "adjustment":5,"sku":"SKU-001"}', make)["Idempotent-Replayed"] == "true"
    assert Movement.objects.count() == 1


def test_a_key_that_may_no_longer_write_is_not_told_the_stored_answer(
    api: Caller, write: Callable[..., Any]
) -> None:
    write(api, 8)
    ApiKey.objects.update(scopes=["inventory.read"])

    assert problem_of(write(api, 8))[:2] == (403, "PERMISSION_DENIED")


def test_another_organizations_caller_is_not_told_the_stored_answer(
    api: Caller, rival: Organization, rival_warehouse: Warehouse, sku: Sku, warehouse: Warehouse
) -> None:
    make = {"Idempotency-Key": "K-1"}
    body = {"sku": "SKU-001", "adjustment": 5}
    ours = api.post("/api/v1/inventory/adjust", body, make)
    make_sku(rival, "SKU-001")

    theirs = Caller(make_key(rival)).post("/api/v1/inventory/adjust", body, make)

    assert theirs.status_code == 200
    assert "Idempotent-Replayed" not in theirs
    assert theirs.json()["warehouseId"] != ours.json()["warehouseId"]
