"""A small organization that counts: one warehouse with four bins in two rooms, what lies in them, and the people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pytest

from cycle_counts.counting import Counted, Counts, count_lines, start_batch, submit_batch
from cycle_counts.models import CountBatch, CountLine
from cycle_counts.planning import Scope, create_batch
from inventory.models import Lot, Sku, StockItem
from tests import factories
from tests.rows import Remembered
from warehouses import transactions
from warehouses.access import Access, access_of_key, access_of_user
from warehouses.models import ApiKey, Bin, Organization, Room, User, Warehouse

__all__ = ["SHELVES", "Ground", "Place"]

#: What a line is about, in words: SKU code, bin code, and lot code where it is of a lot.
Place = tuple[str, str] | tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Ground:
    """The warehouse North, walked from A-1 to A-4; its room Main with the default bin is empty. There is:

    in A-1 (room Front) 10 GLOVES and 5 MASKS, in A-2 (Front) 20 GLOVES, in A-3 (room Back) 7 SALINE of the lot L-1 and
    3 of L-2, in A-4 (Back) 40 MASKS. Of TAPE there is none anywhere, and nobody knows what it costs; a unit of the
    others costs 2.00, 3.00 and 5.00. Each SKU has the barcode `BAR-` and its code, each bin its label `BIN-` and its
    code. SALINE is lot-controlled; L-1 expires first.

    People: owner (everything), manager (Warehouse manager in North), approver (Approver in North: reviews and reads),
    counter and other_counter (Counter in North: neither sees stock), viewer (reads, counts nothing).
    """

    organization: Organization
    warehouse: Warehouse
    rooms: Mapping[str, Room]
    bins: Mapping[str, Bin]
    skus: Mapping[str, Sku]
    lots: Mapping[str, Lot]
    people: Mapping[str, User]

    def access_of(self, name: str) -> Access:
        access = access_of_user(self.people[name], self.organization)
        assert access is not None, f"{name} is no member."
        return access

    def key_access(self, *scopes: str, **fields: Any) -> Access:
        """The access of a new API key; it may count unless its scopes are given."""
        name = f"Key {ApiKey.objects.filter(organization=self.organization).count() + 1}"
        factories.make_key(self.organization, scopes or ("inventory.cyclecount",), name=name, **fields)
        return access_of_key(ApiKey.objects.get(organization=self.organization, name=name))

    def sku(self, code: str) -> Sku:
        return self.skus[code]

    def bin(self, code: str) -> Bin:
        return self.bins[code]

    def lot(self, code: str) -> Lot:
        return self.lots[code]

    def stock_by(
        self, sku: str, bin: str, delta: int, lot: str | None = None, *, recorded_at: datetime | None = None
    ) -> None:
        """Change what lies there through the ledger."""
        factories.stock(
            self.skus[sku],
            self.warehouse,
            delta,
            bin=self.bins[bin],
            lot=self.lots[lot] if lot else None,
            recorded_at=recorded_at,
        )

    def on_hand(self, sku: str, bin: str, lot: str | None = None) -> int:
        """What the books say lies there now."""
        items = StockItem.objects.filter(sku=self.skus[sku], bin=self.bins[bin])
        items = items.filter(lot=self.lots[lot]) if lot else items.filter(lot__isnull=True)
        return items.values_list("on_hand", flat=True).first() or 0

    def plan(self, *, by: str = "manager", scope: Scope | None = None, **fields: Any) -> CountBatch:
        """A draft; of all four bins unless a scope says otherwise: then it has six lines."""
        planned = Scope(bins=tuple(self.bins.values())) if scope is None else scope
        access = fields.pop("access", None) or self.access_of(by)
        return transactions.run(
            lambda: create_batch(access=access, warehouse=self.warehouse, scope=planned, **fields)
        )

    def start(self, batch: CountBatch, *, by: str = "counter", **fields: Any) -> CountBatch:
        return transactions.run(lambda: start_batch(access=self.access_of(by), batch=batch, **fields))

    def started(self, *, started_at: datetime | None = None, **fields: Any) -> CountBatch:
        """A batch that is being counted, planned as by `plan`."""
        return self.start(self.plan(**fields), recorded_at=started_at)

    def count(
        self,
        batch: CountBatch,
        found: Mapping[Place, int | None],
        *,
        by: str = "counter",
        access: Access | None = None,
        counted_at: datetime | None = None,
        **fields: Any,
    ) -> Counts:
        """Somebody says what they have counted; None takes a count back."""
        counts = [
            self.counted(*place, quantity=units, index=n) for n, (place, units) in enumerate(found.items())
        ]
        if counted_at is not None:
            counts = [replace(count, counted_at=counted_at) for count in counts]
        return transactions.run(
            lambda: count_lines(access=access or self.access_of(by), batch=batch, counts=counts, **fields)
        )

    def counted(
        self, sku: str, bin: str, lot: str | None = None, *, quantity: int | None, **fields: Any
    ) -> Counted:
        """One count; a lot that nobody knows is only its code."""
        known = self.lots.get(lot) if lot else None
        return Counted(
            quantity=quantity,
            sku=self.skus[sku],
            bin=self.bins[bin],
            lot=known,
            lot_code=lot if lot and known is None else "",
            **fields,
        )

    def count_all(
        self, batch: CountBatch, *, off: Mapping[Place, int] | None = None, by: str = "counter"
    ) -> None:
        """Count every line of `plan` as the books said at first, but for those in `off`: so many more, or less."""
        units = {place: there + (off or {}).get(place, 0) for place, there in SHELVES.items()}
        self.count(batch, units, by=by)

    def submit(self, batch: CountBatch, *, by: str = "counter", **fields: Any) -> CountBatch:
        return transactions.run(lambda: submit_batch(access=self.access_of(by), batch=batch, **fields))

    def submitted(
        self, *, off: Mapping[Place, int] | None = None, by: str = "counter", **fields: Any
    ) -> CountBatch:
        """A batch to review, every line of it counted."""
        batch = self.started(**fields)
        self.count_all(batch, off=off, by=by)
        return self.submit(batch, by=by)

    def line(self, batch: CountBatch, sku: str, bin: str, lot: str | None = None) -> CountLine:
        """The line of the batch, as it is now; a lot that nobody knows is asked for by its code."""
        lines = CountLine.objects.filter(batch=batch, sku=self.skus[sku], bin=self.bins[bin])
        known = self.lots.get(lot) if lot else None
        if known is not None:
            return lines.get(lot=known)
        return lines.get(lot__isnull=True, lot_code=lot or "")


#: What lies where before a test does anything.
SHELVES: Mapping[Place, int] = {
    ("GLOVES", "A-1"): 10,
    ("MASKS", "A-1"): 5,
    ("GLOVES", "A-2"): 20,
    ("SALINE", "A-3", "L-1"): 7,
    ("SALINE", "A-3", "L-2"): 3,
    ("MASKS", "A-4"): 40,
}
_COSTS = {"GLOVES": "2.00", "MASKS": "3.00", "SALINE": "5.00", "TAPE": None}
_ROOMS = {"A-1": "Front", "A-2": "Front", "A-3": "Back", "A-4": "Back"}
_EXPIRES = {"L-1": date(2098, 1, 31), "L-2": date(2099, 1, 31)}
_PEOPLE = {
    "owner": "owner@acme.example",
    "manager": "manager@acme.example",
    "approver": "approver@acme.example",
    "counter": "counter@acme.example",
    "other_counter": "other.counter@acme.example",
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
    warehouse = Warehouse.objects.get(organization=organization, name="North")
    rooms = {room.name: room for room in Room.objects.filter(warehouse=warehouse)}
    bins = {
        bin.code: bin for bin in Bin.objects.filter(warehouse=warehouse, is_default=False).order_by("code")
    }
    skus = {sku.code: sku for sku in Sku.objects.filter(organization=organization).select_related("product")}
    lots = {lot.code: lot for lot in Lot.objects.filter(organization=organization)}
    users = {user.email: user for user in User.objects.filter(email__in=_PEOPLE.values())}
    records: list[Any] = [warehouse, *rooms.values(), *bins.values(), *skus.values(), *lots.values()]
    for row in records:
        row.organization = organization
    for bin in bins.values():
        bin.warehouse = warehouse
    return Ground(
        organization=organization,
        warehouse=warehouse,
        rooms=rooms,
        bins=bins,
        skus=skus,
        lots=lots,
        people={name: users[email] for name, email in _PEOPLE.items()},
    )


def _make() -> Organization:
    organization = factories.make_organization()
    warehouse = factories.make_warehouse(organization, "North")
    rooms = {
        name: Room.objects.create(organization=organization, warehouse=warehouse, name=name)
        for name in ("Front", "Back")
    }
    bins = {
        code: factories.make_bin(
            warehouse, code, room=rooms[room], barcode=f"BIN-{code}", pick_sequence=10 * number
        )
        for number, (code, room) in enumerate(_ROOMS.items(), start=1)
    }
    skus = {
        code: factories.make_sku(
            organization,
            code,
            unit_cost=cost,
            barcodes=[f"BAR-{code}"],
            is_lot_controlled=code == "SALINE",
        )
        for code, cost in _COSTS.items()
    }
    lots = {code: factories.make_lot(skus["SALINE"], code, day) for code, day in _EXPIRES.items()}
    for (sku, bin, *lot), units in SHELVES.items():
        factories.stock(skus[sku], warehouse, units, bin=bins[bin], lot=lots[lot[0]] if lot else None)
    roles: dict[str, list[Any]] = {
        "owner": ["Owner"],
        "manager": [("Warehouse manager", warehouse)],
        "approver": [("Approver", warehouse)],
        "counter": [("Counter", warehouse)],
        "other_counter": [("Counter", warehouse)],
        "viewer": ["Viewer"],
    }
    for name, given in roles.items():
        factories.make_person(_PEOPLE[name], {organization: given})
    return organization


_make_ground = Remembered(_make)
