"""`GET` and `PATCH /inventory/{id}`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from inventory.models import Adjustment, Movement, ReasonCode, Sku, StockItem, StockLevel
from tests.factories import make_bin, make_lot, make_person, make_sku, pretend_reserved, stock
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.actors import ActorType
from warehouses.models import Bin, Organization, Warehouse

ITEMS = "/api/v1/inventory"
UNKNOWN = "inv_01h455vb4pex5vsknk084sn02q"

Stocked = Callable[..., StockItem]


def path_of(item: StockItem) -> str:
    return f"{ITEMS}/{item.public_id}"


def patch(api: Caller, item: StockItem | str, change: Any = 1, reason: Any = "AUDIT", **more: Any) -> Any:
    """`headers` are the request's, everything else is in its body."""
    headers = more.pop("headers", None)
    path = f"{ITEMS}/{item}" if isinstance(item, str) else path_of(item)
    return api.send("PATCH", path, {"quantity_change": change, "reason_code": reason, **more}, headers)


@pytest.fixture
def nowhere(rival: Organization, rival_warehouse: Warehouse, sku: Sku, warehouse: Warehouse) -> list[str]:
    """What is the id of no item of Acme's, though of something."""
    stock(make_sku(rival, "SECRET"), rival_warehouse, 5)
    theirs = StockItem.objects.get(sku__code="SECRET")
    return [
        *(UNKNOWN, theirs.public_id, theirs.level.public_id, warehouse.public_id, sku.public_id, "inv_", "1"),
        *(
            str(theirs.pk),
            UNKNOWN.upper(),
            UNKNOWN[:-1],
            f"{UNKNOWN}0",
            "inv_01hx...",
            "a/b",
            "x" * 300,
            "SKU-001",
        ),
    ]


class TestReading:
    def test_an_id_of_nothing_is_one_and_the_same_answer(
        self, api: Caller, item: StockItem, nowhere: list[str]
    ) -> None:
        answers = set()
        for named in nowhere:
            response = api.get(f"{ITEMS}/{named}")
            assert problem_of(response) == (404, "INVENTORY_NOT_FOUND", []), named
            assert response["X-API-Contract"] == "pos"
            answers.add(problem(response)["detail"])
        assert answers == {"There is no such inventory item."}

    def test_what_a_key_does_not_cover_is_answered_so_too(
        self, api_with: Callable[..., Caller], item: StockItem, second: Warehouse
    ) -> None:
        limited = api_with(warehouses=[second])
        hidden = limited.get(f"/pos{path_of(item)}")
        absent = limited.get(f"/pos{ITEMS}/{UNKNOWN}")
        assert {**problem(hidden), "instance": ""} == {**problem(absent), "instance": ""}

    def test_an_empty_item_is_still_there(self, api: Caller, stocked: Stocked) -> None:
        stocked(5)
        item = stocked(-5)
        assert api.get(path_of(item)).json()["quantity"] == 0

    def test_the_tag_stays_while_nothing_changes(self, api: Caller, item: StockItem) -> None:
        tag = api.get(path_of(item))["ETag"]

        assert api.get(f"{path_of(item)}/")["ETag"] == tag
        for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            response = api.get(path_of(item), If_None_Match=header)
            assert (response.status_code, response.content, response["ETag"]) == (304, b"", tag), header

    @pytest.mark.parametrize("what", ["item", "sibling", "reserved", "title", "price", "room"])
    def test_whatever_the_body_shows_is_in_the_tag(
        self, api: Caller, stocked: Stocked, sku: Sku, warehouse: Warehouse, what: str
    ) -> None:
        item = stocked(5)
        sibling = stocked(5, bin=make_bin(warehouse, "A-1"))
        tag = api.get(path_of(item))["ETag"]
        if what == "item":
            stocked(1)
        elif what == "sibling":
            stocked(1, bin=sibling.bin)
        elif what == "reserved":
            pretend_reserved(sku, warehouse, 1)
        elif what == "title":
            Sku.objects.update(title="Renamed")
        elif what == "price":
            Sku.objects.update(unit_price="1.50")
        else:
            item.bin.room.room_type = "vault"
            item.bin.room.save()

        assert api.get(path_of(item), If_None_Match=tag).status_code == 200


