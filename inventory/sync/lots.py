"""The lots that rows name, found or made for a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from inventory import statements
from inventory.models import Lot, LotState
from warehouses.identifiers import new_id
from warehouses.models import Organization

__all__ = ["WantedLot", "find_or_make_lots"]

#: A SKU, the code of one of its lots, and the expiry date in case it has to be made.
WantedLot = tuple[UUID, str, date | None]

_NEW = ("id", "organization", "sku", "code", "state", "expires_on", "received_at")


def find_or_make_lots(
    *, organization: Organization, wanted: Iterable[WantedLot]
) -> dict[tuple[UUID, str], Lot]:
    """The lots by SKU and code as it was written; codes are compared without case, and a known lot keeps its date.

    Runs in the caller's transaction. One query, and two statements more where lots have to be made.
    """
    dates: dict[tuple[UUID, str], date | None] = {}
    for sku_id, code, expires_on in wanted:
        dates[sku_id, code] = dates.get((sku_id, code)) or expires_on
    if not dates:
        return {}
    found = _find(organization, dates)
    missing: dict[tuple[UUID, str], tuple[object, ...]] = {}
    for (sku_id, code), expires_on in dates.items():
        if (sku_id, code) not in found:
            now = timezone.now()
            row = (new_id(), organization.pk, sku_id, code, LotState.ACTIVE.value, expires_on, now)
            missing.setdefault((sku_id, code.lower()), row)
    if missing:
        # Somebody else may make one of them in this very moment: theirs counts.
        statements.insert(Lot, _NEW, list(missing.values()), or_ignore=True)
        found = _find(organization, dates)
    return found


def _find(organization: Organization, wanted: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], Lot]:
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
