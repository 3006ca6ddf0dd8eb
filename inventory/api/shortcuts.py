"""A contract's write by the ledger's short way, with the answer that is stored for its idempotency key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import HttpResponse
from django.utils import timezone

from inventory.ledger.shortcut import Insert, Reading
from inventory.models import Source
from inventory.quick_adjustments import QuickLine, adjust_quickly
from warehouses.access import Access
from warehouses.http.idempotency import rendered, stored_headers
from warehouses.idempotency_records import RECORD_COLUMNS, Claim
from warehouses.models import IdempotencyRecord

__all__ = ["answered_quickly"]


def answered_quickly(
    *,
    access: Access,
    permission: str,
    source: Source,
    lines: Sequence[QuickLine],
    claim: Claim | None,
    shown: Callable[[Sequence[Reading]], HttpResponse],
    note: str = "",
    reference: str = "",
    with_product: bool = False,
) -> HttpResponse | None:
    """The answer to a write that has been done quickly, or None: then nothing has been done at all.

    `shown` makes the answer of the stock levels as they are going to be, in the order of `lines`.
    """
    answers: list[HttpResponse] = []

    def beside(after: Sequence[Reading]) -> Sequence[Insert]:
        answer = rendered(shown(after))
        answers.append(answer)
        if claim is None:
            return ()
        row = claim.row(
            status=answer.status_code,
            headers=stored_headers(answer),
            body=answer.content.decode(),
            is_sealed=False,
            now=timezone.now(),
        )
        return (Insert(IdempotencyRecord, RECORD_COLUMNS, row),)

    done = adjust_quickly(
        access=access,
        permission=permission,
        source=source,
        lines=lines,
        note=note,
        reference=reference,
        claim=claim,
        beside=beside,
        with_product=with_product,
    )
    return answers[-1] if done else None  # of the attempt that it was done in