class TestChanges:
    def test_only_the_item_named_changes(
        self, api: Caller, organization: Organization, stocked: Stocked, sku: Sku, warehouse: Warehouse
    ) -> None:
        """Not the one that would be picked first."""
        soon = stocked(5, lot=make_lot(sku, "SOON", organization.today() + timedelta(days=1)))
        later = stocked(5, lot=make_lot(sku, "LATER", organization.today() + timedelta(days=99)))

        assert patch(api, later, -3, "TRANSFER").json()["quantity"] == 2
        assert patch(api, later, 4, "TRANSFER").json()["quantity"] == 6

        soon.refresh_from_db()
        later.refresh_from_db()
        assert (soon.on_hand, later.on_hand) == (5, 6)

    @pytest.mark.parametrize(
        ("code", "change"),
        [
            ("SALE", -2),
            ("RETURN", 2),
            ("ADJUSTMENT", 2),
            ("ADJUSTMENT", -2),
            ("DAMAGE", -2),
            ("THEFT", -2),
            ("TRANSFER", 2),
            ("TRANSFER", -2),
            ("AUDIT", 2),
            ("AUDIT", -2),
            ("sale", -2),
            ("supplier_receipt", 2),
            ("Cycle_Count", -2),
        ],
    )
    def test_every_documented_reason(self, api: Caller, item: StockItem, code: str, change: int) -> None:
        assert patch(api, item, change, code).json()["quantity"] == 5 + change
        movement = Movement.objects.get(delta=change)
        assert movement.reason_code.code.casefold() == code.casefold()

    @pytest.mark.parametrize(("code", "change"), [("SALE", 2), ("RETURN", -2), ("DAMAGE", 2), ("THEFT", 2)])
    def test_a_reason_of_the_other_direction(
        self, api: Caller, item: StockItem, code: str, change: int
    ) -> None:
        before = everything()
        assert problem_of(patch(api, item, change, code)) == (
            422,
            "REASON_DIRECTION",
            [("/reason_code", "REASON_DIRECTION")],
        )
        assert everything() == before

    def test_an_unknown_reason(self, api: Caller, item: StockItem, rival: Organization) -> None:
        ReasonCode.objects.create(organization=rival, code="THEIRS", name="Theirs")
        ReasonCode.objects.filter(organization=item.organization, code="AUDIT").update(is_active=False)
        before = everything()
        for code in ("whim", "THEIRS", "AUDIT", "SAL"):
            assert problem_of(patch(api, item, 1, code)) == (
                422,
                "UNKNOWN_REASON_CODE",
                [("/reason_code", "UNKNOWN_REASON_CODE")],
            )
        assert everything() == before

    @pytest.mark.parametrize("code", ["SALE", "DAMAGE"])
    def test_more_than_there_is(self, api: Caller, item: StockItem, code: str) -> None:
        before = everything()
        response = patch(api, item, -6, code)
        assert problem_of(response) == (
            422,
            "NEGATIVE_QUANTITY",
            [("/quantity_change", "NEGATIVE_QUANTITY")],
        )
        assert problem(response)["available"] == 5
        assert everything() == before

    def test_more_than_may_leave(self, api: Caller, item: StockItem) -> None:
        pretend_reserved(item.sku, item.warehouse, 3)
        before = everything()

        response = patch(api, item, -4, "SALE")

        assert problem_of(response) == (
            422,
            "INSUFFICIENT_STOCK",
            [("/quantity_change", "INSUFFICIENT_STOCK")],
        )
        assert problem(response)["available"] == 2
        assert everything() == before
        assert patch(api, item, -4, "DAMAGE").json()["available_quantity"] == -2  # a fact

    def test_expired_goods_are_not_sold(
        self, api: Caller, organization: Organization, stocked: Stocked, sku: Sku
    ) -> None:
        item = stocked(5, lot=make_lot(sku, "OLD", organization.today() - timedelta(days=1)))
        assert problem_of(patch(api, item, -1, "SALE"))[1] == "INSUFFICIENT_STOCK"
        assert patch(api, item, -1, "expired").json()["quantity"] == 4

    def test_other_items_do_not_help_out(self, api: Caller, stocked: Stocked, warehouse: Warehouse) -> None:
        item = stocked(1)
        stocked(99, bin=make_bin(warehouse, "A-1"))
        assert problem_of(patch(api, item, -2, "SALE"))[1] == "NEGATIVE_QUANTITY"

    def test_no_change(self, api: Caller, item: StockItem) -> None:
        before = everything()
        for nothing in (0, -0):
            assert problem_of(patch(api, item, nothing)) == (
                400,
                "INVALID_REQUEST",
                [("/quantity_change", "ZERO")],
            )
        assert everything() == before

    def test_as_much_as_a_quantity_can_say(self, api: Caller, item: StockItem) -> None:
        before = everything()
        for change in (1_000_000_001, -1_000_000_001):
            assert problem_of(patch(api, item, change))[:2] == (400, "INVALID_REQUEST")
        assert problem_of(patch(api, item, 1_000_000_000)) == (
            422,
            "QUANTITY_TOO_LARGE",
            [("/quantity_change", "QUANTITY_TOO_LARGE")],
        )
        assert everything() == before
        assert patch(api, item, 999_999_995).json()["quantity"] == 1_000_000_000

    def test_a_lot_controlled_sku_is_changed_in_its_lot(
        self, api: Caller, organization: Organization, stocked: Stocked
    ) -> None:
        milk = make_sku(organization, "MILK", is_lot_controlled=True)
        item = stocked(5, of=milk, lot=make_lot(milk))
        assert patch(api, item, 3, "RETURN").json()["quantity"] == 8

    def test_notes_and_who(self, api: Caller, item: StockItem) -> None:
        patch(api, item, 1, "AUDIT", notes="  Found behind the fridge ")
        patch(api, item, 1, "AUDIT", notes="")
        patch(api, item, 1, "AUDIT")

        found = Movement.objects.filter(reason_code__code="AUDIT").order_by("level_version")
        assert [movement.note for movement in found] == ["Found behind the fridge", "", ""]
        assert {(one.actor_type, one.actor_name) for one in found} == {(ActorType.KEY, "Integration")}
        assert set(Adjustment.objects.filter(source="pos").values_list("line_count", flat=True)) == {1}

    def test_other_names_of_fields_are_refused(self, api: Caller, item: StockItem) -> None:
        before = everything()
        for name in ("note", "quantity", "reason", "id", "location_id", "unit_cost"):
            body = {"quantity_change": 1, "reason_code": "AUDIT", name: "x"}
            assert problem_of(api.send("PATCH", path_of(item), body)) == (
                400,
                "INVALID_REQUEST",
                [(f"/{name}", "UNKNOWN_FIELD")],
            )
        assert everything() == before


