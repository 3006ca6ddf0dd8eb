"""Whether what clients and receiver know is what the database holds: nothing lost, nothing twice, no phantom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.apps import apps

from cycle_counts.models import CountBatch
from inventory.models import Delivery, DeliveryState, Event, EventType, StateChange, StockLevel, Transfer
from stock_requests.models import StockRequest
from tests.chaos.ground import Figures, figures_of
from tests.chaos.journal import Journal, Write
from tests.events.receiver import Received
from warehouses.identifiers import encode
from warehouses.models import IdempotencyRecord, Organization

__all__ = ["find_faults"]

#: What is told of an act on a document: its event, whose history has the act, and what the act is called there.
_ACTS: tuple[tuple[EventType, type[Any], str, tuple[str, ...]], ...] = (
    (EventType.TRANSFER_SHIPPED, Transfer, "transfer_id", ("ship",)),
    (EventType.TRANSFER_RECEIVED, Transfer, "transfer_id", ("receive",)),
    (EventType.REQUEST_SUBMITTED, StockRequest, "stock_request_id", ("submit",)),
    (EventType.REQUEST_APPROVED, StockRequest, "stock_request_id", ("approve",)),
    (EventType.REQUEST_REJECTED, StockRequest, "stock_request_id", ("reject",)),
    (EventType.REQUEST_FULFILLED, StockRequest, "stock_request_id", ("fulfil",)),
    (EventType.COUNT_RESOLVED, CountBatch, "cycle_count_id", ("resolve",)),
)


def find_faults(
    organization: Organization,
    *,
    journal: Journal,
    received: Sequence[Received],
    before: Mapping[UUID, Figures],
) -> Iterator[str]:
    """A sentence for each promise that was broken. Reads the database as it is now; all must have been delivered."""
    yield from _of_writes(organization, journal)
    yield from _of_deliveries(organization, received)
    told = {request.id: request.told for request in received}
    yield from _of_levels(organization, told, before)
    yield from _of_acts(told)


# --- writes


def _of_writes(organization: Organization, journal: Journal) -> Iterator[str]:
    kept = {
        record.key: record
        for record in IdempotencyRecord.objects.filter(organization=organization).iterator()
    }
    for write in journal.writes:
        if write.is_unclear:
            yield f"{_name(write)} was never answered, in {write.tries} tries"
            continue
        found = _count(write)
        wanted = write.mark.count if write.is_acknowledged else 0
        if found != wanted:
            verb = "acknowledged" if write.is_acknowledged else f"refused ({write.status})"
            yield f"{_name(write)} was {verb} and is there {found} times instead of {wanted}"
        record = kept.pop(write.key, None)
        if write.is_acknowledged and record is None:
            yield f"{_name(write)} was acknowledged, and its answer is not kept"
        elif write.is_acknowledged and record is not None:
            if (record.status, record.body.encode()) != (write.status, write.body):
                yield f"{_name(write)} was answered otherwise than what is kept of it"
        elif record is not None:
            yield f"{_name(write)} was refused ({write.status}), and a success is kept of it"
    for key in kept:
        yield f"{key} is kept, and nobody has sent it"


def _count(write: Write) -> int:
    manager = apps.get_model(write.mark.model)._default_manager
    return int(manager.filter(**write.mark.values).count())


def _name(write: Write) -> str:
    return f"{write.kind} {write.key}"


# --- deliveries


def _of_deliveries(organization: Organization, received: Sequence[Received]) -> Iterator[str]:
    events = {encode(Event.prefix, pk): body for pk, body in Event.objects.values_list("pk", "body")}
    bodies: defaultdict[str, set[bytes]] = defaultdict(set)
    for request in received:
        bodies[request.id].add(request.body)
    for lost in events.keys() - bodies.keys():
        yield f"event {lost} has not arrived"
    for phantom in bodies.keys() - events.keys():
        yield f"event {phantom} has arrived, and there is no such event"
    for id, different in bodies.items():
        if len(different) > 1 or (id in events and different != {events[id].encode()}):
            yield f"event {id} has arrived as something else"
    left = Delivery.objects.filter(organization=organization).exclude(state=DeliveryState.DELIVERED).count()
    if left:
        yield f"{left} deliveries are not delivered"


# --- what events tell


def _of_levels(
    organization: Organization, told: Mapping[str, Any], before: Mapping[UUID, Figures]
) -> Iterator[str]:
    """Each level's events are a chain from what it was before to what it is now: none is missing, none too many."""
    names = {
        (code, encode("wh", warehouse)): pk
        for pk, code, warehouse in StockLevel.objects.filter(organization=organization).values_list(
            "pk", "sku__code", "warehouse_id"
        )
    }
    chains: defaultdict[UUID | None, list[Any]] = defaultdict(list)
    for body in told.values():
        if body["type"] == EventType.INVENTORY_UPDATED.value:
            data = body["data"]
            chains[names.get((data["sku"], data["warehouse_id"]))].append(data)
    for pk, now in figures_of(organization).items():
        last = before.get(pk, Figures(0, 0, 0, 0))
        for data in sorted(chains.pop(pk, []), key=lambda data: int(data["version"])):
            previous = data["previous"]
            said = (previous["on_hand"], previous["reserved"], previous["held"])
            if said != (last.on_hand, last.reserved, last.held) or data["version"] <= last.version:
                yield f"level {pk}: version {data['version']} does not follow from version {last.version}"
            last = Figures(data["version"], data["on_hand"], data["reserved"], data["held"])
        if last != now:
            yield f"level {pk} was last told to be {last} and is {now}"
    if chains:
        yield f"{sum(map(len, chains.values()))} events are of levels that do not exist"


def _of_acts(told: Mapping[str, Any]) -> Iterator[str]:
    """One event for each act of its kind, of the record that it was done with."""
    for kind, model, field, actions in _ACTS:
        heard = Counter(body["data"][field] for body in told.values() if body["type"] == kind.value)
        done = _done(model, actions)
        for record in (heard.keys() | done.keys()) - {id for id in heard if heard[id] == done[id]}:
            yield f"{kind.value} of {record} was heard {heard[record]} times, and {done[record]} happened"


def _done(model: type[Any], actions: Collection[str]) -> Counter[str]:
    changes = StateChange.objects.filter(subject_type=model.prefix, action__in=actions)
    return Counter(encode(model.prefix, pk) for pk in changes.values_list("subject_id", flat=True))
