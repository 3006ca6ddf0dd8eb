"""Whether somebody may be told what the books say, about the lines of one batch.

Asked before anything that shows a line: pages, bodies, files, prints and refusals. What is not to be told is not read.
"""

from __future__ import annotations

from cycle_counts.models import BatchState, CountBatch
from cycle_counts.rights import may_see_book
from warehouses.access import Access

__all__ = ["shows_book"]

_COUNTED = (BatchState.DRAFT, BatchState.COUNTING)


def shows_book(access: Access, batch: CountBatch) -> bool:
    """Whether expected quantities, differences and what follows from them may be shown to the caller.

    Never of a blind batch that was not submitted, whoever asks: also not of one that was called off before. Of one that
    is not blind, to everybody who counts it. Once submitted, to whoever reviews or may read stock there; not to those
    who only count: the next count of the same goods may be theirs.
    """
    if batch.submitted_at is not None:
        return may_see_book(access, batch.warehouse_id)
    if batch.is_blind:
        return False
    return batch.state in _COUNTED or may_see_book(access, batch.warehouse_id)