class TestPlaces:
    def test_a_readonly_location(self, api: Caller, stocked: Stocked, marketplace: Warehouse) -> None:
        item = stocked(5, place=marketplace)
        before = everything()
        assert problem_of(patch(api, item)) == (403, "READONLY_WAREHOUSE", [("", "READONLY_WAREHOUSE")])
        assert everything() == before

    def test_an_inactive_location(self, api: Caller, item: StockItem) -> None:
        Warehouse.objects.filter(pk=item.warehouse_id).update(is_active=False)
        before = everything()
        assert problem_of(patch(api, item)) == (409, "WAREHOUSE_INACTIVE", [("", "WAREHOUSE_INACTIVE")])
        assert everything() == before

    def test_a_shelf_out_of_use_is_emptied_and_not_filled(
        self, api: Caller, stocked: Stocked, warehouse: Warehouse
    ) -> None:
        item = stocked(5, bin=make_bin(warehouse, "A-1"))
        Bin.objects.filter(pk=item.bin_id).update(is_active=False)
        before = everything()
        assert problem_of(patch(api, item, 1, "RETURN")) == (409, "BIN_INACTIVE", [("", "BIN_INACTIVE")])
        assert everything() == before
        assert patch(api, item, -5, "DAMAGE").json()["quantity"] == 0


