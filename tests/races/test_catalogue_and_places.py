"""Two at once in the catalogue and among the places: one of them, and an answer for the other; never a 500."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from inventory import catalogue
from inventory.models import Barcode, Category, Product, Sku, StockItem
from inventory.verification import verify
from tests import factories
from tests.races.conftest import Answer, Server
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import places
from warehouses.access import Access, access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import Bin, Organization, Room, Warehouse
from warehouses.places import NewBin
from warehouses.refusals import Conflict, NotFound, Refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

SCOPES = ("products.read", "products.write", "inventory.read", "inventory.write", "locations.write")
AT_ONCE = 8


def outcome(answer: Answer) -> tuple[int, str | None]:
    """The status, and the problem's code: a SKU has a `code` too."""
    return answer.status, answer.code if answer.status >= 400 else None


@pytest.fixture
def organization() -> Organization:
    return factories.make_organization()


@pytest.fixture
def access(organization: Organization) -> Access:
    return access_of_system(organization)


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    return Warehouse.objects.get(organization=organization)


@pytest.mark.parametrize(
    ("path", "body", "code", "model"),
    [
        ("/api/skus", {"code": "MUG", "title": "Mug"}, "SKU_CODE_TAKEN", Sku),
        ("/api/categories", {"name": "Mugs"}, "CATEGORY_NAME_TAKEN", Category),
        ("/api/locations", {"name": "Depot"}, "NAME_TAKEN", Warehouse),
        ("/api/locations/{place}/rooms", {"name": "Cellar"}, "NAME_TAKEN", Room),
        ("/api/locations/{place}/bins", {"bins": [{"code": "A"}, {"code": "B"}]}, "CODE_TAKEN", Bin),
    ],
)
def test_of_many_who_create_the_same_one_does(
    server: Server,
    at_once: Callable[..., list[Any]],
    organization: Organization,
    warehouse: Warehouse,
    path: str,
    body: dict[str, Any],
    code: str,
    model: Any,
) -> None:
    key = factories.make_key(organization, SCOPES)
    before = model.objects.count()

    def create(_: int) -> Answer:
        with server.session(key) as session:
            return session.send("POST", path.format(place=warehouse.public_id), body)

    answers = at_once(create, list(range(AT_ONCE)))
    statuses = Counter(map(outcome, answers))
    assert statuses == {(201, None): 1, (409, code): AT_ONCE - 1}
    assert model.objects.count() == before + len(body.get("bins", [1]))
    if model is Sku:  # nor a product of its own for those who were too late
        assert Product.objects.count() == 1
    pointers = [
        error["pointer"] for answer in answers if answer.status == 409 for error in answer.body["errors"]
    ]
    assert pointers
    assert all(pointers)


def test_of_many_who_put_up_the_same_bin_in_rooms_of_their_own_one_does(
    server: Server, at_once: Callable[..., list[Any]], organization: Organization, warehouse: Warehouse
) -> None:
    """Nothing but the code itself is between them: the room is held by whoever puts up bins in it."""
    key = factories.make_key(organization, SCOPES)
    rooms = [
        Room.objects.create(organization=organization, warehouse=warehouse, name=f"Room {number}")
        for number in range(AT_ONCE)
    ]

    def put_up(room: Room) -> Answer:
        codes = (f"Own {room.name}", "A-1")
        body = {"bins": [{"code": code, "roomId": room.public_id} for code in codes]}
        with server.session(key) as session:
            return session.send("POST", f"/api/locations/{warehouse.public_id}/bins", body)

    answers = at_once(put_up, rooms)
    assert Counter(map(outcome, answers)) == {(201, None): 1, (409, "CODE_TAKEN"): AT_ONCE - 1}
    pointers = {answer.body["errors"][0]["pointer"] for answer in answers if answer.status == 409}
    assert pointers == {"/bins/1/code"}
    assert Bin.objects.filter(is_default=False).count() == 2


def test_of_many_who_give_away_one_barcode_one_does(
    server: Server, at_once: Callable[..., list[Any]], organization: Organization
) -> None:
    key = factories.make_key(organization, SCOPES)
    skus = [factories.make_sku(organization) for _ in range(AT_ONCE)]

    def label(sku: Sku) -> Answer:
        with server.session(key) as session:
            return session.send("PATCH", f"/api/skus/{sku.public_id}", {"barcodes": ["4006381333931"]})

    statuses = Counter(map(outcome, at_once(label, skus)))
    assert statuses == {(200, None): 1, (409, "BARCODE_TAKEN"): AT_ONCE - 1}
    assert Barcode.objects.count() == 1


