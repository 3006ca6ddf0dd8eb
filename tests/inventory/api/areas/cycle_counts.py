"""Cycle counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from cycle_counts.models import (
    BatchState,
    Classification,
    CountBatch,
    CountBin,
    CountLine,
    LineState,
)
from inventory.adjustments import adjust
from inventory.ledger import Line
from inventory.models import Sku, Source, StockItem
from tests.factories import make_bin, make_category, make_person, make_product, make_sku, reason
from tests.inventory.api.route import UNKNOWN, Request, Route, item_id, location_id
from warehouses import transactions
from warehouses.actors import SYSTEM, ActorType
from warehouses.http.instants import instant
from warehouses.identifiers import decode
from warehouses.models import Membership, Warehouse

_PATH = "/api/inventory/cycle-count"
_GOODS = "GOODS-"
#: What is there to be acted on.
_DRAFT, _PENDING, _COUNTED, _REVIEW = "Draft", "Pending", "Counted", "Review"
_STATES = {
    _DRAFT: BatchState.DRAFT,
    _PENDING: BatchState.COUNTING,
    _COUNTED: BatchState.COUNTING,
    _REVIEW: BatchState.REVIEW,
}
#: Of each kind that an act uses up.
_MANY = 16
#: Goods to plan counts of: nothing is planned twice, and whatever makes a count is called often.
_PLENTY = 48
_COUNTING_SINCE = timedelta(days=1)
_AGO = timedelta(hours=1)


def prepare(sku: Sku, warehouse: Warehouse) -> None:
    """Counts in every state that a route acts on, each of the SKU in a bin of its own, and what they may name."""
    organization = warehouse.organization
    make_person(f"counter.{organization.pk.hex}@example.com", {organization: ["Counter"]})
    now = timezone.now()
    _make_goods(warehouse, now)
    names = [name for name in _STATES for _ in range(_MANY)]
    bins = [make_bin(warehouse, f"COUNTED-{place}") for place in range(len(names))]
    batches = CountBatch.objects.bulk_create(
        _batch(warehouse, name, 90_000 + place, now) for place, name in enumerate(names)
    )
    CountBin.objects.bulk_create(
        CountBin(batch=batch, bin=bin, position=1) for batch, bin in zip(batches, bins, strict=True)
    )
    CountLine.objects.bulk_create(
        CountLine(batch=batch, position=1, bin=bin, sku=sku, **_count(batch.name, now))
        for batch, bin in zip(batches, bins, strict=True)
    )


def _make_goods(warehouse: Warehouse, now: datetime) -> None:
    """SKUs of class A, of one category, with one unit of each in the location."""
    organization = warehouse.organization
    product = make_product(organization, "Goods to count", make_category(organization, "Goods to count"))
    skus = [make_sku(organization, f"{_GOODS}{place:02d}", product=product) for place in range(_PLENTY)]
    Classification.objects.bulk_create(
        Classification(
            sku=sku,
            organization=organization,
            abc_class="A",
            rank=rank,
            units=1,
            value=1,
            share=1,
            cumulative_share=rank,
            classified_at=now,
        )
        for rank, sku in enumerate(skus, start=1)
    )
    opening = reason(organization)
    lines = [Line(sku=sku, warehouse=warehouse, quantity=1, reason=opening) for sku in skus]
    transactions.run(
        lambda: adjust(organization=organization, actor=SYSTEM, source=Source.SYSTEM, lines=lines)
    )


def _batch(warehouse: Warehouse, name: str, number: int, now: datetime) -> CountBatch:
    return CountBatch(
        organization=warehouse.organization,
        warehouse=warehouse,
        number=number,
        name=name,
        state=_STATES[name],
        # Some of what was there: nothing is added when it starts.
        scope={"limit": 1},
        actor_type=SYSTEM.type,
        actor_id=SYSTEM.id,
        actor_name=SYSTEM.name,
        started_at=now - _COUNTING_SINCE if name != _DRAFT else None,
        submitted_at=now if name == _REVIEW else None,
    )


def _count(name: str, now: datetime) -> dict[str, Any]:
    if name in {_DRAFT, _PENDING}:
        return {}
    return {
        "state": LineState.COUNTED,
        "counted": 3,
        "expected": 0,
        "variance": 3,
        "level_version": 0,
        "counted_at": now,
        "counter_type": ActorType.SYSTEM,
        "counter_name": SYSTEM.name,
    }


def _is_there(sku: str, warehouse: str) -> bool:
    return item_id(sku, warehouse) != f"inv_{UNKNOWN}"


def _of(sku: str, warehouse: str, name: str) -> CountLine | None:
    """The line of the first that is as it was prepared, if the SKU is there."""
    if not _is_there(sku, warehouse):
        return None
    state = {_DRAFT: LineState.PENDING, _PENDING: LineState.PENDING}.get(name, LineState.COUNTED)
    lines = CountLine.objects.filter(
        batch__warehouse=decode(Warehouse.prefix, warehouse), batch__name=name, batch__state=_STATES[name]
    )
    return lines.filter(state=state).select_related("batch", "bin").order_by("batch__number").first()


def _batch_id(line: CountLine | None) -> str:
    return line.batch.public_id if line is not None else f"cc_{UNKNOWN}"


def _line_id(line: CountLine | None) -> str:
    return line.public_id if line is not None else f"ccl_{UNKNOWN}"


def _bin_id(line: CountLine | None) -> str:
    return line.bin.public_id if line is not None else f"bin_{UNKNOWN}"


def _version(line: CountLine | None) -> dict[str, Any]:
    return {"version": line.batch.version if line is not None else 1}


def _member(sku: str, warehouse: str) -> str:
    """The counter that was prepared, in the organization whose warehouse has the SKU."""
    found = None
    if _is_there(sku, warehouse):
        place = Warehouse.objects.get(pk=decode(Warehouse.prefix, warehouse))
        members = Membership.objects.filter(
            organization=place.organization_id, user__email__startswith="counter."
        )
        found = members.select_related("user").first()
    return found.user.public_id if found is not None else f"usr_{UNKNOWN}"


def _plan(sku: str, warehouse: str, **more: Any) -> dict[str, Any]:
    return {"locationId": location_id(sku, warehouse), "name": "Planned", **more}


def _goods(sku: str, warehouse: str) -> StockItem | None:
    """Goods that are in no count yet, for nothing is planned twice; if the SKU is there."""
    if not _is_there(sku, warehouse):
        return None
    place = decode(Warehouse.prefix, warehouse)
    items = StockItem.objects.filter(warehouse=place, sku__code__startswith=_GOODS)
    free = items.exclude(sku__in=CountLine.objects.filter(batch__warehouse=place).values("sku"))
    return free.select_related("bin__room", "sku__product__category").order_by("sku__code_key").first()


def _whole_plan(sku: str, warehouse: str) -> dict[str, Any]:
    item = _goods(sku, warehouse)
    category = item.sku.product.category if item is not None else None
    return _plan(
        sku,
        warehouse,
        binIds=[item.bin.public_id if item is not None else f"bin_{UNKNOWN}"],
        roomIds=[item.bin.room.public_id if item is not None else f"room_{UNKNOWN}"],
        categoryId=category.public_id if category is not None else f"cat_{UNKNOWN}",
        skus=[item.sku.code if item is not None else sku],
        classes=["A"],
        dueOnly=True,
        notCountedForDays=1,
        limit=5,
        blind=True,
        tolerance={"units": 2, "percent": 2.5, "value": 9.5},
        assigneeIds=[_member(sku, warehouse)],
        dueOn="2026-03-16",
        note="why",
    )


def _plans(path: str) -> Callable[[str, str], list[Request]]:
    def requests(sku: str, warehouse: str) -> list[Request]:
        return [
            Request(path, _whole_plan(sku, warehouse)),
            Request(path, _plan(sku, warehouse, classes=["A"], sample=1)),
        ]

    return requests


def _plans_by_class(sku: str, warehouse: str) -> list[Request]:
    body = _plan(
        sku,
        warehouse,
        classes=["A"],
        dueOnly=True,
        limit=1,
        blind=True,
        tolerance={"units": 2, "percent": 2.5, "value": 9.5},
        assigneeIds=[_member(sku, warehouse)],
        dueOn="2026-03-16",
        note="why",
    )
    return [Request(f"{_PATH}/abc", body)]


def _acts(path: str) -> Callable[[str, str], list[Request]]:
    def requests(sku: str, warehouse: str) -> list[Request]:
        draft, pending, counted = (_of(sku, warehouse, name) for name in (_DRAFT, _PENDING, _COUNTED))
        now = timezone.now()
        row = {
            "lineId": _line_id(pending),
            "countedQuantity": 3,
            "clientId": str(uuid4()),
            "countedAt": instant(now - _AGO),
            "remark": "damaged",
            "note": "why",
        }
        visited = {"binId": _bin_id(pending), "visitedAt": instant(now - _AGO)}
        whole = {"counts": [row], "visited": [visited], "sentAt": instant(now), **_version(pending)}
        found = {"sku": sku, "binId": _bin_id(pending), "countedQuantity": None}
        change = {
            "name": _DRAFT,
            "dueOn": "2026-03-16",
            "assigneeIds": [_member(sku, warehouse)],
            "blind": False,
        }
        return [
            Request(f"{path}/{_batch_id(pending)}", {"action": "count", **whole}),
            Request(f"{path}/{_batch_id(pending)}", {"action": "count", "counts": [found]}),
            Request(f"{path}/{_batch_id(draft)}", {"action": "start"}),
            Request(f"{path}/{_batch_id(counted)}", {"action": "submit", **_version(counted)}),
            Request(f"{path}/{_batch_id(draft)}", {"action": "update", **change, **_version(draft)}),
            Request(f"{path}/{_batch_id(pending)}", {"action": "cancel", "reason": "why"}),
        ]

    return requests


def _reads(path: str) -> Callable[[str, str], list[Request]]:
    def requests(sku: str, warehouse: str) -> list[Request]:
        found = _batch_id(_of(sku, warehouse, _REVIEW))
        return [Request(f"{path}/{found}"), Request(f"{path}/{found}?limit=1")]

    return requests


def _lists(path: str) -> Callable[[str, str], list[Request]]:
    return lambda sku, warehouse: [
        Request(path),
        Request(f"{path}?locationId={location_id(sku, warehouse)}&status=draft,review"),
    ]


def _of_location(path: str) -> Callable[[str, str], list[Request]]:
    return lambda sku, warehouse: [Request(path), Request(f"{path}?locationId={location_id(sku, warehouse)}")]


def _form(sku: str, warehouse: str) -> list[Request]:
    return [Request(f"{_PATH}/blind-form?batchId={_batch_id(_of(sku, warehouse, _PENDING))}")]


def _sheet(sku: str, warehouse: str) -> list[Request]:
    line = _of(sku, warehouse, _PENDING)
    return [
        Request(f"{_PATH}/{_batch_id(line)}/sheet", {"csv": f"line_id,counted\n{_line_id(line)},3\n"}),
    ]


def _decision(line: CountLine | None) -> dict[str, Any]:
    return {"lineId": _line_id(line), "resolution": "accept", "rootCause": "picking", "note": "why"}


def _resolves(path: str) -> Callable[[str, str], list[Request]]:
    def requests(sku: str, warehouse: str) -> list[Request]:
        line = _of(sku, warehouse, _REVIEW)
        again = {"recountAssigneeIds": [_member(sku, warehouse)], "note": "why"}
        whole = {"batchId": _batch_id(line), "lines": [_decision(line)], **again, **_version(line)}
        return [Request(path, whole), Request(path, {"batchId": _batch_id(line)})]

    return requests


def _decides(sku: str, warehouse: str) -> list[Request]:
    line = _of(sku, warehouse, _REVIEW)
    body = {"batchId": _batch_id(line), "lines": [_decision(line)], **_version(line)}
    return [Request(f"{_PATH}/decide", body)]


_OPTIONAL = frozenset(
    "name note dueOn assigneeIds tolerance units percent value blind limit dueOnly notCountedForDays categoryId binIds "
    "roomIds skus version counts visited visitedAt sentAt clientId countedAt remark rootCause "
    "recountAssigneeIds".split()
)
_ONE = f"{_PATH}/{{batchId}}"
ROUTES: list[Route] = [
    Route("backoffice", "GET", _PATH, "cycle-count-list", _lists(_PATH)),
    Route(
        "backoffice",
        "POST",
        _PATH,
        "cycle-count-list",
        _plans(_PATH),
        status=201,
        optional=_OPTIONAL | {"classes"},
    ),
    Route(
        "backoffice",
        "POST",
        f"{_PATH}/preview",
        "cycle-count-preview",
        _plans(f"{_PATH}/preview"),
        optional=_OPTIONAL | {"classes"},
    ),
    Route("backoffice", "GET", _ONE, "cycle-count-detail", _reads(_PATH)),
    Route(
        "backoffice",
        "POST",
        _ONE,
        "cycle-count-detail",
        _acts(_PATH),
        optional=_OPTIONAL,
        nullable=frozenset({"countedQuantity"}),
    ),
    Route("backoffice", "GET", f"{_PATH}/abc", "cycle-count-abc", _of_location(f"{_PATH}/abc")),
    Route(
        "backoffice",
        "POST",
        f"{_PATH}/abc",
        "cycle-count-abc",
        _plans_by_class,
        status=201,
        optional=_OPTIONAL,
    ),
    Route(
        "backoffice", "GET", f"{_PATH}/accuracy", "cycle-count-accuracy", _of_location(f"{_PATH}/accuracy")
    ),
    Route(
        "backoffice",
        "GET",
        f"{_PATH}/blind-form",
        "cycle-count-blind-form",
        _form,
        media_types=("application/json", "text/csv"),
    ),
    Route(
        "backoffice",
        "POST",
        f"{_ONE}/sheet",
        "cycle-count-sheet",
        _sheet,
        multiline=frozenset({"csv"}),
    ),
    Route(
        "backoffice",
        "POST",
        f"{_PATH}/resolve",
        "cycle-count-resolution",
        _resolves(f"{_PATH}/resolve"),
        optional=_OPTIONAL | {"lines"},
    ),
    Route("backoffice", "POST", f"{_PATH}/decide", "cycle-count-decisions", _decides, optional=_OPTIONAL),
    Route("backoffice", "GET", "/cycle-count", "root-cycle-count-list", _lists("/cycle-count")),
    Route(
        "backoffice",
        "POST",
        "/cycle-count",
        "root-cycle-count-list",
        _plans("/cycle-count"),
        status=201,
        optional=_OPTIONAL | {"classes"},
    ),
    Route("backoffice", "GET", "/cycle-count/{batchId}", "root-cycle-count-detail", _reads("/cycle-count")),
    Route(
        "backoffice",
        "POST",
        "/cycle-count/{batchId}",
        "root-cycle-count-detail",
        _acts("/cycle-count"),
        optional=_OPTIONAL,
        nullable=frozenset({"countedQuantity"}),
    ),
    Route(
        "backoffice",
        "POST",
        "/cycle-count/resolve",
        "root-cycle-count-resolution",
        _resolves("/cycle-count/resolve"),
        optional=_OPTIONAL | {"lines"},
    ),
]
_LISTED = {
    *("locationId", "status", "origin", "assigneeId", "recountOfId", "blind", "late", "search"),
    *("dueFrom", "dueTo", "startDate", "endDate", "sort", "page", "limit"),
}
QUERIES: dict[tuple[str, str], set[str]] = {
    ("GET", _PATH): _LISTED,
    ("GET", "/cycle-count"): _LISTED,
    ("GET", _ONE): {"page", "limit"},
    ("GET", "/cycle-count/{batchId}"): {"page", "limit"},
    ("GET", f"{_PATH}/abc"): {"locationId", "abcClass", "dueOnly", "search", "page", "limit"},
    ("GET", f"{_PATH}/accuracy"): {"locationId", "weeks", "until"},
    ("GET", f"{_PATH}/blind-form"): {"batchId"},
}
WRITING: set[str] = {
    "createCycleCount",
    "createCycleCountAtRoot",
    "createCycleCountByClass",
    "previewCycleCount",
    "actOnCycleCount",
    "actOnCycleCountAtRoot",
    "resolveCycleCount",
    "resolveCycleCountAtRoot",
    "decideCycleCountLines",
    "uploadCountSheet",
}
