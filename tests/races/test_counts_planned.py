"""Two plan the same goods at once, two ask for the same bin, two propose: one of them has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from cycle_counts import abc
from cycle_counts.models import CountBatch, CountLine, Origin
from cycle_counts.planning import Scope, count_bin, create_batch
from cycle_counts.preferences import change_settings, settings_of
from cycle_counts.proposals import propose
from tests import factories
from warehouses import transactions
from warehouses.access import access_of_system, access_of_user
from warehouses.models import Warehouse
from warehouses.refusals import Refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

PEOPLE = 4


@pytest.fixture
def place(transactional_db: None) -> Warehouse:
    """A warehouse with three stock items in one bin."""
    organization = factories.make_organization()
    warehouse = factories.make_warehouse(organization, "North")
    shelf = factories.make_bin(warehouse, "A-1")
    for _ in range(3):
        factories.stock(factories.make_sku(organization, unit_cost="1.00"), warehouse, 10, bin=shelf)
    return warehouse


def test_the_same_goods_are_planned_once(place: Warehouse, at_once: Callable[..., list[Any]]) -> None:
    access = access_of_system(place.organization)

    def plan(_: int) -> str:
        try:
            transactions.run(lambda: create_batch(access=access, warehouse=place, scope=Scope()))
        except Refusal as refusal:
            return refusal.code
        return "planned"

    answers = at_once(plan, list(range(PEOPLE)))
    assert sorted(answers) == ["NOTHING_TO_COUNT"] * (PEOPLE - 1) + ["planned"]
    assert (CountBatch.objects.get().number, CountLine.objects.count()) == (1, 3)


def test_a_bin_asked_for_twice_is_one_count(place: Warehouse, at_once: Callable[..., list[Any]]) -> None:
    person = factories.make_person("counter@acme.example", {place.organization: ["Owner"]})
    access = access_of_user(person, place.organization)
    assert access is not None
    shelf = place.bins.get(code="A-1")

    def spot(_: int) -> object:
        return transactions.run(lambda: count_bin(access=access, bin=shelf)).pk

    assert len(set(at_once(spot, list(range(PEOPLE))))) == 1
    assert CountBatch.objects.get(origin=Origin.SPOT).number == 1


def test_a_day_has_one_proposal_whoever_proposes(place: Warehouse, at_once: Callable[..., list[Any]]) -> None:
    now = timezone.now()

    def work(_: int) -> int:
        return len(propose(organization=place.organization, now=now))

    assert sorted(at_once(work, list(range(PEOPLE)))) == [0] * (PEOPLE - 1) + [1]


def test_classes_computed_twice_at_once_are_the_same(
    place: Warehouse, at_once: Callable[..., list[Any]]
) -> None:
    organization = place.organization
    now = timezone.now()

    def work(_: int) -> int:
        return transactions.run(lambda: abc.refresh(organization=organization, now=now))

    assert at_once(work, list(range(PEOPLE))) == [3] * PEOPLE
    assert settings_of(organization).classified_at == now


def test_two_first_settings_are_one_row(place: Warehouse, at_once: Callable[..., list[Any]]) -> None:
    access = access_of_system(place.organization)
    changes: list[dict[str, Any]] = [{"is_blind": False}, {"a_interval": 7}, {"seconds_per_line": 60}]

    def work(values: dict[str, Any]) -> object:
        return transactions.run(lambda: change_settings(access=access, **values))

    at_once(work, changes)
    settings = settings_of(place.organization)
    assert (settings.is_blind, settings.a_interval, settings.seconds_per_line) == (False, 7, 60)
