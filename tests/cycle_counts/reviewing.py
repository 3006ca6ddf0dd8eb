"""Reviewing, as tests do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cycle_counts.counting import Counted, count_lines
from cycle_counts.models import CountBatch, CountLine
from cycle_counts.review import LineResolution, Resolution, Resolved, decide_lines, resolve_batch
from inventory.models import Sku
from tests.cycle_counts.conftest import Ground, Place
from warehouses import transactions
from warehouses.access import Access

__all__ = ["codes", "decide", "find_unknown", "named", "resolutions", "resolve", "unknown_line"]

#: The resolution of a line, or all that is said of it.
Said = Resolution | Mapping[str, Any]


def resolutions(
    ground: Ground, batch: CountBatch, said: Mapping[Place | CountLine, Said]
) -> list[LineResolution]:
    """What is said of lines: of those of some goods in some bin, or of a line at hand."""
    found = []
    for index, (place, each) in enumerate(said.items()):
        line = place if isinstance(place, CountLine) else ground.line(batch, *place)
        fields: Mapping[str, Any] = {"resolution": each} if isinstance(each, str) else each
        found.append(LineResolution(line.pk, index=index, **fields))
    return found


def decide(
    ground: Ground,
    batch: CountBatch,
    said: Mapping[Place | CountLine, Said],
    *,
    by: str = "approver",
    access: Access | None = None,
    **fields: Any,
) -> CountBatch:
    return transactions.run(
        lambda: decide_lines(
            access=access or ground.access_of(by),
            batch=batch,
            resolutions=resolutions(ground, batch, said),
            **fields,
        )
    )


def resolve(
    ground: Ground,
    batch: CountBatch,
    said: Mapping[Place | CountLine, Said] | None = None,
    *,
    by: str = "approver",
    access: Access | None = None,
    **fields: Any,
) -> Resolved:
    """With nothing said, all that are left are accepted."""
    return transactions.run(
        lambda: resolve_batch(
            access=access or ground.access_of(by),
            batch=batch,
            resolutions=resolutions(ground, batch, said or {}),
            **{"accepts_rest": said is None, **fields},
        )
    )


def find_unknown(
    ground: Ground,
    batch: CountBatch,
    units: int,
    *,
    code: str = "4006381333931",
    bin: str = "A-2",
    **fields: Any,
) -> CountLine:
    """Somebody counts what nobody knows the code of."""
    by = fields.pop("by", "counter")
    count = Counted(quantity=units, bin=ground.bin(bin), code=code, **fields)
    done = transactions.run(lambda: count_lines(access=ground.access_of(by), batch=batch, counts=[count]))
    return done.lines[0]


def unknown_line(batch: CountBatch) -> CountLine:
    return CountLine.objects.get(batch=batch, code__gt="")


def named(sku: Sku, resolution: Resolution = "accept") -> dict[str, Any]:
    return {"resolution": resolution, "sku": sku}


def codes(problems: Sequence[Any]) -> list[tuple[str, int | None, str | None]]:
    return [(problem.code, problem.index, problem.field) for problem in problems]
