"""Which of the requests that wait for the caller are shown, and in which order: all of it is in the page's address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.http import QueryDict

from stock_requests.models import Priority
from warehouses.admin.page_views import ShippedView

__all__ = ["AGES", "SHIPPED", "SORTS", "Filters", "ShippedView", "age_key"]

#: Name in the address → words.
SORTS: Final = {
    "oldest": "Oldest first",
    "newest": "Newest first",
    "needed": "Needed soonest",
    "priority": "Most urgent first",
    "value": "Highest value first",
    "units": "Most units first",
}
#: How long requests have waited: name in the address → words. Each begins where the one before ends.
AGES: Final = {"4h": "0–4 h", "24h": "4–24 h", "3d": "1–3 days", "old": "Over 3 days"}
_ENDS: Final = (("4h", timedelta(hours=4)), ("24h", timedelta(days=1)), ("3d", timedelta(days=3)))
_SHOWN: Final = ("mine", "late", "short", "safe", "snoozed")
_LONGEST: Final = 128


@dataclass(frozen=True, slots=True)
class Filters:
    """What is not asked for is empty. `show` is one of `mine late short safe snoozed`; the others hold public ids."""

    q: str = ""
    show: str = ""
    source: str = ""
    priority: str = ""
    category: str = ""
    age: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query: QueryDict | Mapping[str, Any]) -> Self:
        """What the address asks for; a word that is not known asks for nothing."""
        found = {one.name: _clean(query.get(one.name, "")) for one in fields(cls)}
        allowed = {
            "show": _SHOWN,
            "sort": tuple(SORTS),
            "age": tuple(AGES),
            "priority": tuple(priority.word for priority in Priority),
        }
        for name, words in allowed.items():
            if found[name] not in words:
                found[name] = ""
        if found["sort"] == "oldest":
            found["sort"] = ""  # as without it: one address for one thing
        return cls(**found)

    @property
    def query(self) -> str:
        """As it stands in the address, and in a saved view."""
        return urlencode(self.parameters)

    @property
    def parameters(self) -> dict[str, str]:
        return {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name)}

    @property
    def narrowing(self) -> int:
        """How many of them hide something."""
        return len(self.parameters) - bool(self.sort)

    @property
    def order(self) -> str:
        return self.sort or "oldest"

    def but(self, **changes: str) -> Filters:
        return replace(self, **changes)


SHIPPED: Final = (
    ShippedView("all", "Everything", ""),
    ShippedView("safe", "Safe ones", "show=safe"),
    ShippedView("soon", "Needed soonest", "sort=needed"),
    ShippedView("value", "Highest value", "sort=value"),
)


def age_key(waits: timedelta) -> str:
    """Which of `AGES` a request is in that has waited so long."""
    return next((key for key, end in _ENDS if waits < end), "old")


def _clean(text: Any) -> str:
    return str(text).replace("\x00", "").strip()[:_LONGEST]
