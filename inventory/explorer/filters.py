"""Which SKUs are shown, in which order and with which columns: all of it is in the page's address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.http import QueryDict

from inventory.formulas import StockStatus

__all__ = ["SORTS", "Filters"]

#: Name in the address, without the `-` that turns it round → words.
SORTS: Final = {
    "code": "SKU code",
    "status": "Most urgent first",
    "available": "Available",
    "on_hand": "On hand",
}
_LONGEST: Final = 128
_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "status": tuple(StockStatus),
    "held": ("yes",),
    "oversold": ("yes",),
    "stock": ("yes", "no"),
    "lots": ("yes", "no"),
    "sort": tuple(f"{turned}{name}" for name in SORTS for turned in ("", "-")),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What is not asked for is empty. `warehouse`, `category` and `channel` are public ids.

    `held`: some of it is held. `oversold`: more is promised than there is. `stock`: whether any is on hand. `channel`
    hides nothing: it is whose ATP is shown. `columns` are those that the address asks for, before what the person
    has chosen.
    """

    q: str = ""
    status: tuple[str, ...] = ()
    held: str = ""
    oversold: str = ""
    stock: str = ""
    warehouse: str = ""
    category: str = ""
    lots: str = ""
    channel: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()

    @classmethod
    def of_query(cls, query: str) -> Self:
        """What the query part of an address asks for; a word that is not known asks for nothing."""
        asked = QueryDict(query)
        found: dict[str, Any] = {}
        for one in fields(cls):
            values = [_clean(value, one.name) for value in asked.getlist(one.name)]
            allowed = _ALLOWED.get(one.name)
            if allowed is not None:
                values = [value for value in values if value in allowed]
            if one.name == "columns":
                found[one.name] = tuple(name for value in values for name in value.split(",") if name)
            elif one.name == "status":
                found[one.name] = tuple(name for name in StockStatus.values if name in values)
            else:
                found[one.name] = values[-1] if values else ""
        if found["sort"] == "code":
            found["sort"] = ""  # as without it: one address for one thing
        return cls(**found)

    @property
    def query(self) -> str:
        """As it stands in the address, and in a saved view."""
        return urlencode(self.parameters, doseq=True)

    @property
    def parameters(self) -> dict[str, str | Sequence[str]]:
        found: dict[str, str | Sequence[str]] = {
            one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name)
        }
        if self.columns:
            found["columns"] = ",".join(self.columns)
        return found

    @property
    def narrowing(self) -> int:
        """How many of them hide something."""
        return len(self.parameters.keys() - {"sort", "columns", "channel"})

    def but(self, **changes: Any) -> Filters:
        return replace(self, **changes)

    def __bool__(self) -> bool:
        return bool(self.parameters)


def _clean(text: str, name: str) -> str:
    return text.replace("\x00", "").strip()[: _LONGEST * 4 if name == "columns" else _LONGEST]
