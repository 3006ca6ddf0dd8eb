"""Several requests approved at once: each by itself, and of those that could not be it is said why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from stock_requests.decisions.approving import approve_request
from stock_requests.models import StockRequest
from stock_requests.rights import APPROVE, find_request
from warehouses import transactions
from warehouses.access import Access
from warehouses.refusals import InvalidInput, Refusal

__all__ = ["MOST_AT_ONCE", "Outcome", "Skipped", "approve_many"]

MOST_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Skipped:
    """A request that was not approved. `name` is empty where there is no such request for this caller."""

    public_id: str
    name: str
    code: str
    why: str


@dataclass(slots=True)
class Outcome:
    """`approved` are the requests as they are now: those that wait for others too are `submitted` still."""

    approved: list[StockRequest] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def approve_many(*, access: Access, wanted: Sequence[tuple[str, int | None]], note: str = "") -> Outcome:
    """Approve all that is asked for in each request, in the order given: of (id, version that the caller saw).

    Each is a transaction of its own, and a refusal of one says nothing about the next: two that want the same last
    units are approved one after the other, while they last. Call it outside a transaction: the locks of one request
    must be gone before the next is locked. One named a second time is skipped as `DUPLICATE_ROW`.

    Raises Forbidden `PERMISSION_DENIED` (nowhere), InvalidInput `INVALID_REQUEST` for more than `MOST_AT_ONCE`.
    """
    access.require(APPROVE)
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput("INVALID_REQUEST", f"At most {MOST_AT_ONCE} requests are approved at once.")
    outcome = Outcome()
    named: set[str] = set()
    for public_id, version in wanted:
        name = ""
        if public_id in named:
            told = "It is named more than once; the first time counts."
            outcome.skipped.append(Skipped(public_id, name, "DUPLICATE_ROW", told))
            continue
        named.add(public_id)
        try:
            request = find_request(access=access, public_id=public_id, permission=APPROVE)
            name = request.name
            approved = transactions.run(
                partial(approve_request, access=access, request=request, note=note, version=version)
            )
        except Refusal as refusal:
            outcome.skipped.append(Skipped(public_id, name, refusal.code, refusal.detail))
        else:
            outcome.approved.append(approved)
    return outcome
