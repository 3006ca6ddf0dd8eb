"""`PUT /api/inventory/:sku` and `POST /api/inventory/bulk`: the error table and the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Adjustment, Movement, ReasonCode, Sku, StockLevel
from tests.factories import make_lot, make_person, make_sku, stock
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.snapshots import everything
from warehouses import places
from warehouses.actors import SYSTEM
from warehouses.models import Organization, Warehouse

SKU = "/api/inventory/SKU-001"
BULK = "/api/inventory/bulk"


def fields(
    warehouse: Warehouse | str, quantity: Any = 5, reason: Any = "cycle_count", **more: Any
) -> dict[str, Any]:
    place = warehouse if isinstance(warehouse, str) else warehouse.public_id
    return {"warehouse_id": place, "quantity": quantity, "reason": reason, **more}


def put(api: Caller, *args: Any, **more: Any) -> Any:
    return api.put(SKU, fields(*args, **more))


def bulk_of_one(api: Caller, *args: Any, **more: Any) -> Any:
    return api.post(BULK, {"updates": [{"sku": "SKU-001", **fields(*args, **more)}]})


def bulk(api: Caller, *rows: tuple[str, dict[str, Any]]) -> Any:
    return api.post(BULK, {"updates": [{"sku": code, **values} for code, values in rows]})


def at(write: Callable[..., Any], field: str) -> str:
    return f"/{field}" if write is put else f"/updates/0/{field}"


@pytest.mark.parametrize("write", [put, bulk_of_one])
class TestRefusals:
    """A batch of one is refused as the single write is."""

    def test_inventory_not_found(self, api: Caller, warehouse: Warehouse, write: Callable[..., Any]) -> None:
        before = everything()
        assert problem_of(write(api, warehouse))[:2] == (404, "INVENTORY_NOT_FOUND")
        assert everything() == before

    def test_a_sku_of_another_organization_is_as_unknown(
        self,
        api: Caller,
        warehouse: Warehouse,
        rival: Organization,
        rival_warehouse: Warehouse,
        write: Callable[..., Any],
    ) -> None:
        unknown = write(api, warehouse).json()
        stock(make_sku(rival, "SKU-001"), rival_warehouse, 50)
        before = everything()

        foreign = write(api, warehouse).json()

        assert {**foreign, "instance": ""} == {**unknown, "instance": ""}
        assert everything() == before

    def test_warehouse_not_found(
        self, api: Caller, sku: Sku, rival_warehouse: Warehouse, write: Callable[..., Any]
    ) -> None:
        before = everything()

        found = [
            write(api, one)
            for one in (rival_warehouse, "wh_01h455vb4pex5vsknk084sn02q", "wh_01HX...", "1", sku.public_id)
        ]

        assert {problem_of(one)[:2] for one in found} == {(404, "WAREHOUSE_NOT_FOUND")}
        assert len({(one.json()["detail"], str(one.json()["errors"])) for one in found}) == 1
        assert problem_of(found[0])[2] == [(at(write, "warehouse_id"), "WAREHOUSE_NOT_FOUND")]
        assert everything() == before

    @pytest.mark.parametrize("kind", ["FBA", "FBS"])
    def test_readonly_warehouse(
        self, api: Caller, organization: Organization, sku: Sku, write: Callable[..., Any], kind: str
    ) -> None:
        place = places.create_warehouse(organization=organization, actor=SYSTEM, name=kind, type=kind)
        stock(sku, place, 3)
        before = everything()

        for quantity in (3, 5):
            assert problem_of(write(api, place, quantity)) == (
                403,
                "READONLY_WAREHOUSE",
                [(at(write, "warehouse_id"), "READONLY_WAREHOUSE")],
            )
        assert everything() == before

    def test_negative_quantity(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Callable[..., Any]
    ) -> None:
        """Of the documented error table; nothing but sets is in this contract, so this is where it is met."""
        stock(sku, warehouse, 5)
        before = everything()

        assert problem_of(write(api, warehouse, -1)) == (
            422,
            "NEGATIVE_QUANTITY",
            [(at(write, "quantity"), "NEGATIVE_QUANTITY")],
        )
        assert everything() == before

    def test_unknown_reason(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Callable[..., Any]
    ) -> None:
        before = everything()
        assert problem_of(write(api, warehouse, 5, "because")) == (
            422,
            "UNKNOWN_REASON_CODE",
            [(at(write, "reason"), "UNKNOWN_REASON_CODE")],
        )
        assert everything() == before

    def test_another_organizations_reason_is_as_unknown(
        self, api: Caller, sku: Sku, warehouse: Warehouse, rival: Organization, write: Callable[..., Any]
    ) -> None:
        ReasonCode.objects.create(organization=rival, code="theirs", name="Theirs")
        assert problem_of(write(api, warehouse, 5, "theirs"))[:2] == (422, "UNKNOWN_REASON_CODE")

    def test_a_reason_that_is_out_of_use(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Callable[..., Any]
    ) -> None:
        ReasonCode.objects.filter(code="cycle_count").update(is_active=False)
        assert problem_of(write(api, warehouse))[:2] == (422, "UNKNOWN_REASON_CODE")

    @pytest.mark.parametrize("spelt", ["CYCLE_COUNT", "Cycle_Count", "sale", "SALE"])
    def test_reasons_are_matched_without_case(
        self, api: Caller, sku: Sku, warehouse: Warehouse, write: Callable[..., Any], spelt: str
    ) -> None:
        stock(sku, warehouse, 9)

        assert write(api, warehouse, 5, spelt).status_code == 200
        assert Movement.objects.order_by("-id")[0].reason_code.code_key == spelt.lower()

    def test_inactive_warehouse(
        self,
        api: Caller,
        sku: Sku,
        organization: Organization,
        second: Warehouse,
        write: Callable[..., Any],
    ) -> None:
        places.deactivate_warehouse(organization=organization, actor=SYSTEM, warehouse=second)
        before = everything()

        assert problem_of(write(api, second)) == (
            409,
            "WAREHOUSE_INACTIVE",
            [(at(write, "warehouse_id"), "WAREHOUSE_INACTIVE")],
        )
        assert everything() == before

    def test_lot_required(
        self, api: Caller, organization: Organization, warehouse: Warehouse, write: Callable[..., Any]
    ) -> None:
        milk = make_sku(organization, "SKU-001", is_lot_controlled=True)
        stock(milk, warehouse, 5, lot=make_lot(milk))
        before = everything()

        assert problem_of(write(api, warehouse, 6)) == (
            422,
            "LOT_REQUIRED",
            [(at(write, "quantity"), "LOT_REQUIRED")],
        )
        assert everything() == before
        assert write(api, warehouse, 2).status_code == 200

    def test_a_warehouse_that_one_may_only_read(
        self,
        organization: Organization,
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        write: Callable[..., Any],
    ) -> None:
        bob = make_person("bob@example.com", {organization: ["Viewer", ("Warehouse manager", second)]})
        before = everything()

        response = write(Caller.person(bob), warehouse)

        assert problem_of(response) == (
            403,
            "PERMISSION_DENIED",
            [(at(write, "warehouse_id"), "PERMISSION_DENIED")],
        )
        assert everything() == before

    def test_a_warehouse_that_a_key_does_not_see(
        self,
        api_with: Callable[..., Caller],
        sku: Sku,
        warehouse: Warehouse,
        second: Warehouse,
        write: Callable[..., Any],
    ) -> None:
        limited = api_with(warehouses=[second])
        before = everything()

        assert problem_of(write(limited, warehouse))[:2] == (404, "WAREHOUSE_NOT_FOUND")
        assert everything() == before


class TestPut:
    def test_it_creates_the_level_of_a_known_sku(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        assert problem_of(api.get(SKU))[:2] == (404, "INVENTORY_NOT_FOUND")

        body = put(api, warehouse, 7).json()

        assert body["total_on_hand"] == 7
        assert api.get(SKU).json() == body

    def test_the_answer_is_the_record_over_all_warehouses(
        self, api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
    ) -> None:
        stock(sku, second, 4)

        body = put(api, warehouse, 7).json()

        assert (body["total_on_hand"], [one["on_hand"] for one in body["warehouses"]]) == (11, [7, 4])

    def test_what_is_kept(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        put(api, warehouse, 7, note="PO-2026-0312 received")

        movement, document = Movement.objects.get(), Adjustment.objects.get()
        assert (movement.note, document.note) == ("PO-2026-0312 received", "PO-2026-0312 received")
        assert (document.source, document.reason_code.code) == ("nexus", "cycle_count")

    def test_a_note_may_be_empty_or_absent(self, api: Caller, sku: Sku, warehouse: Warehouse) -> None:
        assert put(api, warehouse, 7, note="").status_code == 200
        assert put(api, warehouse, 8).status_code == 200

    def test_only_the_default_bin_grows_and_every_bin_shrinks(
        self, api: Caller, sku: Sku, warehouse: Warehouse
    ) -> None:
        from tests.factories import make_bin

        stock(sku, warehouse, 5, bin=make_bin(warehouse, "B-1"))
        put(api, warehouse, 9)
        put(api, warehouse, 0)

        assert StockLevel.objects.get().on_hand == 0
        assert sorted(Movement.objects.values_list("delta", flat=True)) == [-5, -4, 4, 5]


class TestBulk:
    @pytest.fixture
    def skus(self, organization: Organization) -> list[Sku]:
        return [make_sku(organization, f"S-{number}") for number in range(5)]

    def test_reasons_and_notes_are_those_of_each_row(
        self, api: Caller, skus: list[Sku], warehouse: Warehouse
    ) -> None:
        response = bulk(
            api,
            ("S-0", fields(warehouse, 1, "supplier_receipt", note="first")),
            ("S-1", fields(warehouse, 2, "AUDIT")),
        )

        assert response.status_code == 200
        assert list(
            Movement.objects.order_by("delta").values_list("sku__code", "reason_code__code", "note")
        ) == [("S-0", "supplier_receipt", "first"), ("S-1", "AUDIT", "")]
        assert Adjustment.objects.get().reason_code is None

    def test_a_sku_in_two_warehouses_is_one_record(
        self, api: Caller, skus: list[Sku], warehouse: Warehouse, second: Warehouse
    ) -> None:
        response = bulk(
            api,
            ("S-0", fields(warehouse, 1)),
            ("S-1", fields(warehouse, 2)),
            ("s-0", fields(second, 3)),
        )

        assert [(one["sku"], one["total_on_hand"]) for one in response.json()["data"]] == [
            ("S-0", 4),
            ("S-1", 2),
        ]

    @pytest.mark.parametrize("again", ["S-0", "s-0", " S-0"])
    def test_the_same_level_twice_is_refused(
        self, api: Caller, skus: list[Sku], warehouse: Warehouse, again: str
    ) -> None:
        before = everything()

        response = bulk(
            api, ("S-0", fields(warehouse)), ("S-1", fields(warehouse)), (again, fields(warehouse))
        )

        assert problem_of(response) == (422, "DUPLICATE_ROW", [("/updates/2/sku", "DUPLICATE_ROW")])
        assert everything() == before

    def test_every_bad_row_is_pointed_at_and_nothing_changed(
        self,
        api: Caller,
        skus: list[Sku],
        warehouse: Warehouse,
        marketplace: Warehouse,
        rival_warehouse: Warehouse,
    ) -> None:
        stock(skus[0], warehouse, 3)
        before = everything()

        response = bulk(
            api,
            ("S-0", fields(warehouse)),
            ("NOTHING", fields(warehouse)),
            ("S-1", fields(rival_warehouse)),
            ("S-2", fields(marketplace)),
            ("S-3", fields(warehouse, 5, "because")),
            ("S-0", fields(warehouse, 6)),
            ("S-4", fields(warehouse, -1)),
        )

        status, code, errors = problem_of(response)
        assert (status, code) == (422, "BATCH_REFUSED")
        assert errors == [
            ("/updates/1/sku", "INVENTORY_NOT_FOUND"),
            ("/updates/2/warehouse_id", "WAREHOUSE_NOT_FOUND"),
            ("/updates/3/warehouse_id", "READONLY_WAREHOUSE"),
            ("/updates/4/reason", "UNKNOWN_REASON_CODE"),
            ("/updates/5/sku", "DUPLICATE_ROW"),
            ("/updates/6/quantity", "NEGATIVE_QUANTITY"),
        ]
        assert everything() == before

    def test_rows_refused_for_one_cause_keep_its_status(
        self, api: Caller, skus: list[Sku], warehouse: Warehouse, marketplace: Warehouse
    ) -> None:
        response = bulk(
            api, ("S-0", fields(warehouse)), ("S-1", fields(marketplace)), ("S-2", fields(marketplace))
        )

        assert problem_of(response) == (
            403,
            "READONLY_WAREHOUSE",
            [
                ("/updates/1/warehouse_id", "READONLY_WAREHOUSE"),
                ("/updates/2/warehouse_id", "READONLY_WAREHOUSE"),
            ],
        )

    def test_a_row_has_to_name_everything(self, api: Caller, skus: list[Sku], warehouse: Warehouse) -> None:
        before = everything()

        response = bulk(api, ("S-0", {}), ("S-1", fields(warehouse)), ("S-2", fields(warehouse, None, None)))

        status, _code, errors = problem_of(response)
        assert status == 400
        assert errors == [
            ("/updates/0/warehouse_id", "REQUIRED"),
            ("/updates/0/quantity", "REQUIRED"),
            ("/updates/0/reason", "REQUIRED"),
            ("/updates/2/quantity", "NULL"),
            ("/updates/2/reason", "NULL"),
        ]
        assert everything() == before

    def test_500_rows_and_no_more(
        self, api: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        from tests.inventory.api.volume import make_skus

        codes = make_skus(organization, 501)
        rows = [(code, fields(warehouse, number)) for number, code in enumerate(codes)]
        before = everything()

        status, code, where = problem_of(bulk(api, *rows))

        assert (status, code) == (400, "INVALID_REQUEST")
        assert [pointer for pointer, _ in where] == ["/updates"]
        assert everything() == before
        response = bulk(api, *rows[:500])
        assert [one["total_on_hand"] for one in response.json()["data"]] == list(range(500))

    def test_a_bad_last_row_of_500_changes_nothing(
        self, api: Caller, organization: Organization, warehouse: Warehouse
    ) -> None:
        from tests.inventory.api.volume import make_skus

        codes = make_skus(organization, 499)
        rows = [(code, fields(warehouse, 1)) for code in codes]
        before = everything()

        response = bulk(api, *rows, ("NOTHING", fields(warehouse)))

        assert problem_of(response) == (
            404,
            "INVENTORY_NOT_FOUND",
            [("/updates/499/sku", "INVENTORY_NOT_FOUND")],
        )
        assert everything() == before