@pytest.mark.parametrize("what", ["sku", "location", "bin"])
def test_of_many_who_read_the_same_one_changes_it(
    server: Server,
    at_once: Callable[..., list[Any]],
    organization: Organization,
    warehouse: Warehouse,
    what: str,
) -> None:
    key = factories.make_key(organization, SCOPES)
    path, field = {
        "sku": (f"/api/skus/{factories.make_sku(organization).public_id}", "title"),
        "location": (f"/api/locations/{warehouse.public_id}", "address"),
        "bin": (f"/api/locations/{warehouse.public_id}/bins/{Bin.objects.get().public_id}", "barcode"),
    }[what]
    with server.session(key) as session:
        tag = session.send("GET", path).headers["ETag"]

    def change(number: int) -> Answer:
        with server.session(key) as session:
            return session.send("PATCH", path, {field: f"by {number}"}, If_Match=tag)

    answers = at_once(change, list(range(AT_ONCE)))
    statuses = Counter(map(outcome, answers))
    assert statuses == {(200, None): 1, (412, "PRECONDITION_FAILED"): AT_ONCE - 1}
    (winner,) = [answer for answer in answers if answer.status == 200]
    with server.session(key) as session:
        assert session.send("GET", path).body == winner.body


def put(sku: Sku, warehouse: Warehouse) -> object:
    return factories.stock(sku, warehouse, 5)


@pytest.mark.parametrize("first", ["switch", "stock"])
@pytest.mark.parametrize("known", [False, True], ids=["a new level", "a known level"])
def test_no_stock_without_a_lot_under_lot_control(
    access: Access, organization: Organization, warehouse: Warehouse, first: str, known: bool
) -> None:
    """Whoever posts has looked the SKU up before; what holds is what it is once they have its row."""
    sku = factories.make_sku(organization)
    if known:
        put(sku, warehouse)
        factories.stock(sku, warehouse, -5)
    read_before = Sku.objects.get(pk=sku.pk)

    def switch() -> object:
        return catalogue.change_sku(access=access, sku=sku, is_lot_controlled=True)

    def stock() -> object:
        return put(read_before, warehouse)

    works = {"switch": (switch, stock, "LOT_REQUIRED"), "stock": (stock, switch, "LOTLESS_STOCK")}
    one, other, code = works[first]
    with transaction.atomic():
        one()
        later = Other(other)
        wait_until_somebody_waits()
    with pytest.raises(Refusal) as caught:
        later.result()
    assert caught.value.code == code
    sku.refresh_from_db()
    lotless = StockItem.objects.filter(sku=sku, lot=None, on_hand__gt=0).exists()
    assert (sku.is_lot_controlled, lotless) == ((True, False) if first == "switch" else (False, True))
    assert list(verify()) == []


@pytest.mark.parametrize("first", ["delete", "stock"])
def test_a_sku_that_is_deleted_while_stock_of_it_comes(
    access: Access, organization: Organization, warehouse: Warehouse, first: str
) -> None:
    sku = factories.make_sku(organization)

    def delete() -> None:
        catalogue.delete_sku(access=access, sku=sku)

    def stock() -> object:
        return put(sku, warehouse)

    one, other = (delete, stock) if first == "delete" else (stock, delete)
    with transaction.atomic():
        one()
        later = Other(other)
        wait_until_somebody_waits()
    with pytest.raises(NotFound if first == "delete" else Conflict) as caught:
        later.result()
    assert caught.value.code == ("INVENTORY_NOT_FOUND" if first == "delete" else "SKU_HAS_HISTORY")
    assert Sku.objects.filter(pk=sku.pk).exists() == (first == "stock")
    assert list(verify()) == []


@pytest.mark.parametrize("first", ["delete", "fill"])
@pytest.mark.parametrize("what", ["product", "category", "room"])
def test_what_is_deleted_while_something_comes_into_it(
    access: Access, organization: Organization, warehouse: Warehouse, what: str, first: str
) -> None:
    category = factories.make_category(organization)
    product = factories.make_product(organization)
    by: dict[str, Any] = {"organization": organization, "actor": SYSTEM}
    room = places.create_room(**by, warehouse=warehouse, name="Cellar")
    delete, fill, late = {
        "product": (
            lambda: catalogue.delete_product(access=access, product=product),
            lambda: catalogue.create_sku(access=access, code="A", title="A", product=product),
            ("PRODUCT_NOT_FOUND", "PRODUCT_HAS_SKUS"),
        ),
        "category": (
            lambda: catalogue.delete_category(access=access, category=category),
            lambda: catalogue.change_product(access=access, product=product, category=category),
            ("CATEGORY_NOT_FOUND", None),
        ),
        "room": (
            lambda: places.delete_room(**by, room=room),
            lambda: places.create_bins(**by, warehouse=warehouse, bins=[NewBin(room, "A", index=0)]),
            ("ROOM_NOT_FOUND", None),
        ),
    }[what]
    one, other = (delete, fill) if first == "delete" else (fill, delete)
    with transaction.atomic():
        one()
        later = Other(other)
        wait_until_somebody_waits()
    code = late[0 if first == "delete" else 1]
    if code is None:  # what came is taken along, or left without
        later.result()
        product.refresh_from_db()
        assert product.category_id is None
        assert not Bin.objects.filter(code="A").exists()
    else:
        with pytest.raises(Refusal) as caught:
            later.result()
        assert caught.value.code == code
