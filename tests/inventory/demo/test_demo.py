"""What `manage.py demo` leaves behind."""

from __future__ import annotations

import io
import json
import re
import stat
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from inventory.demo.documented import FBA_EU, ITEMS, STORE, SYNC, WAREHOUSE_A, key_of
from inventory.ledger import Mode
from inventory.models import (
    Adjustment,
    Barcode,
    Category,
    Delivery,
    EndpointState,
    Event,
    Lot,
    Movement,
    PosConnection,
    Sku,
    StockItem,
    StockLevel,
    StockSummary,
    SyncRun,
    WebhookEndpoint,
)
from inventory.verification import verify
from tests.factories import stock
from tests.inventory.api.routes import EVERY_SCOPE
from tests.inventory.demo.conftest import Demo
from warehouses.access import access_of_user
from warehouses.actors import ActorType
from warehouses.identifiers import decode
from warehouses.keys import find_key
from warehouses.models import Bin, Room, User, Warehouse

pytestmark = pytest.mark.timeout(300)


def row_counts() -> dict[str, int]:
    models = [
        model
        for app in ("warehouses", "inventory", "auth")
        for model in apps.get_app_config(app).get_models()
    ]
    return {model._meta.label: model._default_manager.count() for model in models}


def test_stock_is_right(demo: Demo) -> None:
    assert list(verify()) == []


def test_second_run_changes_nothing_and_does_not_repeat_the_key(demo: Demo) -> None:
    before = row_counts()
    newest = Movement.objects.order_by("-id").values_list("pk", flat=True)[0]
    out = io.StringIO()

    call_command("demo", stdout=out)

    assert row_counts() == before
    assert Movement.objects.order_by("-id").values_list("pk", flat=True)[0] == newest
    second = out.getvalue()
    assert "th_live_" not in second
    assert "create_api_key --organization 'Demo Trading'" in second
    assert demo.password in second


def test_second_run_without_the_password_file_says_how_to_set_another(demo: Demo) -> None:
    file = demo.folder / "demo_password"
    aside = file.rename(demo.folder / "aside")
    out = io.StringIO()
    try:
        call_command("demo", stdout=out)
        assert not file.exists()
    finally:
        aside.rename(file)
    assert "changepassword" in out.getvalue()


def test_addresses_follow_the_port(demo: Demo, settings: Any) -> None:
    settings.PORT = 8123
    out = io.StringIO()

    call_command("demo", stdout=out)

    assert re.findall(r"http://localhost:\d+(/\S*)", out.getvalue()) == [
        "/admin/",
        "/gateway/docs/",
        "/nexus/docs/",
        "/pos/docs/",
        "/backoffice/docs/",
    ]
    assert out.getvalue().count("http://localhost:8123/") == 5


def test_logins_have_the_printed_password_and_their_roles(demo: Demo) -> None:
    assert demo.password in demo.printed
    assert stat.S_IMODE((demo.folder / "demo_password").stat().st_mode) == 0o600
    shop = Warehouse.objects.get(name="Store Berlin Mitte").pk
    expected = {
        "owner": ("organization.manage", None),
        "manager": ("inventory.adjust", None),
        "store.manager": ("inventory.adjust", frozenset({shop})),
        "approver": ("stockrequests.approve", None),
        "counter": ("inventory.cyclecount", None),
        "viewer": ("inventory.read", None),
    }
    for name, (permission, places) in expected.items():
        user = User.objects.get(email=f"{name}@demo.example")
        assert user.email in demo.printed
        assert user.check_password(demo.password)
        access = access_of_user(user, demo.organization)
        assert access is not None
        assert access.may(permission), name
        assert access.warehouse_ids(permission) == places, name
        assert access.may("organization.manage") is (name == "owner")
        assert access.may("inventory.adjust") is (name in {"owner", "manager", "store.manager"})
    admin = User.objects.get(email="admin@demo.example")
    assert admin.is_superuser
    assert admin.check_password(demo.password)


