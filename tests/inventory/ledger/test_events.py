"""What the ledger tells: which events, once each, with the values of the commit, for subscribers only."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory import outbox
from inventory.adjustments import adjust, reverse
from inventory.ledger import DocumentRef, Line, Mode, Settings, expire, post
from inventory.models import (
    Delivery,
    DeliveryState,
    DocumentType,
    EndpointState,
    Event,
    EventType,
    Sku,
    Source,
    StockItem,
    StockLevel,
    WebhookEndpoint,
)
from inventory.transfers import WantedLine, create_transfer, ship_transfer
from tests import factories
from tests.factories import stock
from tests.inventory.ledger.batches import by, hold, move, promise, record, reserve, statements
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.actors import SYSTEM
from warehouses.identifiers import encode, new_id
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Refusal

pytestmark = pytest.mark.django_db

ALL = [kind.value for kind in EventType if kind is not EventType.TEST]


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    return organization.warehouses.get()


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return factories.make_sku(organization, "SKU-1", reorder_point=10)


def subscribe(organization: Organization, *types: str, **fields: Any) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        organization=organization,
        url="https://receiver.example/hook",
        event_types=list(types or ALL),
        secret="sealed",
        **fields,
    )


def told(kind: EventType) -> list[dict[str, Any]]:
    """The data of the events of a kind, in the order in which they were written."""
    bodies = Event.objects.filter(type=kind).order_by("id").values_list("body", flat=True)
    return [json.loads(body)["data"] for body in bodies]


class TestUpdated:
    def test_says_what_was_and_what_is(
        self, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 45)
        subscribe(organization)
        recorded = stock(sku, warehouse, -5, code="SALE", note="till 3")
        (event,) = Event.objects.filter(type=EventType.INVENTORY_UPDATED)
        body = json.loads(event.body)
        level = StockLevel.objects.get()
        item = StockItem.objects.get()
        assert recorded.adjustment is not None
        assert body == {
            "type": "inventory.updated",
            "timestamp": f"{recorded.posting.recorded_at:%Y-%m-%dT%H:%M:%S}."
            f"{recorded.posting.recorded_at.microsecond // 1000:03d}Z",
            "data": {
                "sku": "SKU-1",
                "title": sku.title,
                "product_id": sku.product.public_id,
                "warehouse_id": warehouse.public_id,
                "warehouse_name": "Main warehouse",
                "on_hand": 40,
                "reserved": 0,
                "held": 0,
                "available": 40,
                "safety_stock": 0,
                "reorder_point": 10,
                "reorder_quantity": 0,
                "is_low": False,
                "version": level.version,
                "previous": {"on_hand": 45, "reserved": 0, "held": 0, "available": 45},
                "change": -5,
                "reason_codes": ["SALE"],
                "references": [],
                "document_id": recorded.adjustment.public_id,
                "actor": "system",
                "items": [{"id": item.public_id, "quantity": 40, "change": -5}],
                "items_omitted": 0,
            },
        }
        assert event.created_at == recorded.posting.recorded_at

    def test_one_for_each_level_of_a_batch_with_its_sum(
        self, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        other = factories.make_warehouse(organization, "Other")
        subscribe(organization)
        reason = factories.reason(organization)
        record(
            Line(sku=sku, warehouse=warehouse, quantity=20, reason=reason),
            Line(sku=sku, warehouse=warehouse, quantity=-3, reason=reason),
            Line(sku=sku, warehouse=other, quantity=30, reason=reason),
        )
        changes = {(data["warehouse_name"], data["change"]) for data in told(EventType.INVENTORY_UPDATED)}
        assert changes == {("Main warehouse", 17), ("Other", 30)}

    def test_versions_tell_the_later_one(
        self, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        subscribe(organization)
        for change in (20, -1, 5, -7):
            stock(sku, warehouse, change)
        versions = [data["version"] for data in told(EventType.INVENTORY_UPDATED)]
        assert versions == sorted(set(versions))
        assert versions[-1] == StockLevel.objects.get().version

    def test_what_changes_nothing_tells_nothing(
        self, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 20)
        subscribe(organization)
        stock(sku, warehouse, 20, mode=Mode.TO)
        assert not Event.objects.exists()

    def test_a_body_stays_small(self, organization: Organization, sku: Sku, warehouse: Warehouse) -> None:
        bins = [factories.make_bin(warehouse, f"B-{number}") for number in range(80)]
        subscribe(organization)
        reason = factories.reason(organization)
        record(
            *(
                Line(
                    sku=sku,
                    warehouse=warehouse,
                    quantity=1,
                    reason=reason,
                    bin=shelf,
                    reference="R" * 110 + shelf.code,
                )
                for shelf in bins
            )
        )
        (event,) = Event.objects.filter(type=EventType.INVENTORY_UPDATED)
        data = json.loads(event.body)["data"]
        assert (len(data["items"]), data["items_omitted"], data["change"]) == (50, 30, 80)
        assert len(event.body.encode()) < 20_000


class TestSubscribers:
    def test_nobody_nothing_and_no_statement_more(
        self, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        factories.make_organization("Globex")
        stock(sku, warehouse, 20)
        with CaptureQueriesContext(connection) as before:
            stock(sku, warehouse, -1)
        subscribe(Organization.objects.get(name="Globex"))
        with CaptureQueriesContext(connection) as after:
            stock(sku, warehouse, -15)
        assert len(after) == len(before)
        assert not Event.objects.exists()
        assert not Delivery.objects.exists()

    @pytest.mark.parametrize("size", [1, 3, 300])
    def test_somebody_costs_three_statements_whatever_the_batch(
        self, organization: Organization, warehouse: Warehouse, size: int
    ) -> None:
        reason = factories.reason(organization)
        product = factories.make_product(organization)
        skus = [factories.make_sku(organization, product=product, reorder_point=5) for _ in range(size)]
        lines = [Line(sku=sku, warehouse=warehouse, quantity=9, reason=reason) for sku in skus]
        record(*lines)
        with CaptureQueriesContext(connection) as before:
            record(*lines)
        for _ in range(3):
            subscribe(organization)
        falling = [Line(sku=sku, warehouse=warehouse, quantity=-15, reason=reason) for sku in skus]
        with CaptureQueriesContext(connection) as after:
            record(*falling)
        assert len(after) - len(before) == 3
        assert Event.objects.count() == 2 * size  # updated and low
        assert Delivery.objects.count() == 6 * size

    def test_only_the_chosen_events_and_warehouses(
        self, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        other = factories.make_warehouse(organization, "Other")
        everything = subscribe(organization)
        low = subscribe(organization, "inventory.low_stock")
        here = subscribe(organization, "inventory.updated", is_limited=True)
        here.warehouses.set([warehouse])
        nowhere = subscribe(organization, is_limited=True)
        stock(sku, warehouse, 20)
        stock(sku, other, 20)
        stock(sku, other, -15)
        sent = {
            endpoint: [
                (delivery.event.type, json.loads(delivery.event.body)["data"]["warehouse_name"])
                for delivery in Delivery.objects.filter(endpoint=endpoint)
                .select_related("event")
                .order_by("id")
            ]
            for endpoint in (everything, low, here, nowhere)
        }
        assert sorted(sent[everything]) == [
            ("inventory.low_stock", "Other"),
            ("inventory.updated", "Main warehouse"),
            ("inventory.updated", "Other"),
            ("inventory.updated", "Other"),
        ]
        assert sent[low] == [("inventory.low_stock", "Other")]
        assert sent[here] == [("inventory.updated", "Main warehouse")]
        assert sent[nowhere] == []

    @pytest.mark.parametrize(
        ("fields", "waiting"),
        [
            ({"state": EndpointState.ACTIVE}, 1),
            ({"state": EndpointState.PAUSED}, 1),
            ({"state": EndpointState.DISABLED, "disabled_at": timezone.now()}, 0),
            ({"removed_at": timezone.now()}, 0),
        ],
    )
    def test_a_pause_collects_and_a_disabled_endpoint_does_not(
        self, organization: Organization, sku: Sku, warehouse: Warehouse, fields: dict[str, Any], waiting: int
    ) -> None:
        subscribe(organization, "inventory.updated", **fields)
        stock(sku, warehouse, 20)
        assert Delivery.objects.filter(state=DeliveryState.PENDING).count() == waiting
        assert Event.objects.count() == waiting


class TestTransaction:
    def test_a_refused_batch_tells_nothing(
        self, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        stock(sku, warehouse, 5)
        subscribe(organization)
        with pytest.raises(Refusal):
            stock(sku, warehouse, -6)
        assert not Event.objects.exists()

    def test_what_is_rolled_back_was_never_told(
        self, organization: Organization, sku: Sku, warehouse: Warehouse
    ) -> None:
        subscribe(organization)
        with transaction.atomic():
            stock(sku, warehouse, 5)
            assert Event.objects.exists()
            transaction.set_rollback(True)
        assert not Event.objects.exists()
        assert not Delivery.objects.exists()

    def test_the_courier_is_woken_after_the_commit_only(
        self,
        organization: Organization,
        sku: Sku,
        warehouse: Warehouse,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        rung: list[int] = []
        monkeypatch.setattr(outbox, "wakers", [lambda: rung.append(Delivery.objects.count())])
        subscribe(organization)
        with django_capture_on_commit_callbacks(execute=True):
            stock(sku, warehouse, 20)
            assert rung == []
        assert rung == [1]

    def test_a_broken_waker_does_not_break_the_change(
        self,
        organization: Organization,
        sku: Sku,
        warehouse: Warehouse,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        def broken() -> None:
            raise ConnectionError("no broker")

        monkeypatch.setattr(outbox, "wakers", [broken])
        subscribe(organization)
        with django_capture_on_commit_callbacks(execute=True):
            stock(sku, warehouse, 20)
        assert StockLevel.objects.get().on_hand == 20

    @pytest.mark.django_db(transaction=True)
    def test_outside_of_a_transaction_nothing_is_announced(self, organization: Organization) -> None:
        with pytest.raises(RuntimeError, match="in the transaction"):
            outbox.announce(organization=organization, drafts=[], occurred_at=timezone.now())


class Kinds:
    """Every kind of change that can move a stock level across its reorder point of 10, by name."""

    def __init__(self, sku: Sku, warehouse: Warehouse) -> None:
        self.sku, self.warehouse = sku, warehouse
        self.organization = sku.organization
        self.access = access_of_system(self.organization)

    def line(self, quantity: int | None, code: str = "ADJUSTMENT", **fields: Any) -> Line:
        reason = factories.reason(self.organization, code)
        return Line(sku=self.sku, warehouse=self.warehouse, quantity=quantity, reason=reason, **fields)

    def sell(self) -> None:
        record(self.line(-8, "SALE"))

    def correct(self) -> None:
        record(self.line(-8))

    def set_absolutely(self) -> None:
        record(self.line(7, mode=Mode.TO))

    def set_one_item(self) -> None:
        record(self.line(7, mode=Mode.TO, stock_item_id=StockItem.objects.get(sku=self.sku).pk))

    def sync(self) -> None:
        adjust(
            organization=self.organization,
            actor=SYSTEM,
            source=Source.SYNC,
            lines=[self.line(-8, "SALE", is_fact=True)],
            by_sync=True,
        )

    def raise_the_reorder_point(self) -> None:
        record(self.line(None, settings=Settings(reorder_point=50)))

    def sell_in_small_parts_of_one_batch(self) -> None:
        record(*[self.line(-2, "SALE") for _ in range(4)])

    def receive_and_sell_in_one_batch(self) -> None:
        record(self.line(1), self.line(-9, "SALE"))

    def ship_a_transfer(self) -> None:
        goal = factories.make_warehouse(self.organization, f"Goal {Warehouse.objects.count()}")
        line = WantedLine(self.sku, 8)
        draft = create_transfer(
            access=self.access, from_warehouse=self.warehouse, to_warehouse=goal, lines=[line]
        )
        transactions.run(lambda: ship_transfer(access=self.access, transfer=draft))

    def reverse_a_receipt(self) -> None:
        recorded = record(self.line(8))
        record(self.line(-8))  # what was there before is sold; the receipt is what keeps it up
        assert recorded.adjustment is not None
        reverse(access=self.access, source=Source.SYSTEM, adjustment=recorded.adjustment)


KINDS = [name for name in vars(Kinds) if not name.startswith("_") and name != "line"]


class TestLowStock:
    """15 on hand, reorder point 10."""

    @pytest.fixture
    def kinds(self, organization: Organization, sku: Sku, warehouse: Warehouse) -> Kinds:
        stock(sku, warehouse, 15)
        subscribe(organization)
        return Kinds(sku, warehouse)

    @pytest.mark.parametrize("kind", KINDS)
    def test_once_for_each_crossing_by_every_kind_of_change(self, kinds: Kinds, kind: str) -> None:
        cross: Callable[[], None] = getattr(kinds, kind)
        recover = lambda: record(  # noqa: E731
            kinds.line(15, mode=Mode.TO, settings=Settings(reorder_point=10))
        )
        cross()
        assert len(told(EventType.LOW_STOCK)) == 1
        record(kinds.line(-1))  # below, and staying there
        record(kinds.line(1))
        record(kinds.line(None, settings=Settings(safety_stock=1)))
        assert len(told(EventType.LOW_STOCK)) == 1
        recover()
        record(kinds.line(-1))  # 14: still enough
        record(kinds.line(1))
        assert len(told(EventType.LOW_STOCK)) == 1
        cross()
        assert len(told(EventType.LOW_STOCK)) == 2
        last = told(EventType.LOW_STOCK)[-1]
        assert last["available"] < last["reorder_point"]
        assert last["is_low"] is True

    def test_exactly_at_the_reorder_point_is_not_below_it(self, kinds: Kinds) -> None:
        record(kinds.line(-5))
        assert told(EventType.LOW_STOCK) == []
        record(kinds.line(-1))
        assert [data["available"] for data in told(EventType.LOW_STOCK)] == [9]

    def test_down_and_up_in_one_batch_is_no_crossing(self, kinds: Kinds) -> None:
        record(kinds.line(-8), kinds.line(9))
        assert told(EventType.LOW_STOCK) == []

    def test_goods_that_arrive_below_the_reorder_point(
        self, organization: Organization, warehouse: Warehouse
    ) -> None:
        subscribe(organization)
        scarce = factories.make_sku(organization, "SCARCE", reorder_point=10)
        stock(scarce, warehouse, 4)
        assert [data["sku"] for data in told(EventType.LOW_STOCK)] == ["SCARCE"]
        stock(scarce, warehouse, 1)
        assert len(told(EventType.LOW_STOCK)) == 1

    def test_each_warehouse_crosses_by_itself(self, kinds: Kinds, organization: Organization) -> None:
        other = factories.make_warehouse(organization, "Other")
        stock(kinds.sku, other, 15)
        kinds.sell()
        stock(kinds.sku, other, -8)
        assert [data["warehouse_name"] for data in told(EventType.LOW_STOCK)] == ["Main warehouse", "Other"]


class TestPromises:
    """What is promised and held is no longer available, and that is told as any other change is."""

    @pytest.fixture
    def kinds(self, organization: Organization, sku: Sku, warehouse: Warehouse) -> Kinds:
        stock(sku, warehouse, 15)
        subscribe(organization)
        return Kinds(sku, warehouse)

    @pytest.mark.parametrize(("line", "figure"), [(reserve, "reserved"), (hold, "held")])
    def test_low_once_for_each_crossing(
        self, kinds: Kinds, sku: Sku, warehouse: Warehouse, line: Callable[..., Line], figure: str
    ) -> None:
        document = DocumentRef(DocumentType.RESERVATION, new_id())

        def do(quantity: int) -> None:
            batch = [line(sku, warehouse, quantity, reference="SO-1")]
            organization = sku.organization
            transactions.run(
                lambda: post(organization=organization, actor=SYSTEM, lines=batch, document=document)
            )

        do(5)
        assert told(EventType.LOW_STOCK) == []
        do(1)
        do(1)
        do(-1)
        assert [data["available"] for data in told(EventType.LOW_STOCK)] == [9]
        do(-1)  # recovered
        do(3)
        assert [data["available"] for data in told(EventType.LOW_STOCK)] == [9, 7]
        assert told(EventType.OVERSOLD) == []
        last = told(EventType.INVENTORY_UPDATED)[-1]
        assert (last[figure], last["previous"][figure]) == (8, 5)
        assert (last["on_hand"], last["change"], last["items"]) == (15, 0, [])
        assert (last["references"], last["reason_codes"]) == (["SO-1"], [])
        assert last["document_id"] == encode("rsv", document.id)
        versions = [data["version"] for data in told(EventType.INVENTORY_UPDATED)]
        assert versions == sorted(set(versions))

    def test_running_out_is_told_like_a_release(
        self, kinds: Kinds, sku: Sku, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        noon = timezone.now() + timedelta(hours=1)
        promise(sku, warehouse, 6, noon)
        promise(sku, warehouse, 9, noon + timedelta(hours=1))
        assert len(told(EventType.LOW_STOCK)) == 1
        monkeypatch.setattr("django.utils.timezone.now", lambda: noon)
        run_out = lambda: transactions.run(  # noqa: E731
            lambda: expire(organization=sku.organization, places=[(sku, warehouse)])
        )
        run_out()
        assert len(told(EventType.LOW_STOCK)) == 1  # 6 available: still low
        monkeypatch.setattr("django.utils.timezone.now", lambda: noon + timedelta(hours=1))
        run_out()
        run_out()
        last = told(EventType.INVENTORY_UPDATED)[-1]
        assert (last["available"], last["is_low"], last["previous"]["available"]) == (15, False, 6)
        assert (last["actor"], last["document_id"]) == ("system", None)
        assert len(told(EventType.INVENTORY_UPDATED)) == 4
        record(kinds.line(-8, "SALE"))  # recovered, and below again
        assert len(told(EventType.LOW_STOCK)) == 2

    def test_what_runs_out_while_something_is_posted_is_one_event_with_it(
        self, kinds: Kinds, sku: Sku, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        noon = timezone.now() + timedelta(hours=1)
        promise(sku, warehouse, 4, noon)
        monkeypatch.setattr("django.utils.timezone.now", lambda: noon)
        record(kinds.line(-5, "SALE"))
        last = told(EventType.INVENTORY_UPDATED)[-1]
        assert (last["reserved"], last["available"], last["previous"]["reserved"]) == (0, 10, 4)
        assert len(told(EventType.INVENTORY_UPDATED)) == 2
        assert told(EventType.LOW_STOCK) == []  # never 6, as it would be without what ran out

    def test_fulfilling_is_one_event_and_no_crossing(
        self, kinds: Kinds, sku: Sku, warehouse: Warehouse
    ) -> None:
        record(reserve(sku, warehouse, 5))
        record(reserve(sku, warehouse, -5), kinds.line(-5, "SALE"))
        events = told(EventType.INVENTORY_UPDATED)
        assert [(data["on_hand"], data["reserved"], data["available"]) for data in events] == [
            (15, 5, 10),
            (10, 0, 10),
        ]
        assert told(EventType.LOW_STOCK) == []

    def test_a_move_tells_of_the_items_and_crosses_nothing(
        self, kinds: Kinds, sku: Sku, warehouse: Warehouse
    ) -> None:
        shelf = factories.make_bin(warehouse, "B")
        record(move(sku, warehouse, 12, to_bin=shelf))
        (event,) = told(EventType.INVENTORY_UPDATED)
        assert (event["on_hand"], event["change"], event["reason_codes"]) == (15, 0, ["put_away"])
        items = {item.public_id: item.on_hand for item in StockItem.objects.all()}
        assert {row["id"]: row["quantity"] for row in event["items"]} == items
        assert sorted(row["change"] for row in event["items"]) == [-12, 12]
        record(
            move(sku, warehouse, 3, bin=warehouse.bins.get(is_default=True), to_bin=shelf),
            move(sku, warehouse, 3, bin=shelf, to_bin=warehouse.bins.get(is_default=True)),
        )  # there and back again
        assert len(told(EventType.INVENTORY_UPDATED)) == 1

    @pytest.mark.parametrize("size", [1, 300])
    def test_telling_of_promises_costs_three_statements(
        self, organization: Organization, warehouse: Warehouse, size: int
    ) -> None:
        product = factories.make_product(organization)
        skus = [factories.make_sku(organization, product=product, reorder_point=5) for _ in range(size)]
        record(*(by(sku, warehouse, 9) for sku in skus))
        quiet = statements(lambda: record(*(reserve(sku, warehouse, 1) for sku in skus)))
        subscribe(organization)
        loud = statements(lambda: record(*(reserve(sku, warehouse, 6) for sku in skus)))
        assert loud - quiet == 3
        assert Event.objects.count() == 2 * size  # updated and low


class TestOversold:
    @pytest.fixture
    def line(self, organization: Organization, sku: Sku, warehouse: Warehouse) -> Callable[..., Line]:
        """10 on hand, of which 5 are promised and 3 held."""
        stock(sku, warehouse, 10)
        record(reserve(sku, warehouse, 5), hold(sku, warehouse, 3))
        subscribe(organization, "inventory.oversold")
        return lambda quantity, code="ADJUSTMENT", **fields: Line(
            sku=sku,
            warehouse=warehouse,
            quantity=quantity,
            reason=factories.reason(organization, code),
            **fields,
        )

    def test_a_correction_below_what_is_promised(self, line: Callable[..., Line]) -> None:
        record(line(-2))
        assert told(EventType.OVERSOLD) == []  # 0 available: nothing is missing
        record(line(-3))
        record(line(-1))
        shown = [(data["available"], data["short_by"]) for data in told(EventType.OVERSOLD)]
        assert shown == [(-3, 3), (-4, 4)]

    def test_getting_better_is_no_news(self, line: Callable[..., Line]) -> None:
        record(line(-5))
        record(line(2))
        assert len(told(EventType.OVERSOLD)) == 1

    def test_a_sale_that_has_happened_takes_what_is_promised(self, line: Callable[..., Line]) -> None:
        with pytest.raises(Refusal) as refused:
            record(line(-5, "SALE"))
        assert refused.value.code == "INSUFFICIENT_STOCK"
        record(line(-5, "SALE", is_fact=True))
        assert [data["short_by"] for data in told(EventType.OVERSOLD)] == [3]
        with pytest.raises(Refusal) as refused:
            record(line(-6, "SALE", is_fact=True))
        assert refused.value.code == "NEGATIVE_QUANTITY"
