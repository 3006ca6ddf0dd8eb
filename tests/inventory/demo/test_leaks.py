"""Nothing on the site is told across organizations or warehouses: the demonstration is walked through by strangers.

The addresses are read from the URL resolvers, so that a page which is added later is walked too. The rival's SKUs have
the same codes as the demonstration's, so that whatever looks something up by its code alone would find the wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib import admin

from inventory.demo.documented import FIXED
from inventory.models import Barcode, Lot, Product, Sku, StockLevel
from tests import factories
from tests.cycle_counts.addresses import ADMIN, Address, addresses
from tests.cycle_counts.blind_walk import Walker, told
from tests.inventory.api.callers import Caller
from tests.inventory.demo.conftest import Demo
from warehouses.models import Membership, Organization, User, Warehouse

#: Each asks for some hundred pages.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

#: What is on hand of a SKU elsewhere: a number that occurs nowhere else.
ELSEWHERE: Final = 94_513
HERE: Final = 7
#: Words that are too short, or that anybody might write.
_TELLING: Final = 6


@dataclass(frozen=True, slots=True)
class Scene:
    rival: Organization
    owner: User
    codes: Sequence[str]
    ids: Sequence[str]
    addresses: Sequence[Address]

    def walker(self) -> Walker:
        return Walker(Caller.person(self.owner, self.rival), self.ids)


@pytest.fixture
def scene(demo: Demo) -> Scene:
    """A rival who sells what the demonstration sells, by the same codes and barcodes, in a place of their own."""
    rival = factories.make_organization("Rival")
    place = factories.make_warehouse(rival, "Rival's shed")
    skus = list(Sku.objects.filter(organization=demo.organization).order_by("code_key")[:5])
    barcodes = dict(Barcode.objects.filter(sku__in=skus).values_list("sku", "code"))
    for sku in skus:
        mine = factories.make_sku(
            rival,
            sku.code,
            title="Rival's own",
            barcodes=[barcodes[sku.pk]] if sku.pk in barcodes else [],
        )
        factories.stock(mine, place, 3)
    ids = [
        *(sku.public_id for sku in skus[:1]),
        *(sku.code for sku in skus[:1]),
        *_first_ids(demo.organization),
        place.public_id,
    ]
    return Scene(
        rival=rival,
        owner=factories.make_person("owner@rival.example", {rival: ["Owner"]}),
        codes=[sku.code for sku in skus],
        ids=ids,
        addresses=_pages(addresses(ids, rows=_rows(demo.organization))),
    )


def test_a_stranger_is_told_nothing(scene: Scene, demo: Demo) -> None:
    words = secrets(demo.organization)
    assert len(words) > 300
    walker = scene.walker()

    walker.read(scene.addresses)
    walker.look_up([*scene.codes, "demo", "REQ-", "CC-", "A-01"])
    files(walker, scene.ids[0])

    assert [
        f"{answer}: {found[:3]}" for answer in walker.answers if (found := said(words, answer.text))
    ] == []
    assert walker.is_logged_in(), "Nobody has walked."
    assert {answer.status for answer in walker.answers} >= {200, 404}


def test_one_who_is_responsible_for_a_warehouse_is_told_of_no_stock_elsewhere(demo: Demo) -> None:
    organization = demo.organization
    here = factories.make_warehouse(organization, "The only one")
    there = Warehouse.objects.filter(organization=organization).exclude(pk=here.pk).order_by("pk")[0]
    sku = factories.make_sku(organization, "LEAK-1", title="Watched")
    factories.stock(sku, here, HERE)
    factories.stock(sku, there, ELSEWHERE)
    person = factories.make_person("shed@demo.example", {organization: [("Warehouse manager", here)]})
    level = StockLevel.objects.get(sku=sku, warehouse=there)
    ids = [sku.public_id, sku.code, there.public_id, here.public_id]
    rows = _rows(organization) | {Sku: [sku], StockLevel: [level]}
    walker = Walker(Caller.person(person, organization), ids)

    walker.read(_pages(addresses(ids, rows=rows)))
    walker.look_up([sku.code, "Watched", "leak"])
    files(walker, sku.public_id)

    numbers = (ELSEWHERE, ELSEWHERE + HERE)
    assert walker.about(numbers) == []
    # The walk has been where such numbers stand.
    seen = {
        answer.asked for answer in walker.answers if "LEAK-1" in answer.text and told([HERE], answer.text)
    }
    assert {asked for asked in seen if "/admin/stock/" in asked}
    assert {asked for asked in seen if "/exports/new/" in asked}
    owner = Walker(Caller.person(User.objects.get(email="owner@demo.example"), organization), ids)
    owner.read([each for each in _pages(addresses(ids, rows=rows)) if "/stock/" in each.path])
    assert owner.about(numbers)


def secrets(organization: Organization) -> list[str]:
    """What only those of the organization know: the names of its places, people, goods, lots and partners."""
    rows: Iterable[Any] = (
        *Sku.objects.filter(organization=organization).values_list("title", flat=True),
        *Warehouse.objects.filter(organization=organization).values_list("name", flat=True),
        *Lot.objects.filter(organization=organization).values_list("code", flat=True),
        *Product.objects.filter(organization=organization).values_list("name", flat=True),
        *Membership.objects.filter(organization=organization).values_list("user__email", flat=True),
        organization.name,
    )
    theirs = {
        word for fixed in FIXED for word in (fixed.product, fixed.title)
    }  # of the documented examples, which everybody may read
    theirs |= set(Sku.objects.exclude(organization=organization).values_list("title", flat=True))
    # A page that shows an example, or a name that everybody gives a place, tells nothing.
    common = {"Warehouse A", "Warehouse B", "Main warehouse"}
    words = {str(row) for row in rows} - theirs - common
    return sorted(word for word in words if len(word) >= _TELLING)


def said(words: Sequence[str], text: str) -> list[str]:
    body = text.replace("&#x27;", "'").replace("&amp;", "&")
    return [word for word in words if word in body and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", body)]


def files(walker: Walker, sku: str = "") -> None:
    """Every list as a file, and the two pages that are none."""
    lists = [f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry]
    for page, query in (
        *((name, "") for name in lists),
        ("inventory_explorer", ""),
        ("sku_timeline", f"sku={sku}"),
    ):
        form = {"page": page, "query": query, "columns": "all", "format": "csv"}
        address = f"{ADMIN}exports/new/?{page}"  # so that what comes is known by it
        walker._post(address, urlencode(form).encode(), "application/x-www-form-urlencoded")


def _pages(found: Iterable[Address]) -> list[Address]:
    """The back office, and of the contracts what is read without naming anything; but for the reference, whose examples
    are the demonstration's and which everybody may read.
    """
    return [
        each
        for each in found
        if not each.path.endswith("/openapi.json") and (not each.is_api or each.path == each.route)
    ]


def _rows(organization: Organization) -> dict[type[Any], list[Any]]:
    """One of whatever the organization has."""
    found: dict[type[Any], list[Any]] = {}
    for model in apps.get_models():
        if any(field.name == "organization" for field in model._meta.get_fields()):
            found[model] = list(model._default_manager.filter(organization=organization)[:1])
    found[Organization] = [organization]
    return found


def _first_ids(organization: Organization) -> list[str]:
    """The public id of one record of each kind."""
    return [
        row.public_id for rows in _rows(organization).values() for row in rows if hasattr(row, "public_id")
    ]