def test_printed_key_opens_reading_and_writing(demo: Demo) -> None:
    key = find_key(demo.key)

    assert key is not None
    assert key.organization == demo.organization
    assert set(key.scopes) == set(EVERY_SCOPE)
    assert not key.is_limited
    # Twice in the gateway's example, once in nexus's and once for webhooks; twice in that of pos.
    assert demo.printed.count(f"-H 'X-API-Key: {demo.key}'") == 4
    assert demo.printed.count(f"-H 'Authorization: Bearer {demo.key}'") == 2


def test_documented_skus_are_there(demo: Demo) -> None:
    levels = StockLevel.objects.filter(
        sku__code__in=("REGEN-001", "REGEN-002", "REGEN-003", "SKU-001", "SKU-002", "BD-EIGHTH-001")
    )
    assert sorted(levels.values_list("sku__code", "sku__title", "warehouse__name", "on_hand", "status")) == [
        ("BD-EIGHTH-001", "Blue Dream 1/8", "Store Berlin Mitte", 45, "normal"),
        ("REGEN-001", "Regen recovery gel 100 ml", "Warehouse A", 142, "normal"),
        ("REGEN-002", "Regen joint patches, pack of 10", "Warehouse A", 118, "normal"),
        ("REGEN-003", "Regen warming balm 50 ml", "Warehouse A", 64, "normal"),
        ("SKU-001", "Blue Widget 500ml", "FBA EU", 137, "normal"),
        ("SKU-001", "Blue Widget 500ml", "Warehouse A", 350, "normal"),
        ("SKU-002", "Blue Widget 750ml", "Warehouse A", 185, "normal"),
    ]
    assert StockSummary.objects.get(sku__code="SKU-001").safety_stock == 15


def test_documented_items_are_on_their_own_shelves_and_hold_enough_to_try(demo: Demo) -> None:
    for (code, place), public_id in ITEMS.items():
        item = StockItem.objects.select_related("sku", "warehouse", "bin__room").get(pk=key_of(public_id))
        assert (item.sku.code, item.warehouse.public_id) == (code, place)
        assert not item.bin.is_default
        assert item.bin.room.room_type == ("sales_floor" if place == STORE else "storage")
        assert item.on_hand >= 20


def test_the_store_is_connected_and_was_synced(demo: Demo) -> None:
    run = SyncRun.objects.get()
    assert (run.public_id, run.warehouse.public_id, run.state) == (SYNC, STORE, "completed")
    connection = PosConnection.objects.get()
    assert (connection.warehouse, connection.last_synced_at) == (run.warehouse, run.finished_at)
    assert run.finished_at is not None
    assert run.finished_at < timezone.now()


def test_documented_adjustment_can_be_made(demo: Demo) -> None:
    with transaction.atomic():
        recorded = stock(
            Sku.objects.get(code="REGEN-001"), Warehouse.objects.get(name="Warehouse A"), -5, code="DAMAGE"
        )
        transaction.set_rollback(True)
    assert [change.level_after for change in recorded.posting.changes] == [137]


def test_warehouses_are_the_documented_ones_and_more(demo: Demo) -> None:
    rows = Warehouse.objects.order_by("name").values_list("name", "type", "is_readonly", "marketplace")
    assert list(rows) == [
        ("3PL Rotterdam", "3PL", False, ""),
        ("FBA EU", "FBA", True, "amazon_eu"),
        ("Pop-up Hamburg", "store", False, ""),
        ("Store Berlin Mitte", "store", False, ""),
        ("Warehouse A", "own", False, ""),
        ("Warehouse B", "own", False, ""),
    ]
    first = Warehouse.objects.get(name="Warehouse A")
    assert (first.public_id, first.address) == (WAREHOUSE_A, "Industriestraße 1, 12345 Berlin, DE")
    assert Warehouse.objects.get(name="FBA EU").public_id == FBA_EU
    assert demo.organization.default_warehouse == first
    assert (demo.organization.time_zone, demo.organization.currency) == ("Europe/Berlin", "EUR")
    # Born with one default room and bin, like every warehouse.
    for warehouse in Warehouse.objects.all():
        assert warehouse.rooms.filter(is_default=True).count() == 1
        assert warehouse.bins.filter(is_default=True, room__is_default=True).count() == 1


