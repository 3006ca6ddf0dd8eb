"""Reservations that run out while several look: sweepers, readers and writers at once take each off once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Reservation, StateChange, StockLevel
from inventory.reservations import create_reservation, expire_due
from inventory.verification import verify
from tests.races.backoffice import Business
from warehouses import transactions
from warehouses.access import access_of_system
from warehouses.refusals import Refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


def test_what_has_run_out_is_taken_off_once(at_once: Callable[..., list[Any]]) -> None:
    business = Business(5)
    business.stock(10)
    access = access_of_system(business.organization)

    def reserve(number: int) -> str:
        sku = business.skus[number % 5]
        work = lambda: create_reservation(  # noqa: E731
            access=access, sku=sku, warehouse=business.north, quantity=10, reference="R"
        )
        try:
            transactions.run(work)
        except Refusal as refusal:
            return refusal.code
        return "reserved"

    assert {reserve(number) for number in range(5)} == {"reserved"}
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    def work(number: int) -> str:
        if number < 4:
            expire_due(business.organization)
            return "swept"
        return reserve(number)

    results = Counter(at_once(work, list(range(4 + 10))))
    assert results == {"swept": 4, "reserved": 5, "STOCK_UNAVAILABLE": 5}
    assert Counter(Reservation.objects.values_list("state", flat=True)) == {"expired": 5, "active": 5}
    assert StateChange.objects.filter(action="expire").count() == 5
    assert set(StockLevel.objects.values_list("on_hand", "reserved")) == {(10, 10)}
    assert list(verify()) == []
