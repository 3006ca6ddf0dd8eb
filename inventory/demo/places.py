"""The demonstration's warehouses, with their rooms and shelves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from inventory.demo.documented import FBA_EU, STORE, WAREHOUSE_A, key_of
from warehouses.identifiers import new_id
from warehouses.models import Bin, Organization, Room, RoomType, Warehouse, WarehouseType
from warehouses.models.room import SELLABLE_BY_DEFAULT
from warehouses.models.warehouse import READONLY_TYPES
from warehouses.places import DEFAULT_BIN, DEFAULT_ROOM, PICK_SEQUENCE_STEP

__all__ = ["Place", "create_places"]


class Shelves(NamedTuple):
    """A room's shelves: `aisles` letters or numbers, each with `bays` of `tiers`; `capacity` in units."""

    room: str
    type: RoomType
    aisles: tuple[str, ...]
    bays: int
    tiers: int
    capacity: int | None = None


class Site(NamedTuple):
    name: str
    type: WarehouseType
    address: str
    mark: str  # what the barcodes of its shelves begin with
    rooms: tuple[Shelves, ...] = ()
    marketplace: str = ""
    public_id: str | None = None


_OWN_ROOMS: Final = (
    Shelves("Receiving", RoomType.RECEIVING, ("REC",), 4, 1),
    Shelves("Quarantine", RoomType.QUARANTINE, ("QUA",), 4, 1),
    Shelves("Returns", RoomType.RETURNS, ("RET",), 4, 1),
    Shelves("Destruction", RoomType.DESTRUCTION, ("DES",), 1, 1),
    Shelves("Shipping", RoomType.SHIPPING, ("SHP",), 3, 1),
)

_SITES: Final = (
    Site(
        "Warehouse A",
        WarehouseType.OWN,
        "Industriestraße 1, 12345 Berlin, DE",
        "WA",
        (
            Shelves("Picking", RoomType.STORAGE, ("A", "B", "C", "D"), 20, 3, 600),
            Shelves("Reserve", RoomType.STORAGE, ("R",), 15, 2, 2400),
            Shelves("Vault", RoomType.VAULT, ("V",), 6, 1, 60),
            *_OWN_ROOMS,
        ),
        public_id=WAREHOUSE_A,
    ),
    Site(
        "Warehouse B",
        WarehouseType.OWN,
        "Hafenstraße 20, 20457 Hamburg, DE",
        "WB",
        (Shelves("Picking", RoomType.STORAGE, ("A", "B", "C"), 14, 3, 600), *_OWN_ROOMS),
    ),
    Site(
        "Store Berlin Mitte",
        WarehouseType.STORE,
        "Torstraße 88, 10119 Berlin, DE",
        "ST",
        (
            Shelves("Shop", RoomType.SALES_FLOOR, ("S",), 20, 3, 80),
            Shelves("Back room", RoomType.STORAGE, ("BR",), 8, 2, 200),
            Shelves("Safe", RoomType.VAULT, ("V",), 3, 1, 30),
            Shelves("Secret menu", RoomType.SECRET_MENU, ("X",), 4, 1, 40),
            Shelves("To inspect", RoomType.QUARANTINE, ("QUA",), 2, 1),
            Shelves("Returns", RoomType.RETURNS, ("RET",), 2, 1),
        ),
        public_id=STORE,
    ),
    Site("FBA EU", WarehouseType.FBA, "", "FB", marketplace="amazon_eu", public_id=FBA_EU),
    Site(
        "3PL Rotterdam",
        WarehouseType.THIRD_PARTY,
        "Waalhaven Zuidzijde 14, 3088 HH Rotterdam, NL",
        "RO",
        (Shelves("Pallets", RoomType.STORAGE, ("P",), 18, 2, 3000),),
    ),
)


@dataclass(slots=True)
class Place:
    """A warehouse and its bins: `shelves` by room type, in the order of the walk."""

    warehouse: Warehouse
    default_bin: Bin
    shelves: dict[RoomType, list[Bin]] = field(default_factory=dict)

    def first(self, kind: RoomType) -> Bin:
        """The first bin of such a room, or the default bin of a place that has none."""
        found = self.shelves.get(kind)
        return found[0] if found else self.default_bin


def create_places(organization: Organization) -> dict[str, Place]:
    """Write every warehouse with its rooms and bins; by name.

    Set-wise, because there are hundreds of bins; and because documented warehouses have documented ids, which
    `warehouses.places` gives to none.
    """
    places: dict[str, Place] = {}
    rooms: list[Room] = []
    bins: list[Bin] = []
    for site in _SITES:
        warehouse = Warehouse(
            id=key_of(site.public_id) if site.public_id else new_id(),
            organization=organization,
            name=site.name,
            type=site.type,
            marketplace=site.marketplace,
            address=site.address,
            is_readonly=site.type in READONLY_TYPES,
        )
        main = Room(organization=organization, warehouse=warehouse, name=DEFAULT_ROOM, is_default=True)
        default_bin = Bin(
            organization=organization, warehouse=warehouse, room=main, code=DEFAULT_BIN, is_default=True
        )
        place = Place(warehouse, default_bin)
        places[site.name] = place
        rooms.append(main)
        bins.append(default_bin)
        walk = 0
        for shelves in site.rooms:
            room = Room(
                organization=organization,
                warehouse=warehouse,
                name=shelves.room,
                room_type=shelves.type,
                is_sellable=shelves.type in SELLABLE_BY_DEFAULT,
            )
            rooms.append(room)
            for code in _codes(shelves):
                walk += PICK_SEQUENCE_STEP
                shelf = Bin(
                    organization=organization,
                    warehouse=warehouse,
                    room=room,
                    code=code,
                    barcode=f"{site.mark}-{code}",
                    pick_sequence=walk,
                    capacity=shelves.capacity,
                )
                place.shelves.setdefault(shelves.type, []).append(shelf)
                bins.append(shelf)
    Warehouse.objects.bulk_create(place.warehouse for place in places.values())
    Room.objects.bulk_create(rooms)
    Bin.objects.bulk_create(bins)
    organization.default_warehouse = places["Warehouse A"].warehouse
    organization.save(update_fields=["default_warehouse"])
    return places


def _codes(shelves: Shelves) -> Iterator[str]:
    """A serpentine walk: up one aisle and down the next, so that a picker never walks an aisle for nothing."""
    for turn, aisle in enumerate(shelves.aisles):
        bays: Iterable[int] = range(1, shelves.bays + 1)
        for bay in reversed(list(bays)) if turn % 2 else bays:
            for tier in range(1, shelves.tiers + 1):
                yield f"{aisle}-{bay:02d}-{tier}" if shelves.tiers > 1 else f"{aisle}-{bay:02d}"
