"""What comes back from a sheet."""

from __future__ import annotations

from typing import Final

from warehouses.http.fields import StrictCharField, StrictSerializer

__all__ = ["SheetBody"]

_LONGEST: Final = 2_000_000


class SheetBody(StrictSerializer):
    """`POST /api/inventory/cycle-count/[batchId]/sheet`, where it is not sent as text/csv."""

    csv = StrictCharField(
        max_length=_LONGEST,
        multiline=True,
        trim_whitespace=False,
        help_text="The sheet with `counted` filled in: CSV with its heading, with commas, semicolons or tabs.",
    )
