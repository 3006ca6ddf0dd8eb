"""Receiving: what arrives is booked into the destination, lot by lot; what never will is written off with a reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from inventory import history, inbound, statements
from inventory.history import Entry
from inventory.ledger import DocumentRef, Line, post
from inventory.models import (
    DocumentType,
    EventType,
    Lot,
    ReasonCode,
    Transfer,
    TransferLine,
    TransferPick,
    TransferState,
)
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.transfers.documents import authorized_at
from inventory.transfers.events import announce_transfer
from inventory.transfers.shipping import transfer_reason
from inventory.transfers.states import Condition, seize
from warehouses.access import Access
from warehouses.models import Bin
from warehouses.refusals import (
    InvalidInput,
    NotFound,
    Problem,
    Refusal,
    RuleBroken,
    gather,
    readdressed,
)

__all__ = ["Receipt", "receive_transfer"]

_LONGEST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Receipt:
    """What arrived of one line: of the lots that were shipped for it in picking order, or of the named lot only.

    With a `shortage_reason` the rest of the line (or of that lot) never arrives: it is written off. Units beyond what
    is in transit need a `surplus_reason`. They go to `to_bin`, else where the transfer says. `index` is the row of
    the request, for the problems of a refusal.
    """

    line_id: UUID | None  # None: an id that nothing has
    quantity: int
    lot: Lot | None = None
    to_bin: Bin | None = None
    shortage_reason: str = ""
    surplus_reason: str = ""
    index: int = 0


@dataclass(slots=True)
class _Rest:
    """A line with its picks, as what is left of it dwindles."""

    line: TransferLine
    picks: list[TransferPick]
    arrived: int = 0
    surplus: int = 0
    lost: int = 0
    is_touched: bool = False
    reasons: list[str] = field(default_factory=list)
    surplus_reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """So many units of a lot, for a bin; `row` is the row of the request that they came from."""

    rest: _Rest
    lot: Lot | None
    to_bin: Bin | None
    quantity: int
    note: str
    row: int | None


def receive_transfer(
    *,
    access: Access,
    transfer: Transfer,
    receipts: Sequence[Receipt] | None = None,
    is_final: bool = False,
    note: str = "",
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> Transfer:
    """Book what has arrived into the destination. None: all that is in transit.

    What is not mentioned stays in transit, unless `is_final`: then nothing does, and each line that is short has to
    say why. When nothing is in transit any more the transfer is received. Needs `transfers.write` at the destination,
    and a transaction of the caller's. Locks the transfer, then replenishments, then posts; a constant number of
    statements. `recorded_at` is the clock, for seeded demonstrations.

    Raises RuleBroken `SHORTAGE_REASON_REQUIRED`, `SURPLUS_REASON_REQUIRED`, `DUPLICATE_ROW` (a line, or a lot of it,
    twice), NotFound `TRANSFER_LINE_NOT_FOUND`, `LOT_NOT_FOUND` (none of it was shipped), `TRANSFER_NOT_FOUND`,
    InvalidInput `INVALID_QUANTITY`, Conflict `INVALID_TRANSITION`, `BIN_FULL`, Forbidden `PERMISSION_DENIED`, what
    `condition` raises, and what the ledger raises for goods that come in.
    """
    locked = seize(
        transfer, action="receive", authorize=authorized_at(access, "to_warehouse"), condition=condition
    )
    rests = _rests_of(locked)
    arrivals = _settle(rests, receipts, is_final=is_final)
    touched = [rest for rest in rests.values() if rest.is_touched]
    is_closed = not any(rest.line.in_transit for rest in rests.values())
    _write(touched)
    at = recorded_at or timezone.now()
    inbound.follow_lines(
        organization=access.organization,
        actor=access.actor,
        lines=[rest.line for rest in touched],
        at=at,
        is_closed=is_closed,
    )
    if arrivals:
        at = _post(access, locked, arrivals, note, recorded_at)
    before = locked.state
    locked.version += 1
    if is_closed:
        locked.state = TransferState.RECEIVED
        locked.closed_at = at
    locked.save(update_fields=["state", "version", "closed_at"])
    history.note_all(
        organization=access.organization,
        actor=access.actor,
        entries=list(_entries(locked, before, touched, note)),
        at=at,
    )
    announce_transfer(
        EventType.TRANSFER_RECEIVED,
        locked,
        [rest.line for rest in touched],
        organization=access.organization,
        actor=access.actor,
        note=note,
        at=at,
    )
    return locked


def _rests_of(transfer: Transfer) -> dict[UUID, _Rest]:
    lines = transfer.lines.select_related("sku", "lot", "to_bin").order_by("position")
    rests = {line.pk: _Rest(line, []) for line in lines}
    for pick in TransferPick.objects.filter(line__transfer=transfer).select_related("lot").order_by("pk"):
        rests[pick.line_id].picks.append(pick)
    return rests


def _settle(
    rests: dict[UUID, _Rest], receipts: Sequence[Receipt] | None, *, is_final: bool
) -> list[_Arrival]:
    """What arrives, with the lines and picks brought up to date in memory. Raises every bad row together."""
    arrivals: list[_Arrival] = []
    refused: list[Refusal] = []
    if receipts is None:
        for rest in rests.values():
            if rest.line.in_transit:
                arrivals += _arrive(rest, rest.picks, rest.line.in_transit, None, None)
        return arrivals
    if not receipts and not is_final:
        raise InvalidInput(
            "INVALID_REQUEST", "Name at least one line, or leave `lines` out: all has arrived."
        )
    seen: dict[UUID, set[UUID | None]] = defaultdict(set)
    for receipt in receipts:
        try:
            if receipt.line_id is None or receipt.line_id not in rests:
                detail = "The transfer has no such line."
                raise _refusal(NotFound, "TRANSFER_LINE_NOT_FOUND", detail, receipt.index, "line")
            rest = rests[receipt.line_id]
            lots = seen[rest.line.pk]
            lot_id = receipt.lot.pk if receipt.lot is not None else None
            if lot_id in lots or None in lots or (lot_id is None and lots):
                detail = f"{rest.line.sku.code}: this line is there twice; which one holds?"
                raise _refusal(RuleBroken, "DUPLICATE_ROW", detail, receipt.index, "line")
            lots.add(lot_id)
            arrivals += _receive(rest, receipt, is_final=is_final)
        except Refusal as refusal:
            refused.append(refusal)
    if is_final and not refused:
        refused += [
            _no_reason(rest.line, rest.line.in_transit, None)
            for rest in rests.values()
            if rest.line.in_transit
        ]
    if refused:
        raise gather(refused)
    return arrivals


def _receive(rest: _Rest, receipt: Receipt, *, is_final: bool) -> Iterator[_Arrival]:
    line, index = rest.line, receipt.index
    picks = [pick for pick in rest.picks if receipt.lot is None or pick.lot_id == receipt.lot.pk]
    if not picks:
        detail = f"Nothing of that lot was shipped for {line.sku.code}."
        raise _refusal(NotFound, "LOT_NOT_FOUND", detail, index, "lot")
    if not 0 <= receipt.quantity <= MAXIMUM_QUANTITY:
        detail = f"A quantity is from 0 to {MAXIMUM_QUANTITY:,} units."
        raise _refusal(InvalidInput, "INVALID_QUANTITY", detail, index, "quantity")
    outstanding = sum(pick.quantity - pick.settled for pick in picks)
    short = max(outstanding - receipt.quantity, 0)
    extra = max(receipt.quantity - outstanding, 0)
    if extra and not receipt.surplus_reason:
        detail = (
            f"{outstanding} units of {line.sku.code} are in transit and {receipt.quantity} have arrived:"
            f" say where the {extra} more come from."
        )
        raise _refusal(RuleBroken, "SURPLUS_REASON_REQUIRED", detail, index, "surplus_reason")
    if short and is_final and not receipt.shortage_reason:
        raise _no_reason(line, short, index)
    if not receipt.quantity and not (short and receipt.shortage_reason):
        detail = "Say how many units have arrived, or with 0 why the rest never will."
        raise _refusal(InvalidInput, "INVALID_QUANTITY", detail, index, "quantity")
    yield from _arrive(rest, picks, receipt.quantity - extra, receipt.to_bin, index)
    if extra:
        line.received += extra
        line.surplus += extra
        rest.arrived += extra
        rest.surplus += extra
        rest.is_touched = True
        rest.surplus_reasons.append(receipt.surplus_reason)
        # Nobody can tell more units of a lot from those shipped: they count as of the one that was picked last.
        yield _Arrival(
            rest, picks[-1].lot, receipt.to_bin or line.to_bin, extra, receipt.surplus_reason, index
        )
    if short and receipt.shortage_reason:
        for pick in picks:
            pick.settled = pick.quantity
        line.written_off += short
        line.shortage_reason = _joined(line.shortage_reason, receipt.shortage_reason)
        rest.lost += short
        rest.is_touched = True
        rest.reasons.append(receipt.shortage_reason)


def _arrive(
    rest: _Rest, picks: Sequence[TransferPick], quantity: int, to_bin: Bin | None, row: int | None
) -> Iterator[_Arrival]:
    """Settle so many units of the picks, in the order in which they were picked."""
    rest.line.received += quantity
    rest.arrived += quantity
    rest.is_touched = True
    for pick in picks:
        part = min(quantity, pick.quantity - pick.settled)
        if part:
            pick.settled += part
            quantity -= part
            yield _Arrival(rest, pick.lot, to_bin or rest.line.to_bin, part, "", row)


def _write(touched: Sequence[_Rest]) -> None:
    statements.update(
        TransferLine,
        ("received", "surplus", "written_off", "shortage_reason"),
        [
            (line.pk, line.received, line.surplus, line.written_off, line.shortage_reason)
            for line in (rest.line for rest in touched)
        ],
    )
    statements.update(
        TransferPick,
        ("settled",),
        [(pick.pk, pick.settled) for rest in touched for pick in rest.picks],
    )


def _post(
    access: Access,
    transfer: Transfer,
    arrivals: Sequence[_Arrival],
    note: str,
    recorded_at: datetime | None,
) -> datetime:
    reason: ReasonCode = transfer_reason(transfer)
    lines = [
        Line(
            sku=arrival.rest.line.sku,
            warehouse=transfer.to_warehouse,
            quantity=arrival.quantity,
            reason=reason,
            bin=arrival.to_bin,
            lot=arrival.lot,
            is_lotless=arrival.lot is None,
            keeps_capacity=arrival.to_bin is not None,
            note=arrival.note or note,
            reference=transfer.reference,
            index=place,
        )
        for place, arrival in enumerate(arrivals)
    ]
    try:
        posting = post(
            organization=access.organization,
            actor=access.actor,
            lines=lines,
            document=DocumentRef(DocumentType.TRANSFER, transfer.pk),
            recorded_at=recorded_at,
        )
    except Refusal as refusal:
        rows = [arrival.row for arrival in arrivals]
        raise readdressed(refusal, rows, fields={"bin": "to_bin"}) from refusal
    return posting.recorded_at


def _entries(transfer: Transfer, before: str, touched: Sequence[_Rest], note: str) -> Iterator[Entry]:
    """The receipt as a whole, and what of it was too much or too little, with why."""
    yield Entry(
        subject=transfer,
        action="receive",
        from_state=before,
        to_state=transfer.state,
        quantity=sum(rest.arrived for rest in touched),
        reason=note,
    )
    surplus = [rest for rest in touched if rest.surplus]
    lost = [rest for rest in touched if rest.lost]
    if surplus:
        yield Entry(
            subject=transfer,
            action="surplus",
            from_state=before,
            to_state=transfer.state,
            quantity=sum(rest.surplus for rest in surplus),
            reason=_told((rest, rest.surplus, rest.surplus_reasons) for rest in surplus),
        )
    if lost:
        yield Entry(
            subject=transfer,
            action="write_off",
            from_state=before,
            to_state=transfer.state,
            quantity=sum(rest.lost for rest in lost),
            reason=_told((rest, rest.lost, rest.reasons) for rest in lost),
        )


def _told(parts: Iterator[tuple[_Rest, int, list[str]]]) -> str:
    words = "; ".join(
        f"{rest.line.sku.code}: {units}, {', '.join(reasons)}" for rest, units, reasons in parts
    )
    return history.shortened(words)


def _joined(before: str, reason: str) -> str:
    """Both reasons, where lots of one line were lost at different times; the latest where both are too long."""
    both = f"{before}; {reason}" if before and before != reason else reason
    return both if len(both) <= _LONGEST_REASON else reason


def _no_reason(line: TransferLine, short: int, index: int | None) -> Refusal:
    detail = f"{short} units of {line.sku.code} ({line.public_id}) are short: say why they never arrive."
    field = "shortage_reason" if index is not None else None
    return _refusal(RuleBroken, "SHORTAGE_REASON_REQUIRED", detail, index, field)


def _refusal(
    category: type[Refusal], code: str, detail: str, index: int | None, field: str | None
) -> Refusal:
    return category(code, detail, problems=[Problem(code, detail, index, field)])
