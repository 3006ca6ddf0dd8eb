"""Lots one by one: made, changed, deleted.

A lot belongs to no warehouse. Who may do so only in some changes a lot only while all of its stock is in those.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, ProtectedError
from django.utils import timezone

from inventory import history
from inventory.catalogue import find_skus
from inventory.lots.locking import lock_lots, lock_stock, stock_of
from inventory.lots.states import is_over, require_state, state_on
from inventory.models import Lot, LotState, Sku, StockItem, StockLevel, sku_key
from inventory.names import not_found
from warehouses.access import Access
from warehouses.actors import SYSTEM
from warehouses.identifiers import decode
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import Conflict, Forbidden, NotFound, Problem

__all__ = [
    "LotChange",
    "change_lot",
    "create_lot",
    "delete_lot",
    "find_lot",
    "find_sku",
    "lock_lot",
    "visible_lots",
]

_READ: Final = "inventory.read"
_WRITE: Final = "inventory.write"


@dataclass(frozen=True, slots=True)
class LotChange:
    """What a lot shall be; None leaves a value as it is. `note` says why.

    `expires_on` counts where `sets_expiry` says so: None is a last day too, that of goods which keep.
    """

    code: str | None = None
    state: LotState | None = None
    expires_on: date | None = None
    sets_expiry: bool = False
    note: str = ""


def visible_lots(access: Access, permission: str = _READ) -> OrganizationQuerySet[Lot]:
    """The organization's lots. Who is limited to warehouses sees those that are or were in one of them, and, of the
    SKUs that are kept there, those that never were anywhere.
    """
    rows = Lot.objects.for_organization(access.organization)
    places = access.warehouse_ids(permission)
    if places is None:
        return rows
    if not places:
        return rows.none()
    anywhere = StockItem.objects.filter(lot=OuterRef("pk"))
    kept = StockLevel.objects.filter(sku=OuterRef("sku"), warehouse__in=places)
    return rows.filter(Exists(anywhere.filter(warehouse__in=places)) | (~Exists(anywhere) & Exists(kept)))


def find_lot(*, access: Access, public_id: str) -> Lot:
    """The lot with its SKU. Raises Forbidden `PERMISSION_DENIED`, NotFound `LOT_NOT_FOUND`."""
    access.require(_READ)
    key = decode(Lot.prefix, public_id)
    found = visible_lots(access).select_related("sku").filter(pk=key).first() if key is not None else None
    if found is None:
        raise not_found("LOT_NOT_FOUND", "There is no such lot.")
    return found


def lock_lot(*, access: Access, lot: Lot) -> Lot:
    """The lot as it is now and until the transaction ends, for whoever may change some stock of it.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `LOT_NOT_FOUND`.
    """
    access.require(_WRITE)
    found = lock_lots(access.organization, [lot.pk]).get(lot.pk)
    if found is None or not visible_lots(access).filter(pk=lot.pk).exists():
        raise not_found("LOT_NOT_FOUND", "There is no such lot.")
    if not visible_lots(access, _WRITE).filter(pk=lot.pk).exists():
        raise _denied("This needs the permission inventory.write in a location that has the lot.")
    return found


def find_sku(*, access: Access, code: str) -> Sku:
    """The SKU that a lot is to be made of. Raises Forbidden `PERMISSION_DENIED`, NotFound `INVENTORY_NOT_FOUND`."""
    access.require(_WRITE)
    found = find_skus(organization=access.organization, codes=[code]).get(sku_key(code))
    if found is None or not _is_kept(access, found):
        raise _no_sku()
    return found


def create_lot(
    *,
    access: Access,
    sku: Sku,
    code: str,
    expires_on: date | None = None,
    state: LotState = LotState.ACTIVE,
    note: str = "",
) -> Lot:
    """A lot without stock, with the first line of its history; one whose day has passed is expired at once.

    Runs in the caller's transaction. Who is limited to warehouses makes lots of the SKUs that are kept there.
    Raises Forbidden `PERMISSION_DENIED`, NotFound `INVENTORY_NOT_FOUND`, Conflict `LOT_EXISTS` (compared without case).
    """
    access.require(_WRITE)
    organization = access.organization
    if sku.organization_id != organization.pk or not _is_kept(access, sku):
        raise _no_sku()
    if is_over(expires_on, organization.today()):
        state = LotState.EXPIRED
    lot = Lot(organization=organization, sku=sku, code=code, expires_on=expires_on, state=state)
    _save(lot, is_new=True)
    history.note(
        organization=organization,
        actor=access.actor,
        subject=lot,
        action="create",
        to_state=state.value,
        at=timezone.now(),
        reason=note,
    )
    return lot


def change_lot(*, access: Access, lot: Lot, change: LotChange) -> Lot:
    """Change what is said about a lot, with a line in its history for each thing that changed.

    Runs in the caller's transaction. Locks the lot, then the stock levels that have it: see `inventory.lots.locking`.
    A last day that has passed already makes it expired in the same breath. Changes nothing, not even the version, where
    all is so already. Raises Forbidden `PERMISSION_DENIED` (some of its stock is where the caller may not change it),
    NotFound `LOT_NOT_FOUND`, Conflict `LOT_EXISTS`, `INVALID_TRANSITION`, `LOT_DAY_PASSED`.
    """
    organization = access.organization
    locked = lock_lot(access=access, lot=lot)
    lock_stock(organization, lots=[locked.pk])
    items = stock_of([locked.pk])
    if not all(access.covers(_WRITE, item.warehouse_id) for item in items):
        raise _denied(
            "The lot is also in locations where you may not change stock, and this would count there too."
        )
    units = sum(item.on_hand for item in items)
    today, now = organization.today(), timezone.now()
    told: list[history.Entry] = []
    state = state_on(locked, today)
    if state != locked.state:  # its day has passed, and the nightly task has not come yet
        history.note(
            organization=organization,
            actor=SYSTEM,
            subject=locked,
            action="expire",
            from_state=locked.state,
            to_state=state.value,
            quantity=units,
            at=now,
        )
    expires_on = change.expires_on if change.sets_expiry else locked.expires_on
    target = change.state or state
    if target != state:
        action = require_state(locked, state=state, target=target, expires_on=expires_on, today=today)
    words = [
        *([f"code {locked.code} → {change.code}"] if change.code not in (None, locked.code) else []),
        *(
            [f"last day {_day(locked.expires_on)} → {_day(expires_on)}"]
            if expires_on != locked.expires_on
            else []
        ),
    ]
    if words:
        reason = _reason("; ".join(words), change.note)
        told.append(history.Entry(locked, "change", state.value, state.value, reason=reason))
    if target != state:
        told.append(history.Entry(locked, action, target.value, state.value, units, change.note))
    if target is not LotState.EXPIRED and is_over(expires_on, today):
        told.append(history.Entry(locked, "expire", LotState.EXPIRED.value, target.value, units))
        target = LotState.EXPIRED
    if not told and target == locked.state:
        return locked
    locked.code = change.code or locked.code
    locked.expires_on = expires_on
    locked.state = target
    locked.version += 1
    _save(locked, is_new=False)
    history.note_all(organization=organization, actor=access.actor, entries=told, at=now)
    return locked


def delete_lot(*, access: Access, lot: Lot) -> None:
    """Delete a lot that never had stock; its history stays.

    Runs in the caller's transaction. Locks the lot, then its SKU, which every posting of it holds: none that names the
    lot is under way. Raises Forbidden `PERMISSION_DENIED`, NotFound `LOT_NOT_FOUND`, Conflict `LOT_IN_USE`.
    """
    locked = lock_lot(access=access, lot=lot)
    Sku.objects.select_for_update().get(pk=locked.sku_id)
    state, key = locked.state, locked.pk
    try:
        locked.delete()
    except ProtectedError as error:
        raise Conflict(
            "LOT_IN_USE", f"Lot {locked.code} has had stock, or a document names it: it cannot be deleted."
        ) from error
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=Lot(pk=key),
        action="delete",
        from_state=state,
        to_state="deleted",
        at=timezone.now(),
    )


def _save(lot: Lot, *, is_new: bool) -> None:
    try:
        with transaction.atomic():
            if is_new:
                lot.save(force_insert=True)
            else:
                lot.save(update_fields=["code", "expires_on", "state", "version"])
    except IntegrityError as error:
        if not Lot.objects.filter(sku=lot.sku_id, code__iexact=lot.code).exclude(pk=lot.pk).exists():
            raise
        detail = f"This SKU has a lot {lot.code} already."
        raise Conflict(
            "LOT_EXISTS", detail, problems=[Problem("LOT_EXISTS", detail, field="code")]
        ) from error


def _is_kept(access: Access, sku: Sku) -> bool:
    """Whether the caller may write everywhere, or somewhere where the SKU is kept."""
    places = access.warehouse_ids(_WRITE)
    return places is None or StockLevel.objects.filter(sku=sku, warehouse__in=places).exists()


def _no_sku() -> NotFound:
    return not_found("INVENTORY_NOT_FOUND", "There is no such SKU.", field="sku")


def _denied(detail: str) -> Forbidden:
    return Forbidden("PERMISSION_DENIED", detail)


def _day(day: date | None) -> str:
    return "none" if day is None else day.isoformat()


def _reason(words: str, note: str) -> str:
    return f"{words}. {note}" if note else words
