"""Records for tests, made through the product's own doors wherever there is one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import Group

from inventory.adjustments import Recorded, adjust
from inventory.holds import create_hold
from inventory.ledger import Line, Mode
from inventory.models import (
    Barcode,
    Category,
    Hold,
    Lot,
    Product,
    ReasonCode,
    Reservation,
    Sku,
    Source,
    StockLevel,
    StockSummary,
)
from inventory.reservations import create_reservation
from stock_requests.drafting import Destination, WantedLine, create_request, submit_request
from stock_requests.models import Department, StockRequest
from warehouses import keys, organizations, people, places, transactions
from warehouses.access import Access, access_of_system
from warehouses.actors import SYSTEM, Actor
from warehouses.models import Bin, Organization, Room, User, Warehouse

__all__ = [
    "hold",
    "make_bin",
    "make_category",
    "make_department",
    "make_key",
    "make_lot",
    "make_organization",
    "make_person",
    "make_product",
    "make_request",
    "make_sku",
    "make_warehouse",
    "pretend_reserved",
    "reason",
    "reserve",
    "stock",
    "submitted_request",
]

_numbers = itertools.count(1)


def make_organization(name: str = "Acme", **fields: Any) -> Organization:
    """An organization with its standard reason codes and one warehouse, "Main warehouse", its default."""
    return organizations.create_organization(name=name, **fields)


def make_warehouse(organization: Organization, name: str = "Warehouse A", **fields: Any) -> Warehouse:
    return places.create_warehouse(organization=organization, actor=SYSTEM, name=name, **fields)


def make_bin(warehouse: Warehouse, code: str, *, room: Room | None = None, **fields: Any) -> Bin:
    return Bin.objects.create(
        organization=warehouse.organization,
        warehouse=warehouse,
        room=room or warehouse.rooms.get(is_default=True),
        code=code,
        **fields,
    )


def make_category(organization: Organization, name: str = "Widgets") -> Category:
    return Category.objects.create(organization=organization, name=name)


def make_product(
    organization: Organization, name: str = "Widget", category: Category | None = None
) -> Product:
    return Product.objects.create(organization=organization, name=name, category=category)


def make_sku(
    organization: Organization,
    code: str | None = None,
    *,
    product: Product | None = None,
    barcodes: Iterable[str] = (),
    **fields: Any,
) -> Sku:
    """A SKU, with a product of its own unless one is given."""
    code = code or f"SKU-{next(_numbers):04d}"
    title = fields.pop("title", f"Title of {code}")
    sku = Sku.objects.create(
        organization=organization,
        product=product or make_product(organization, title),
        code=code,
        title=title,
        **fields,
    )
    for barcode in barcodes:
        Barcode.objects.create(organization=organization, sku=sku, code=barcode)
    return sku


def make_lot(sku: Sku, code: str = "LOT-1", expires_on: date | None = None, **fields: Any) -> Lot:
    return Lot.objects.create(
        organization=sku.organization, sku=sku, code=code, expires_on=expires_on, **fields
    )


def reason(organization: Organization, code: str = "ADJUSTMENT") -> ReasonCode:
    return ReasonCode.objects.get(organization=organization, code_key=code.casefold())


def stock(
    sku: Sku,
    warehouse: Warehouse,
    quantity: int,
    *,
    bin: Bin | None = None,
    lot: Lot | None = None,
    mode: Mode = Mode.BY,
    code: str = "ADJUSTMENT",
    actor: Actor = SYSTEM,
    note: str = "",
    recorded_at: datetime | None = None,
) -> Recorded:
    """Change (or, with Mode.TO, set) stock through the ledger; read-only warehouses too, as their sync would."""
    line = Line(
        sku=sku,
        warehouse=warehouse,
        quantity=quantity,
        mode=mode,
        bin=bin,
        lot=lot,
        note=note,
        reason=reason(sku.organization, code),
    )
    return transactions.run(
        lambda: adjust(
            organization=sku.organization,
            actor=actor,
            source=Source.SYSTEM,
            lines=[line],
            by_sync=True,
            recorded_at=recorded_at,
        )
    )


def reserve(sku: Sku, warehouse: Warehouse, quantity: int, **fields: Any) -> Reservation:
    """A reservation of so many units; in read-only warehouses too, as their sync would make it."""
    given: dict[str, Any] = {
        "reference": "SO-1",
        "access": access_of_system(sku.organization),
        "by_sync": True,
    } | fields
    return transactions.run(
        lambda: create_reservation(sku=sku, warehouse=warehouse, quantity=quantity, **given)
    )


def hold(sku: Sku, warehouse: Warehouse, quantity: int | None = None, **fields: Any) -> Hold:
    """A hold of so many units, or of all that is free."""
    given: dict[str, Any] = {"reason": "Inspection", "access": access_of_system(sku.organization)} | fields
    return transactions.run(lambda: create_hold(sku=sku, warehouse=warehouse, quantity=quantity, **given))


def pretend_reserved(sku: Sku, warehouse: Warehouse, quantity: int) -> None:
    """Write a reserved quantity past the ledger, for tests of how it is shown: more than there is too, and less again.

    No reservation is behind it, which `verify_stock` would find: `reserve` makes a real one.
    """
    StockLevel.objects.filter(sku=sku, warehouse=warehouse).update(reserved=quantity)
    total = sum(StockLevel.objects.filter(sku=sku).values_list("reserved", flat=True))
    StockSummary.objects.filter(sku=sku).update(reserved=total)


def make_key(
    organization: Organization,
    scopes: Iterable[str] = ("inventory.read", "inventory.write"),
    *,
    warehouses: Iterable[Warehouse] = (),
    name: str = "Integration",
    **fields: Any,
) -> str:
    """The text of a new API key."""
    _key, text = keys.create_key(
        organization=organization,
        actor=SYSTEM,
        name=name,
        scopes=list(scopes),
        warehouses=list(warehouses),
        **fields,
    )
    return text


def make_person(
    email: str,
    roles: Mapping[Organization, Iterable[str | tuple[str, Warehouse]]] | None = None,
    **fields: Any,
) -> User:
    """A person; `roles` lists, per organization, roles by name, or (role, warehouse) for one warehouse only."""
    user = User.objects.create_user(email, "correct horse battery", **fields)
    for organization, granted in (roles or {}).items():
        membership = None
        for entry in granted:
            name, place = entry if isinstance(entry, tuple) else (entry, None)
            role = Group.objects.get(name=name)
            if membership is None:
                membership = people.add_member(
                    organization=organization, actor=SYSTEM, user=user, role=role, warehouse=place
                )
            else:
                people.assign_role(
                    organization=organization, actor=SYSTEM, membership=membership, role=role, warehouse=place
                )
        if membership is None:
            people.add_member(organization=organization, actor=SYSTEM, user=user)
    return user


def make_department(organization: Organization, name: str = "Workshop", **fields: Any) -> Department:
    return Department.objects.create(organization=organization, name=name, **fields)


def make_request(
    source: Warehouse,
    to: Warehouse | Room | Department | None = None,
    lines: Iterable[tuple[Sku, int]] = (),
    *,
    access: Access | None = None,
    **fields: Any,
) -> StockRequest:
    """A draft of so many units of each SKU; made by the system unless it is said whose `access` it is."""
    destination = Destination(
        warehouse=to if isinstance(to, Warehouse) else None,
        room=to if isinstance(to, Room) else None,
        department=to if isinstance(to, Department) else None,
    )
    wanted = [WantedLine(sku, quantity, index=index) for index, (sku, quantity) in enumerate(lines)]
    given: dict[str, Any] = {"access": access or access_of_system(source.organization)} | fields
    return transactions.run(
        lambda: create_request(from_warehouse=source, to=destination, lines=wanted, **given)
    )


def submitted_request(
    source: Warehouse,
    to: Warehouse | Room | Department | None = None,
    lines: Iterable[tuple[Sku, int]] = (),
    *,
    access: Access | None = None,
    submitter: Access | None = None,
    **fields: Any,
) -> StockRequest:
    """A request that waits for a decision; handed in by whoever made it, or by `submitter`."""
    request = make_request(source, to, lines, access=access, **fields)
    by = submitter or access or access_of_system(source.organization)
    return transactions.run(lambda: submit_request(access=by, request=request))
