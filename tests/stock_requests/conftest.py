"""A small organization that requests stock: two warehouses, three articles on the shelf, and the people."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from inventory.models import Sku
from stock_requests.models import Department
from tests import factories
from tests.rows import Remembered
from warehouses.access import Access, access_of_user
from warehouses.models import Organization, Room, User, Warehouse

__all__ = ["Ground"]


@dataclass(frozen=True, slots=True)
class Ground:
    """The source holds 100 of each of `skus` (unit cost 2.00, 3.00 and 5.00), the destination nothing.

    `room` is of the destination, `ward` of the source; both have a bin in use. The requester may write requests in the
    destination and see those of the source, the approver and the picker have their rights at the source, the owner has
    all of them; the outsider is of another organization.
    """

    organization: Organization
    source: Warehouse
    destination: Warehouse
    room: Room
    ward: Room
    department: Department
    skus: tuple[Sku, Sku, Sku]
    people: dict[str, User]

    def access(self, name: str) -> Access:
        """What a person may do: owner, requester, approver, second_approver, picker, viewer."""
        access = access_of_user(self.people[name], self.organization)
        assert access is not None, f"{name} is no member."
        return access

    @property
    def owner(self) -> Access:
        return self.access("owner")

    @property
    def requester(self) -> Access:
        return self.access("requester")

    @property
    def approver(self) -> Access:
        return self.access("approver")

    @property
    def second_approver(self) -> Access:
        return self.access("second_approver")

    @property
    def picker(self) -> Access:
        return self.access("picker")

    @property
    def viewer(self) -> Access:
        return self.access("viewer")


_PEOPLE = {
    "owner": "owner@acme.example",
    "requester": "requester@acme.example",
    "approver": "approver@acme.example",
    "second_approver": "second.approver@acme.example",
    "picker": "picker@acme.example",
    "viewer": "viewer@acme.example",
}


@pytest.fixture
def organization(request: pytest.FixtureRequest, db: None) -> Organization:
    """The one of the ground, for a test that stands on it."""
    if "ground" in request.fixturenames:
        ground: Ground = request.getfixturevalue("ground")
        return ground.organization
    return factories.make_organization()


@pytest.fixture
def ground(db: None) -> Ground:
    organization = _make_ground()
    places = {place.name: place for place in Warehouse.objects.filter(organization=organization)}
    rooms = {
        room.name: room for room in Room.objects.filter(organization=organization).select_related("warehouse")
    }
    skus = {sku.code: sku for sku in Sku.objects.filter(organization=organization).select_related("product")}
    users = {user.email: user for user in User.objects.filter(email__in=_PEOPLE.values())}
    for row in (*places.values(), *rooms.values(), *skus.values()):
        row.organization = organization
    return Ground(
        organization=organization,
        source=places["Central"],
        destination=places["Clinic"],
        room=rooms["Pharmacy"],
        ward=rooms["Ward 3"],
        department=Department.objects.get(organization=organization),
        skus=(skus["GLOVES"], skus["MASKS"], skus["SALINE"]),
        people={name: users[email] for name, email in _PEOPLE.items()},
    )


def _make() -> Organization:
    organization = factories.make_organization()
    source = factories.make_warehouse(organization, "Central")
    destination = factories.make_warehouse(organization, "Clinic")
    skus = (
        factories.make_sku(organization, "GLOVES", unit_cost="2.00"),
        factories.make_sku(organization, "MASKS", unit_cost="3.00"),
        factories.make_sku(organization, "SALINE", unit_cost="5.00"),
    )
    for sku in skus:
        factories.stock(sku, source, 100)
    roles = {
        "owner": ["Owner"],
        "requester": [("Warehouse manager", destination), ("Viewer", source)],
        "approver": [("Approver", source)],
        "second_approver": [("Approver", source)],
        "picker": [("Warehouse manager", source)],
        "viewer": ["Viewer"],
    }
    for name, given in roles.items():
        factories.make_person(_PEOPLE[name], {organization: given})
    _room(destination, "Pharmacy")
    _room(source, "Ward 3")
    factories.make_department(organization)
    return organization


_make_ground = Remembered(_make)


def _room(warehouse: Warehouse, name: str) -> Room:
    room = Room.objects.create(organization=warehouse.organization, warehouse=warehouse, name=name)
    factories.make_bin(warehouse, f"{name[:1]}-1", room=room)
    return room
