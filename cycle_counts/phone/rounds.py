"""What the counter's screen shows: whose rounds there are, and one round with its bins and lines.

Nothing of what the books say is read here, blind or not, nor how much anybody else has counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from cycle_counts.models import BatchState, CountBatch, CountBin, CountLine, LineState, Origin, Remark
from cycle_counts.rights import visible_batches
from inventory.models import Barcode, Lot, Sku
from warehouses.access import Access
from warehouses.identifiers import encode
from warehouses.models import Bin

__all__ = ["Round", "name_of", "round_data", "rounds_of"]

#: More than anybody walks in a day; whoever has more sees the first.
MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Round:
    """A batch as its counters see it. `is_mine`: it is the caller's to count, alone or with everybody else."""

    batch: CountBatch
    bins: int
    bins_left: int
    is_mine: bool
    is_late: bool
    is_later: bool

    @property
    def is_begun(self) -> bool:
        return self.batch.state == BatchState.COUNTING

    @property
    def name(self) -> str:
        return name_of(self.batch)


def name_of(batch: CountBatch) -> str:
    """What the counter calls it besides its number. A recount looks like any other task."""
    return "" if batch.origin == Origin.RECOUNT else batch.name


def rounds_of(*, access: Access, today: date) -> list[Round]:
    """What can be counted where the caller may, their own and what is begun first, then by the day it is due.

    Three queries, whatever there is to count. Raises Forbidden `PERMISSION_DENIED`.
    """
    assigned = CountBatch.assignees.through.objects.filter(countbatch=OuterRef("pk"))
    rows = visible_batches(access=access).filter(state__in=(BatchState.DRAFT, BatchState.COUNTING))
    rows = rows.select_related("warehouse").annotate(
        is_assigned=Exists(assigned.filter(user=access.actor.id)), is_anybodys=~Exists(assigned)
    )
    batches = list(rows.order_by("due_on", "number")[:MOST])
    bins = _bins_of(batches)
    found = [
        Round(
            batch=batch,
            bins=len(bins[batch.pk]),
            bins_left=sum(bins[batch.pk]),
            is_mine=batch.is_assigned or batch.is_anybodys,
            is_late=batch.due_on is not None and batch.due_on < today,
            is_later=batch.due_on is not None and batch.due_on > today and batch.state == BatchState.DRAFT,
        )
        for batch in batches
    ]
    return sorted(
        found,
        key=lambda one: (
            not one.is_mine,
            one.is_later,
            not one.is_begun,
            one.batch.due_on or date.max,
            one.batch.number,
        ),
    )


def _bins_of(batches: Sequence[CountBatch]) -> dict[UUID, list[bool]]:
    """Of each batch, for each of its bins whether there is something left to do in it. Two queries.

    A bin is left until somebody has said that there is nothing more in it, or each line of it is counted.
    """
    keys = [batch.pk for batch in batches]
    lines = CountLine.objects.order_by().filter(batch__in=keys).values("batch", "bin")
    pending = {
        (row["batch"], row["bin"]): row["pending"] > 0
        for row in lines.annotate(pending=Count("pk", filter=Q(state=LineState.PENDING)))
    }
    found: dict[UUID, list[bool]] = {key: [] for key in keys}
    bins = CountBin.objects.order_by().filter(batch__in=keys)
    for batch, bin, visited_at in bins.values_list("batch", "bin", "visited_at"):
        found[batch].append(visited_at is None and pending.get((batch, bin), True))
    return found


