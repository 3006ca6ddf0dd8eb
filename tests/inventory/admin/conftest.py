"""Alice manages Acme's stock, Bob only that of one warehouse, Vera looks on, Charlie belongs elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from inventory.models import Sku
from tests import factories
from warehouses.models import Organization, User, Warehouse


@dataclass(frozen=True)
class House:
    organization: Organization
    north: Warehouse
    south: Warehouse
    sku: Sku
    alice: User
    bob: User
    vera: User
    charlie: User
    other: Organization
    foreign: Sku


@pytest.fixture
def house(db: None) -> House:
    acme = factories.make_organization("Acme")
    north = factories.make_warehouse(acme, "North")
    south = factories.make_warehouse(acme, "South")
    sku = factories.make_sku(acme, "MUG-RED", title="Red mug", barcodes=["4006381333931"])
    factories.stock(sku, north, 20)
    factories.stock(sku, south, 7)
    rival = factories.make_organization("Rival")
    foreign = factories.make_sku(rival, "MUG-BLUE", title="Blue mug", barcodes=["5901234123457"])
    factories.stock(foreign, rival.default_warehouse, 5)
    return House(
        organization=acme,
        north=north,
        south=south,
        sku=sku,
        alice=factories.make_person("alice@acme.example", {acme: ["Warehouse manager"]}),
        bob=factories.make_person("bob@acme.example", {acme: [("Warehouse manager", north)]}),
        vera=factories.make_person("vera@acme.example", {acme: ["Viewer"]}),
        charlie=factories.make_person("charlie@rival.example", {rival: ["Owner"]}),
        other=rival,
        foreign=foreign,
    )


@pytest.fixture
def logged_in() -> type[_Browser]:
    return _Browser


class _Browser(Client):
    """A browser in which somebody is logged in."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
