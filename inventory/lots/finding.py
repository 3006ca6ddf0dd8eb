"""The lots that rows name, found or made for a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from inventory import history, statements
from inventory.lots.states import is_over
from inventory.models import Lot, LotState
from warehouses.actors import SYSTEM, Actor
from warehouses.identifiers import new_id
from warehouses.models import Organization
from warehouses.refusals import Conflict, Problem

__all__ = ["WantedLot", "expiry_differs", "find_lots", "find_or_make_lots"]

#: A SKU, the code of one of its lots, and the expiry date in case it has to be made.
WantedLot = tuple[UUID, str, date | None]

_NEW = ("id", "organization", "sku", "code", "state", "expires_on", "received_at")


def find_or_make_lots(
    *,
    organization: Organization,
    wanted: Iterable[WantedLot],
    actor: Actor = SYSTEM,
    state: LotState = LotState.ACTIVE,
) -> dict[tuple[UUID, str], Lot]:
    """The lots by SKU and code as it was written; codes are compared without case, and a known lot keeps its date.

    Runs in the caller's transaction. One query, and three statements more where lots have to be made; these are in
    `state`, or expired where their day has passed.
    """
    dates: dict[tuple[UUID, str], date | None] = {}
    for sku_id, code, expires_on in wanted:
        dates[sku_id, code] = dates.get((sku_id, code)) or expires_on
    if not dates:
        return {}
    found = find_lots(organization, dates)
    missing = {
        (sku_id, code.lower()): (sku_id, code, expires_on)
        for (sku_id, code), expires_on in reversed(dates.items())
        if (sku_id, code) not in found
    }
    if missing:
        made = _make(organization, [missing[key] for key in sorted(missing)], state)
        found = find_lots(organization, dates)
        mine = {lot.pk: lot for lot in found.values() if lot.pk in made}
        history.note_all(
            organization=organization,
            actor=actor,
            entries=[history.Entry(lot, "create", lot.state) for lot in mine.values()],
            at=timezone.now(),
        )
    return found


def expiry_differs(
    lot: Lot, expires_on: date | None, *, index: int | None = None, field: str = "lot"
) -> Conflict | None:
    """A refusal `LOT_EXPIRY_DIFFERS` where somebody names another expiry date than the lot's; none named agrees."""
    if expires_on is None or lot.expires_on == expires_on:
        return None
    known = f"expires on {lot.expires_on}" if lot.expires_on else "has no expiry date"
    detail = f"The lot {lot.code} {known}, not on {expires_on}: goods of another date are of another lot."
    problem = Problem("LOT_EXPIRY_DIFFERS", detail, index, field)
    return Conflict("LOT_EXPIRY_DIFFERS", detail, problems=[problem])


def _make(organization: Organization, rows: Iterable[WantedLot], state: LotState) -> set[UUID]:
    """Insert what nobody else has made meanwhile; the keys that were tried.

    In one order: two batches that make the same lots wait for each other, and neither in a circle.
    """
    now, today = timezone.now(), organization.today()
    values = []
    for sku_id, code, expires_on in rows:
        began = LotState.EXPIRED if is_over(expires_on, today) else state
        values.append((new_id(), organization.pk, sku_id, code, began.value, expires_on, now))
    # Somebody else may make one of them in this very moment: theirs counts.
    statements.insert(Lot, _NEW, values, or_ignore=True)
    return {row[0] for row in values}


def find_lots(organization: Organization, wanted: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], Lot]:
    """The lots by SKU and code as it was written, compared without case. One query."""
    pairs = list(wanted)
    codes = {code for _, code in pairs}
    rows = (
        Lot.objects.order_by()
        .filter(organization=organization, sku__in={sku_id for sku_id, _ in pairs})
        .annotate(lower_code=Lower("code"))
        .filter(Q(code__in=codes) | Q(lower_code__in={code.lower() for code in codes}))
    )
    exact: dict[tuple[UUID, str], Lot] = {}
    folded: dict[tuple[UUID, str], Lot] = {}
    for lot in rows:
        exact[lot.sku_id, lot.code] = lot
        folded[lot.sku_id, lot.code.lower()] = lot
    found: dict[tuple[UUID, str], Lot] = {}
    for sku_id, code in pairs:
        lot = exact.get((sku_id, code)) or folded.get((sku_id, code.lower()))  # type: ignore[assignment]
        if lot is not None:
            found[sku_id, code] = lot
    return found