def round_data(*, access: Access, batch: CountBatch) -> dict[str, Any]:
    """The round as the page's script wants it: bins in the order in which they are walked, their lines, the SKUs.

    A line says how much the caller has counted, and of what others have counted only that they have. Four queries,
    however many lines, and one more where something was found in bins besides.
    """
    person = access.actor.id
    lines = list(
        CountLine.objects.filter(batch=batch)
        .exclude(state=LineState.IGNORED)
        .order_by("position")
        .values(
            *("id", "bin_id", "code", "lot_code", "is_found", "counted", "counter_name", "counted_by_id"),
            *(
                "counter_id",
                "remark",
                "note",
                "sku_id",
                "sku__code",
                "lot_id",
                "lot__code",
                "lot__expires_on",
            ),
            "recount_of__counted_by_id",
        )
    )
    return {
        "batch": {
            "id": batch.public_id,
            "label": batch.label,
            "name": name_of(batch),
            "place": batch.warehouse.name,
            "state": batch.state,
            "version": batch.version,
        },
        "bins": _bins(batch, {line["bin_id"] for line in lines}),
        "skus": _skus({line["sku_id"] for line in lines if line["sku_id"]}),
        "lines": [_line(line, person) for line in lines],
        "remarks": [[remark.value, str(remark.label)] for remark in Remark],
        "addresses": {
            "data": reverse("count:data", args=[batch.public_id]),
            "lookUp": reverse("count:look_up", args=[batch.public_id]),
        },
    }


def _bins(batch: CountBatch, counted_in: set[UUID]) -> list[dict[str, Any]]:
    """Those that the batch leads to, and then those in which something was found besides."""
    led_to = list(CountBin.objects.filter(batch=batch).select_related("bin__room").order_by("position"))
    besides = counted_in - {row.bin_id for row in led_to}
    others = Bin.objects.filter(pk__in=besides).select_related("room").order_by("pick_sequence", "code")
    return [
        *(bin_data(row.bin) | ({"visited": True} if row.visited_at else {}) for row in led_to),
        *(bin_data(bin) | {"besides": True} for bin in others),
    ]


def bin_data(bin: Bin) -> dict[str, Any]:
    return {"id": bin.public_id, "code": bin.code, "barcode": bin.barcode, "room": bin.room.name}


def _skus(keys: set[UUID]) -> dict[str, dict[str, Any]]:
    found = list(
        Sku.objects.filter(pk__in=keys).only("id", "code", "title", "base_unit", "is_lot_controlled")
    )
    return skus_data(found)


def skus_data(skus: Sequence[Sku]) -> dict[str, dict[str, Any]]:
    """By code: what they are called, what they are counted in, whether by lot, and their barcodes. One query."""
    barcodes: dict[UUID, list[str]] = {sku.pk: [] for sku in skus}
    for key, code in Barcode.objects.filter(sku__in=barcodes).order_by("code").values_list("sku_id", "code"):
        barcodes[key].append(code)
    return {
        sku.code: {
            "title": sku.title,
            "unit": sku.base_unit,
            "lots": sku.is_lot_controlled,
            "barcodes": barcodes[sku.pk],
        }
        for sku in skus
    }


def _line(row: dict[str, Any], person: UUID | None) -> dict[str, Any]:
    """Members that say nothing are left out: there may be ten thousand lines."""
    is_counted = row["counted"] is not None
    is_mine = is_counted and person in {row["counter_id"], row["counted_by_id"]}
    told: dict[str, Any] = {
        "id": encode(CountLine.prefix, row["id"]),
        "bin": encode(Bin.prefix, row["bin_id"]),
        "sku": row["sku__code"],
        "code": row["code"],
        "lot": encode(Lot.prefix, row["lot_id"]) if row["lot_id"] else None,
        "lotCode": row["lot__code"] or row["lot_code"],
        "expires": row["lot__expires_on"].isoformat() if row["lot__expires_on"] else None,
        "found": row["is_found"],
        "by": row["counter_name"] if is_counted and not is_mine else None,
        # Whoever counted it last time leaves it to somebody else now.
        "barred": person is not None and row["recount_of__counted_by_id"] == person,
    }
    if is_mine:
        told |= {"mine": row["counted"], "remark": row["remark"], "note": row["note"]}
    return {name: value for name, value in told.items() if value or name == "mine"}
