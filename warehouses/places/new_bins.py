"""Putting up shelves: one bin or hundreds, all or none of them, looked at and written together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.db.models.functions import Lower

from warehouses import transactions
from warehouses.actors import Actor
from warehouses.models import Bin, Organization, Room, Warehouse
from warehouses.places.finding import room_not_found
from warehouses.places.rows import check_owner, tell
from warehouses.records import validate
from warehouses.refusals import Conflict, InvalidInput, Problem, Refusal, gather

__all__ = ["PICK_SEQUENCE_STEP", "NewBin", "create_bins"]

#: Bins made without a pick sequence go to the end of the walk, with room for others in between.
PICK_SEQUENCE_STEP = 10


@dataclass(frozen=True, slots=True)
class NewBin:
    """A bin to be made. `index` is its row of the request, None where it is the request."""

    room: Room
    code: str
    barcode: str = ""
    pick_sequence: int | None = None
    capacity: int | None = None
    index: int | None = None


def create_bins(
    *, organization: Organization, actor: Actor, warehouse: Warehouse, bins: Sequence[NewBin]
) -> list[Bin]:
    """Bins of one warehouse; those without a pick sequence go to the end of its walk, in the order given.

    Raises Refusal, one problem for each bad bin: `INVALID_INPUT` (400), `ROOM_NOT_FOUND` (404), `CODE_TAKEN` and
    `BARCODE_TAKEN` (409), by another bin or by one of these.
    """
    check_owner(organization, warehouse)

    def work() -> list[Bin]:
        _hold_rooms(warehouse, bins)
        made = _unsaved(organization, warehouse, bins)
        faults = list(_faults(made, bins))
        if faults:
            raise gather(faults)
        try:
            with transaction.atomic():
                Bin.objects.bulk_create(made)
        except IntegrityError as error:  # another request took a code in this very moment
            taken = list(_taken(made, bins))
            if taken:
                raise gather(taken) from error
            raise
        return made

    made = transactions.run(work)
    for shelf in made:
        tell("bin.created", actor, shelf)
    return made


def _hold_rooms(warehouse: Warehouse, bins: Sequence[NewBin]) -> None:
    """Keep the rooms from being deleted meanwhile."""
    wanted = {new.room.pk for new in bins}
    rooms = Room.objects.filter(warehouse=warehouse, pk__in=wanted).order_by("pk")
    held = set(rooms.select_for_update(no_key=True).values_list("pk", flat=True))
    missing = [
        room_not_found(warehouse, index=new.index, field="room") for new in bins if new.room.pk not in held
    ]
    if missing:
        raise gather(missing)


def _unsaved(organization: Organization, warehouse: Warehouse, bins: Sequence[NewBin]) -> list[Bin]:
    last = 0
    if any(new.pick_sequence is None for new in bins):
        found = Bin.objects.filter(warehouse=warehouse).aggregate(last=Max("pick_sequence"))
        last = found["last"] or 0
    made = []
    for new in bins:
        walk = new.pick_sequence
        if walk is None:
            walk = last = last + PICK_SEQUENCE_STEP
        made.append(
            Bin(
                organization=organization,
                warehouse=warehouse,
                room=new.room,
                code=new.code.strip(),
                barcode=new.barcode.strip(),
                pick_sequence=walk,
                capacity=new.capacity,
            )
        )
    return made


def _faults(made: Sequence[Bin], bins: Sequence[NewBin]) -> Iterator[Refusal]:
    for shelf, new in zip(made, bins, strict=True):
        try:
            validate(shelf)
        except InvalidInput as refusal:
            problems = [Problem(each.code, each.detail, new.index, each.field) for each in refusal.problems]
            yield InvalidInput(refusal.code, refusal.detail, problems=problems)
    yield from _taken(made, bins)


def _taken(made: Sequence[Bin], bins: Sequence[NewBin]) -> Iterator[Refusal]:
    """A refusal for each bin whose code or barcode another bin has. Two queries."""
    codes = {shelf.code for shelf in made}
    keys = {code.lower() for code in codes}
    known = Bin.objects.filter(warehouse=made[0].warehouse).annotate(key=Lower("code"))
    # The database's idea of small letters may be narrower than Python's.
    used = {
        code.lower()
        for code in known.filter(Q(key__in=keys) | Q(code__in=codes)).values_list("code", flat=True)
    }
    barcodes = {shelf.barcode for shelf in made if shelf.barcode}
    labels = Bin.objects.filter(organization=made[0].organization, barcode__in=barcodes)
    labelled = set(labels.values_list("barcode", flat=True)) if barcodes else set()
    seen: dict[str, set[str]] = defaultdict(set)
    for shelf, new in zip(made, bins, strict=True):
        for field, code, value, others in (
            ("code", "CODE_TAKEN", shelf.code.lower(), used),
            ("barcode", "BARCODE_TAKEN", shelf.barcode, labelled),
        ):
            if value and (value in others or value in seen[field]):
                detail = f"There is already a bin with the {field} “{getattr(shelf, field)}”."
                yield Conflict(code, detail, problems=[Problem(code, detail, new.index, field)])
            seen[field].add(value)