@pytest.mark.parametrize("public_id", [WAREHOUSE_A, FBA_EU])
def test_documented_ids_are_uuid7(public_id: str) -> None:
    key = decode("wh", public_id)
    assert key is not None
    assert key.version == 7


def test_rooms_are_of_many_types_and_bins_are_walked_in_a_serpentine(demo: Demo) -> None:
    types = set(Room.objects.values_list("room_type", flat=True))
    assert types == {
        *("sales_floor", "vault", "quarantine", "secret_menu"),
        *("storage", "receiving", "shipping", "returns", "destruction"),
    }
    for kind in ("sales_floor", "vault", "quarantine", "secret_menu"):
        assert StockItem.objects.filter(bin__room__room_type=kind, on_hand__gt=0).exists(), kind
    walk = list(
        Bin.objects.filter(warehouse__name="Warehouse A", room__name="Picking")
        .order_by("pick_sequence")
        .values_list("code", flat=True)
    )
    assert len(walk) == len(set(walk)) == 240
    assert walk[:4] == ["A-01-1", "A-01-2", "A-01-3", "A-02-1"]
    assert walk[58:62] == ["A-20-2", "A-20-3", "B-20-1", "B-20-2"]
    assert walk[118:122] == ["B-01-2", "B-01-3", "C-01-1", "C-01-2"]


def test_catalogue_is_large_and_barcodes_check(demo: Demo) -> None:
    assert Sku.objects.count() >= 300
    assert 12 <= Category.objects.count() <= 20
    assert not Category.objects.filter(products=None).exists()
    assert Sku.objects.filter(Q(unit_cost__lte=0) | Q(unit_price__lte=F("unit_cost"))).count() == 0
    variants = Sku.objects.values("product").annotate(count=Count("id")).filter(count__gte=2)
    assert variants.count() > 80
    codes = list(Barcode.objects.values_list("code", flat=True))
    assert len(codes) == Sku.objects.count()
    for code in codes:
        assert re.fullmatch(r"2\d{12}", code)
        digits = [int(digit) for digit in code]
        assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def test_some_stock_is_short_on_purpose(demo: Demo) -> None:
    statuses = Counter(StockSummary.objects.values_list("status", flat=True))
    count = sum(statuses.values())

    assert count == Sku.objects.exclude(code__startswith="SAMPLE-").count()
    assert 0.07 <= statuses["low"] / count <= 0.09
    assert 0.035 <= statuses["critical"] / count <= 0.05
    assert 0.03 <= statuses["out_of_stock"] / count <= 0.05


def test_lots_have_expired_are_about_to_and_are_fine(demo: Demo) -> None:
    today = demo.organization.today()
    there = Lot.objects.filter(stock_items__on_hand__gt=0).distinct()

    assert there.filter(expires_on__lt=today).count() >= 4
    assert there.filter(expires_on__range=(today, today + timedelta(days=14))).count() >= 4
    assert there.filter(expires_on__gt=today + timedelta(days=14)).count() > 50
    assert there.filter(state="quarantined").count() == 2
    assert not StockItem.objects.filter(sku__is_lot_controlled=True, lot=None).exists()
    assert not StockItem.objects.filter(sku__is_lot_controlled=False).exclude(lot=None).exists()


