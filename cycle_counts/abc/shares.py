"""How much of the consumption few SKUs make up: for a chart, without adding up a million rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from cycle_counts.models import AbcClass, Classification
from cycle_counts.preferences import settings_of
from cycle_counts.rights import COUNT
from warehouses.access import Access
from warehouses.refusals import Forbidden

__all__ = ["ClassShare", "Shares", "shares_of"]

#: Places on the curve. It is steep where it begins: there they are close together.
_POINTS: Final = 40
_NOTHING: Final[dict[str, Any]] = {"skus": 0, "share": "0"}


@dataclass(frozen=True, slots=True)
class ClassShare:
    """`share` of the value, in percent."""

    abc_class: str
    skus: int
    share: Decimal


@dataclass(frozen=True, slots=True)
class Shares:
    """As the task has computed it; `classified_at` None: never yet.

    `points` are (rank, percent of the value up to it), by rank. Class A reaches up to `a_share` percent of it, B up to
    `b_share`.
    """

    classified_at: datetime | None
    a_share: Decimal
    b_share: Decimal
    classes: Sequence[ClassShare]
    points: Sequence[tuple[int, Decimal]]

    @property
    def skus(self) -> int:
        return sum(each.skus for each in self.classes)


def shares_of(*, access: Access) -> Shares:
    """The shares of the classes of the whole organization. Two queries, one where nothing is classified.

    Raises Forbidden `PERMISSION_DENIED`: they are told to whoever may count, and may read stock, everywhere.
    """
    access.require(COUNT, "inventory.read")
    if not (access.everywhere(COUNT) and access.everywhere("inventory.read")):
        detail = "The classes are of the whole organization."
        raise Forbidden("PERMISSION_DENIED", detail, extra={"missing": ["inventory.read"]})
    settings = settings_of(access.organization)
    classes = [
        ClassShare(letter, int(sums["skus"]), Decimal(sums["share"]))
        for letter in AbcClass.values
        for sums in (settings.class_sums.get(letter, _NOTHING),)
    ]
    skus = sum(each.skus for each in classes)
    points: Sequence[tuple[int, Decimal]] = ()
    if skus:
        ranks = {max(1, round(skus * (step / _POINTS) ** 2)) for step in range(1, _POINTS + 1)}
        rows = Classification.objects.filter(organization=access.organization, rank__in=ranks)
        points = list(rows.order_by("rank").values_list("rank", "cumulative_share"))
    return Shares(settings.classified_at, settings.a_share, settings.b_share, classes, points)