class TestWhoMay:
    def test_an_id_of_nothing_is_one_and_the_same_answer(
        self, api: Caller, item: StockItem, nowhere: list[str]
    ) -> None:
        before = everything()
        answers = set()
        for named in nowhere:
            if named == "a/b":
                continue  # at the root, an address of gateway's alone
            response = patch(api, named)
            assert problem_of(response) == (404, "INVENTORY_NOT_FOUND", [("", "INVENTORY_NOT_FOUND")]), named
            answers.add(problem(response)["detail"])
        assert answers == {"There is no such inventory item."}
        assert everything() == before

    def test_seen_but_not_changed(
        self, organization: Organization, item: StockItem, warehouse: Warehouse, second: Warehouse
    ) -> None:
        roles = {organization: [("Viewer", warehouse), ("Warehouse manager", second)]}
        bob = Caller.person(make_person("bob@example.com", roles))
        before = everything()

        response = bob.send("PATCH", f"/pos{path_of(item)}", {"quantity_change": 1, "reason_code": "AUDIT"})

        assert problem_of(response) == (403, "PERMISSION_DENIED", [("", "PERMISSION_DENIED")])
        assert everything() == before

    def test_changed_without_being_seen_otherwise(
        self, api_with: Callable[..., Caller], item: StockItem
    ) -> None:
        adjuster = api_with(["inventory.adjust"])
        assert patch(adjuster, item).json()["quantity"] == 6
        assert problem_of(adjuster.get(path_of(item), X_API_Contract="pos"))[:2] == (403, "PERMISSION_DENIED")


class TestConditions:
    def test_current(self, api: Caller, item: StockItem) -> None:
        first = patch(api, item, 1, headers={"If-Match": api.get(path_of(item))["ETag"]})
        second = patch(api, item, 1, headers={"If-Match": first["ETag"]})
        assert (second.status_code, second["ETag"]) == (200, api.get(path_of(item))["ETag"])
        assert patch(api, item, 1, headers={"If-Match": "*"}).status_code == 200

    def test_stale(self, api: Caller, stocked: Stocked, warehouse: Warehouse) -> None:
        """What happens to a sibling moves the item's share, so it is another version of this one too."""
        item = stocked(5)
        tags = [api.get(path_of(item))["ETag"]]
        stocked(1, bin=make_bin(warehouse, "A-1"))
        tags += [f"W/{api.get(path_of(item))['ETag']}", '"0"']
        before = everything()
        for tag in tags:
            assert problem_of(patch(api, item, 1, headers={"If-Match": tag}))[:2] == (
                412,
                "PRECONDITION_FAILED",
            )
        assert problem_of(patch(api, item, 1, headers={"If-Match": "junk"})) == (
            400,
            "INVALID_REQUEST",
            [("If-Match", "INVALID_REQUEST")],
        )
        assert everything() == before

    def test_staleness_of_what_one_may_not_see_is_not_told(
        self, api: Caller, rival: Organization, rival_warehouse: Warehouse, stocked: Stocked
    ) -> None:
        theirs = stocked(5, of=make_sku(rival, "SECRET"), place=rival_warehouse)
        assert problem_of(patch(api, theirs, 1, headers={"If-Match": '"0"'}))[:2] == (
            404,
            "INVENTORY_NOT_FOUND",
        )

    def test_the_level_is_what_is_versioned(self, api: Caller, item: StockItem) -> None:
        patch(api, item, 1)
        assert StockLevel.objects.get().version == 2