def test_movements_tell_ninety_days(demo: Demo) -> None:
    zone = demo.organization.zone
    today = demo.organization.today()
    sold: dict[str, Counter[int]] = defaultdict(Counter)
    days = set()
    rows = Movement.objects.values_list(
        "recorded_at", "warehouse__name", "reason_code__code", "delta", "actor_type", "actor_name"
    )
    actors = set()
    reasons = set()
    for recorded_at, warehouse, reason, delta, actor_type, actor_name in rows:
        assert recorded_at < timezone.now()
        day = recorded_at.astimezone(zone).date()
        days.add(day)
        reasons.add(reason)
        actors.add((actor_type, actor_name))
        if warehouse == "FBA EU":
            assert actor_type == ActorType.SYSTEM
        if reason == "SALE":
            sold[warehouse][day.weekday()] -= delta
    # The opening stock, and every day until yesterday; what is going on today is moved today.
    assert days - {today} == {today - timedelta(days=ago) for ago in range(1, 92)}
    assert reasons - {
        "put_away",
        "destruction",
        "ADJUSTMENT",
        "stock_request",
    } == {  # what the operations of today add
        *("opening_stock", "supplier_receipt", "SALE", "RETURN", "DAMAGE", "THEFT", "TRANSFER"),
        *("cycle_count", "expired", "supplier_return"),
    }
    assert actors == {
        (ActorType.SYSTEM, "system"),
        (ActorType.KEY, "Web shop"),
        (ActorType.KEY, "Cash desk Mitte"),
        *(
            (ActorType.USER, f"{name}@demo.example")
            for name in ("manager", "store.manager", "counter", "approver")
        ),
    }
    shop = sold["Store Berlin Mitte"]
    assert shop[6] == 0  # closed on Sundays
    assert shop[5] > 1.5 * shop[0]
    assert all(sold[name].total() > 200 for name in ("Warehouse A", "Warehouse B", "FBA EU", "3PL Rotterdam"))


def test_demand_grows(demo: Demo) -> None:
    middle = timezone.now() - timedelta(days=45)
    sales = Movement.objects.filter(reason_code__code="SALE")
    early = -sales.filter(recorded_at__lt=middle).aggregate(units=Sum("delta"))["units"]
    late = -sales.filter(recorded_at__gte=middle).aggregate(units=Sum("delta"))["units"]
    assert late > 1.05 * early


def test_what_leaves_for_the_shop_arrives_there(demo: Demo) -> None:
    rows = Movement.objects.filter(reason_code__code="TRANSFER").values_list(
        "reference", "warehouse__name", "sku__code", "delta"
    )
    sent: Counter[tuple[str, str]] = Counter()
    arrived: Counter[tuple[str, str]] = Counter()
    for reference, warehouse, code, delta in rows:
        if warehouse == "Store Berlin Mitte":
            arrived[reference, code] += delta
        elif warehouse == "Warehouse A":
            sent[reference, code] -= delta
    assert len(arrived) > 100
    assert arrived == Counter({key: sent[key] for key in arrived})


def test_documents_have_a_reference_or_a_note(demo: Demo) -> None:
    assert not Adjustment.objects.filter(reference="", note="").exists()
    assert not Movement.objects.filter(reference="", note="").exists()
    assert Movement.objects.filter(reference__regex=r"^PO-\d{4}-\d{4}$").count() > 300


def test_the_webhook_has_a_history_and_sends_nothing(demo: Demo) -> None:
    endpoint = WebhookEndpoint.objects.get(organization=demo.organization)
    assert endpoint.state == EndpointState.PAUSED
    states = Counter(Delivery.objects.filter(endpoint=endpoint).values_list("state", flat=True))
    assert states == {"delivered": 4, "failed": 2}
    for delivery in Delivery.objects.filter(endpoint=endpoint).select_related("event"):
        assert delivery.attempts.count() == delivery.attempt_count == delivery.tries
        assert max(attempt.started_at for attempt in delivery.attempts.all()) <= timezone.now()


def test_its_events_are_like_those_that_the_ledger_writes(demo: Demo) -> None:
    level = StockLevel.objects.filter(organization=demo.organization, on_hand__gt=F("reorder_point")).first()
    assert level is not None
    with transaction.atomic():
        stock(level.sku, level.warehouse, 0, mode=Mode.TO)
        waiting = Event.objects.filter(deliveries__state="pending")
        real = {event.type: json.loads(event.body)["data"].keys() for event in waiting}
        transaction.set_rollback(True)
    assert real.keys() == {"inventory.updated", "inventory.low_stock"}
    for event in Event.objects.all():
        assert json.loads(event.body)["data"].keys() == real[event.type]
