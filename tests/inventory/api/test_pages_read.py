"""The rows of pages are read in two ways, by Django and by statements that are prepared: each must say the same.

And what is written of a row has the members that the contract's document gives it, with values of their kinds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from rest_framework import serializers

from inventory.api.gateway import objects
from inventory.api.gateway import schemas as gateway
from inventory.api.nexus import records
from inventory.api.nexus import schemas as nexus
from inventory.api.pos import items
from inventory.api.pos import schemas as pos
from inventory.models import PosConnection, Sku, StockItem, StockLevel
from inventory.seen_stock import seen_levels
from tests.factories import make_key, pretend_reserved
from tests.inventory.api.volume import make_levels, make_skus
from warehouses import prepared
from warehouses.access import Access, access_of_key, access_of_system
from warehouses.http.rendering import json_bytes
from warehouses.models import ApiKey, Organization, Warehouse

_TODAY = date(2026, 3, 1)


@pytest.fixture
def stocked(organization: Organization, warehouse: Warehouse, marketplace: Warehouse) -> None:
    """Two warehouses of different types, one of them connected; costs, prices, reserved stock of some SKUs."""
    make_levels(organization, make_skus(organization, 6), [warehouse, marketplace], every=3)
    some = list(Sku.objects.order_by("code_key"))
    Sku.objects.filter(pk__in=[sku.pk for sku in some[:2]]).update(
        unit_cost=Decimal("2.5"), unit_price=Decimal("4.125"), title="Tea – 100 g \u2028"
    )
    for sku in some[1:4]:
        pretend_reserved(sku, warehouse, 3)
    PosConnection.objects.create(
        organization=organization,
        warehouse=warehouse,
        adapter="http",
        url="https://feed.example/",
        last_synced_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )


@pytest.fixture(params=["all warehouses", "one of two"])
def access(request: pytest.FixtureRequest, organization: Organization, warehouse: Warehouse) -> Access:
    if request.param == "all warehouses":
        return access_of_system(organization)
    make_key(organization, warehouses=[warehouse])
    return access_of_key(ApiKey.objects.get(is_limited=True))


def as_django_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "is_possible", lambda: False)


@pytest.mark.postgresql
class TestBothWaysOfReading:
    """Whole, and in the order of the keys, which is none of the database's."""

    def test_inventory_objects(self, stocked: None, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = list(StockLevel.objects.order_by("-sort_code", "warehouse_id").values_list("pk", flat=True))
        shown = objects.inventory_objects(keys)
        as_django_reads(monkeypatch)
        assert shown == objects.inventory_objects(keys)
        assert len(shown) == len(keys)

    def test_records_of_skus(self, stocked: None, access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = list(Sku.objects.order_by("-code_key").values_list("pk", flat=True))
        shown = records.records_of_skus(keys, access=access)
        as_django_reads(monkeypatch)
        assert shown == records.records_of_skus(keys, access=access)
        assert [row["sku"] for row in shown] == [f"V-{number:05d}" for number in reversed(range(6))]

    def test_records_of_levels(self, stocked: None, access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
        """A level that the caller may not read is left out, whoever names it."""
        keys = list(StockLevel.objects.order_by("-sort_code", "warehouse_id").values_list("pk", flat=True))
        shown = records.records_of_levels(keys, access=access)
        as_django_reads(monkeypatch)
        assert shown == records.records_of_levels(keys, access=access)
        assert len(shown) == seen_levels(access=access).count()

    def test_items(self, stocked: None, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = list(StockItem.objects.order_by("-created_at", "id").values_list("pk", flat=True))
        shown = items.item_objects(keys, today=_TODAY)
        as_django_reads(monkeypatch)
        assert shown == items.item_objects(keys, today=_TODAY)
        assert sum(row["reserved_quantity"] for row in shown) == 9
        assert {row["last_sync"] for row in shown} == {"2026-03-01T12:00:00.000Z", None}


class TestDocumentedMembers:
    """What plain functions write, beside the serializer that the contract's document is made of."""

    def test_inventory_object(self, stocked: None) -> None:
        for row in objects.inventory_objects(list(StockLevel.objects.values_list("pk", flat=True))):
            require_documented(row, gateway.InventoryObject())

    def test_inventory_record(self, stocked: None, access: Access) -> None:
        for row in records.records_of_skus(list(Sku.objects.values_list("pk", flat=True)), access=access):
            require_documented(row, nexus.InventoryRecord())

    def test_inventory_item(self, stocked: None) -> None:
        for row in items.item_objects(list(StockItem.objects.values_list("pk", flat=True)), today=_TODAY):
            require_documented(row, pos.InventoryItem())


def require_documented(shown: Mapping[str, Any], documented: serializers.Serializer[Any]) -> None:
    """The members in their documented order, none that is not, none left out that is required; each as it would be
    written by the serializer.
    """
    shown = json.loads(json_bytes(shown))
    names = list(documented.fields)
    assert [name for name in names if name in shown] == list(shown)
    assert {name for name, field in documented.fields.items() if field.required} <= shown.keys()
    for name, value in shown.items():
        field = documented.fields[name]
        if isinstance(field, serializers.ListSerializer):
            assert value, "Nothing to compare."
            child: Any = field.child
            for row in value:
                require_documented(row, child)
        elif value is None:
            assert field.allow_null, name
        elif isinstance(field, serializers.DateTimeField):
            assert datetime.fromisoformat(value).tzinfo is not None, name
        else:
            assert field.to_representation(value) == value, name
