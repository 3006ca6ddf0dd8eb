"""What a plan would come to, before anybody makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from cycle_counts.planning.lines import MOST_LINES
from cycle_counts.planning.permission import require_planner
from cycle_counts.planning.scopes import Scope, require_scope
from cycle_counts.planning.selection import Selection, select
from cycle_counts.preferences import settings_of
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["SECONDS_PER_BIN", "Preview", "preview"]

#: To walk to a bin and scan it.
SECONDS_PER_BIN: Final = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """`seconds`: about how long one person takes. `reasons`: what was left out, or why there is nothing.

    `is_cut`: there are more lines than a batch may have, and `lines` is what it may have.
    """

    lines: int
    bins: int
    skus: int
    seconds: int
    reasons: tuple[str, ...] = ()
    is_cut: bool = False


def preview(*, access: Access, warehouse: Warehouse, scope: Scope) -> Preview:
    """What `create_batch` would make of the scope now. It writes nothing, and says of no line how much is there.

    Needs what making the batch needs, and raises what that raises of place and scope; one that holds nothing, or too
    much, is no error here. The statements of `select`, and one.
    """
    require_planner(access, warehouse=warehouse, scope=scope)
    require_scope(scope, warehouse=warehouse, most=MOST_LINES)
    now = timezone.now()
    found = select(warehouse=warehouse, scope=scope, today=now.astimezone(access.organization.zone).date())
    return _summed(found, settings_of(access.organization).seconds_per_line)


def _summed(found: Selection, seconds_per_line: int) -> Preview:
    reasons = found.reasons
    lines = found.lines
    if found.is_cut:
        lines = lines[:MOST_LINES]
        reasons = (
            *reasons,
            f"A count has at most {MOST_LINES:,} lines: narrow it, or take the first ones only.",
        )
    return Preview(
        lines=len(lines),
        bins=len(found.bins),
        skus=len({line.sku_id for line in lines}),
        seconds=len(lines) * seconds_per_line + len(found.bins) * SECONDS_PER_BIN,
        reasons=reasons,
        is_cut=found.is_cut,
    )
