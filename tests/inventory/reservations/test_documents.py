"""What a document reserves: made together, used up or given back with the document, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import history
from inventory.ledger import DocumentRef, Line, Mode, post
from inventory.models import DocumentType, Movement, Reservation, Sku, StockLevel
from inventory.reservations import (
    Promise,
    Taking,
    allowed,
    fulfil_reservation,
    release_for,
    release_reservation,
    reserve_for,
)
from inventory.verification import verify
from stock_requests.models import StockRequest
from tests import factories
from warehouses import transactions
from warehouses.access import Access
from warehouses.identifiers import new_id
from warehouses.models import Warehouse
from warehouses.refusals import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of_stock(warehouse: Warehouse) -> StockRequest:
    return factories.make_request(warehouse)


@pytest.fixture
def document(request_of_stock: StockRequest) -> DocumentRef:
    return DocumentRef(DocumentType.STOCK_REQUEST, request_of_stock.pk)


def promise(
    access: Access, document: DocumentRef, warehouse: Warehouse, *promises: Promise, **given: Any
) -> list[Reservation]:
    return transactions.run(
        lambda: reserve_for(
            access=access,
            document=document,
            warehouse=warehouse,
            promises=promises,
            reference="SR-00001",
            **given,
        )
    )


def figures(sku: Sku) -> tuple[int, int, int]:
    level = StockLevel.objects.get(sku=sku)
    return level.on_hand, level.reserved, level.available


def broken() -> set[str]:
    """What `verify_stock` says of the reservations themselves: no request stands behind them as it should here."""
    return {finding.check for finding in verify()} - {"request-is-reserved"}


class TestReserving:
    def test_all_of_it_in_the_order_asked_for(
        self, access: Access, document: DocumentRef, warehouse: Warehouse, sku: Sku
    ) -> None:
        other = factories.make_sku(sku.organization, "PLATE")
        factories.stock(other, warehouse, 5)
        made = promise(
            access, document, warehouse, Promise(other, 2), Promise(sku, 4), Promise(sku, 1), note="x"
        )
        assert [(each.sku.code, each.quantity, each.open) for each in made] == [
            ("PLATE", 2, 2),
            ("MUG", 4, 4),
            ("MUG", 1, 1),
        ]
        assert (figures(sku), figures(other)) == ((10, 5, 5), (5, 2, 3))
        stored = Reservation.objects.get(pk=made[1].pk)
        assert (stored.document_type, stored.document_id) == ("stock_request", document.id)
        assert (stored.reference, stored.note, stored.state, stored.version) == ("SR-00001", "x", "active", 1)
        assert (stored.actor_name, stored.expires_at, stored.channel) == (access.actor.name, None, None)
        assert stored.level == StockLevel.objects.get(sku=sku)
        (change,) = history.history_of([stored])[stored.pk]
        assert (change.action, change.to_state, change.quantity, change.note) == ("create", "active", 4, "x")
        assert broken() == set()

    def test_too_little_is_said_of_the_row_and_nothing_is_reserved(
        self, access: Access, document: DocumentRef, warehouse: Warehouse, sku: Sku
    ) -> None:
        factories.reserve(sku, warehouse, 4)
        with pytest.raises(Conflict) as caught:
            promise(access, document, warehouse, Promise(sku, 3, index=5), Promise(sku, 4, index=7))
        assert (caught.value.code, caught.value.extra) == ("STOCK_UNAVAILABLE", {"available": 3})
        assert [(each.index, each.field) for each in caught.value.problems] == [(7, "quantity")]
        assert figures(sku) == (10, 4, 6)

    def test_as_many_statements_for_many_as_for_one(
        self, access: Access, warehouse: Warehouse, sku: Sku
    ) -> None:
        skus = [factories.make_sku(sku.organization) for _ in range(30)]
        for each in skus:
            factories.stock(each, warehouse, 9)
        counts = set()
        for number in (1, 3, 30):
            document = DocumentRef(DocumentType.STOCK_REQUEST, factories.make_request(warehouse).pk)
            with CaptureQueriesContext(connection) as queries:
                made = promise(access, document, warehouse, *(Promise(each, 1) for each in skus[:number]))
            with CaptureQueriesContext(connection) as freeing:
                transactions.run(
                    lambda made=made, document=document: release_for(
                        access=access, document=document, reservations=made
                    )
                )
            counts.add((len(queries), len(freeing)))
        assert len(counts) == 1, counts


class TestReleasing:
    def test_what_is_open_is_free_again(
        self, access: Access, document: DocumentRef, warehouse: Warehouse, sku: Sku
    ) -> None:
        made = promise(access, document, warehouse, Promise(sku, 4), Promise(sku, 2))
        before = Movement.objects.count()
        transactions.run(
            lambda: release_for(access=access, document=document, reservations=made, note="called off")
        )
        assert figures(sku) == (10, 0, 10)
        assert Movement.objects.count() == before
        stored = Reservation.objects.get(pk=made[0].pk)
        assert (stored.state, stored.open, stored.fulfilled, stored.version) == ("released", 0, 0, 2)
        assert stored.closed_at is not None
        change = history.history_of([stored])[stored.pk][-1]
        assert (change.action, change.from_state, change.to_state) == ("release", "active", "released")
        assert (change.quantity, change.note) == (4, "called off")
        # Once more is nothing more.
        again = list(Reservation.objects.select_related("sku", "warehouse"))
        transactions.run(lambda: release_for(access=access, document=document, reservations=again))
        assert figures(sku) == (10, 0, 10)
        assert broken() == set()

    def test_of_another_document_it_is_a_mistake(
        self, access: Access, document: DocumentRef, warehouse: Warehouse, sku: Sku
    ) -> None:
        made = promise(access, document, warehouse, Promise(sku, 4))
        other = DocumentRef(DocumentType.STOCK_REQUEST, new_id())
        with pytest.raises(ValueError, match="what was reserved for it"):
            release_for(access=access, document=other, reservations=made)
        with pytest.raises(ValueError, match="More is taken"):
            Taking(access, document, made, {made[0].pk: 5})


class TestTaking:
    def test_part_leaves_and_the_rest_is_given_back(
        self, access: Access, document: DocumentRef, warehouse: Warehouse, sku: Sku
    ) -> None:
        """Even where more is promised than is there: the promise was for these very goods."""
        made = promise(access, document, warehouse, Promise(sku, 4))
        factories.reserve(sku, warehouse, 6)
        factories.stock(sku, warehouse, -6)
        assert figures(sku) == (4, 10, -6)
        taking = Taking(access, document, made, {made[0].pk: 3}, "short")
        out = Line(
            sku=sku,
            warehouse=warehouse,
            quantity=-3,
            reason=factories.reason(sku.organization, "stock_request"),
            mode=Mode.BY,
            is_promised=True,
        )

        def work() -> None:
            taking.settle(
                post(
                    organization=access.organization,
                    actor=access.actor,
                    lines=[out, *taking.lines],
                    document=document,
                )
            )

        transactions.run(work)
        assert figures(sku) == (1, 6, -5)
        stored = Reservation.objects.get(pk=made[0].pk)
        assert (stored.state, stored.open, stored.fulfilled) == ("fulfilled", 0, 3)
        told = [
            (change.action, change.from_state, change.to_state, change.quantity, change.note)
            for change in history.history_of([stored])[stored.pk][1:]
        ]
        assert sorted(told) == [
            ("fulfil", "active", "fulfilled", 3, "short"),
            ("release", "active", "active", 1, "short"),
        ]


@pytest.mark.parametrize("act", [fulfil_reservation, release_reservation])
def test_nobody_acts_on_it_by_itself(
    act: Any, access: Access, document: DocumentRef, warehouse: Warehouse, sku: Sku
) -> None:
    (made,) = promise(access, document, warehouse, Promise(sku, 4))
    assert allowed(made) == frozenset()
    with pytest.raises(Conflict) as caught:
        transactions.run(lambda: act(access=access, reservation=made))
    assert caught.value.code == "RESERVATION_OF_DOCUMENT"
    assert "SR-00001" in caught.value.detail
    assert figures(sku) == (10, 4, 6)
