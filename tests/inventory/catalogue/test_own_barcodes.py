"""Barcodes of one's own for goods that came without one."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from inventory.catalogue.own_barcodes import give_barcodes, internal_ean13
from inventory.models import Barcode
from tests import factories
from warehouses.access import access_of_system, access_of_user
from warehouses.refusals import Conflict, Forbidden

pytestmark = pytest.mark.django_db


def test_each_sku_without_one_gets_the_next() -> None:
    acme = factories.make_organization()
    labelled = factories.make_sku(acme, "A", barcodes=["4006381333931"])
    bare = [factories.make_sku(acme, code) for code in ("C", "B")]
    access = access_of_system(acme)
    given = give_barcodes(access=access, skus=[labelled, *bare])
    assert [(each.sku.code, each.code) for each in given] == [
        ("B", "2900000000001"),
        ("C", "2900000000018"),
    ]
    assert give_barcodes(access=access, skus=[labelled, *bare]) == []
    last = factories.make_sku(acme, "D")
    assert [each.code for each in give_barcodes(access=access, skus=[last])] == [
        internal_ean13(90_000_000_002)
    ]
    assert labelled.barcodes.count() == 1


def test_numbers_are_each_organizations_own() -> None:
    acme, rival = (factories.make_organization(name) for name in ("Acme", "Rival"))
    ours, theirs = (factories.make_sku(each, "A") for each in (acme, rival))
    (mine,) = give_barcodes(access=access_of_system(acme), skus=[ours, theirs])
    assert (mine.sku, mine.code) == (ours, "2900000000001")
    assert not theirs.barcodes.exists()
    (other,) = give_barcodes(access=access_of_system(rival), skus=[theirs])
    assert other.code == "2900000000001"


def test_codes_that_only_look_like_ours_are_passed_over() -> None:
    acme = factories.make_organization()
    factories.make_sku(acme, "A", barcodes=["29ABC", "299", "2999999999999999", "2900000000117"])
    (given,) = give_barcodes(access=access_of_system(acme), skus=[factories.make_sku(acme, "B")])
    assert given.code == internal_ean13(90_000_000_012)


def test_when_there_are_none_left_nobody_gets_one() -> None:
    acme = factories.make_organization()
    factories.make_sku(acme, "A", barcodes=[internal_ean13(10**11 - 2)])
    bare = [factories.make_sku(acme, code) for code in ("B", "C")]
    with pytest.raises(Conflict, match="no barcodes of your own left"):
        give_barcodes(access=access_of_system(acme), skus=bare)
    assert Barcode.objects.count() == 1


def test_it_takes_the_right_to_change_the_catalogue_everywhere() -> None:
    acme = factories.make_organization()
    place = factories.make_warehouse(acme)
    sku = factories.make_sku(acme, "A")
    for granted in (["Viewer"], [("Warehouse manager", place)]):
        person = factories.make_person(f"{len(granted[0])}@acme.example", {acme: granted})
        access = access_of_user(person, acme)
        assert access is not None
        with pytest.raises(Forbidden):
            give_barcodes(access=access, skus=[sku])
    assert not Barcode.objects.exists()


def test_it_costs_the_same_for_one_and_three(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    acme = factories.make_organization()
    access = access_of_system(acme)
    one, *three = (factories.make_sku(acme, code) for code in "ABCD")
    with django_assert_num_queries(6):
        give_barcodes(access=access, skus=[one])
    with django_assert_num_queries(6):
        give_barcodes(access=access, skus=three)
