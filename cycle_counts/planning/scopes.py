"""What a count is to be about: kept with the batch, so that it can be told, and asked again when counting begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

from cycle_counts.models import AbcClass, CountBatch, Origin
from inventory.models import Category, Sku
from warehouses.identifiers import decode
from warehouses.models import Bin, Room, Warehouse
from warehouses.models.base import PublicModel
from warehouses.refusals import InvalidInput, NotFound, Problem, Refusal, gather

__all__ = [
    "AVAILABILITIES",
    "Availability",
    "Scope",
    "names_of",
    "require_scope",
    "scope_of",
    "scope_shown",
    "words_of",
]

Availability = Literal["zero", "negative", ""]
Row = TypeVar("Row", bound=PublicModel)

AVAILABILITIES: Final[Mapping[str, str]] = {
    "zero": "Nothing available",
    "negative": "Less than nothing available",
}
_MOST_DAYS: Final = 3650
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Scope:
    """Each condition that is set narrows what is counted; none: everything in the warehouse.

    `classes` and `due_only` ask the ABC classes and due dates as the task last left them. `expiring_within` days, and
    what is expired already; `not_counted_for` days, and what never was. `sample` takes that many lines at random,
    `limit` the first: those that are longest due where that is asked, of the highest class where classes are, else as
    they are walked.
    """

    bins: tuple[Bin, ...] = ()
    rooms: tuple[Room, ...] = ()
    categories: tuple[Category, ...] = ()
    skus: tuple[Sku, ...] = ()
    classes: tuple[str, ...] = ()
    due_only: bool = False
    expiring_within: int | None = None
    availability: Availability = ""
    not_counted_for: int | None = None
    sample: int | None = None
    limit: int | None = None

    @property
    def visits_empty_bins(self) -> bool:
        """Whether bins with nothing in them are looked into: those named, and of rooms where nothing else narrows.

        Where only some lines are taken, none is.
        """
        if self.sample is not None or self.limit is not None:
            return False
        narrowed = (self.categories, self.skus, self.classes, self.due_only, self.availability)
        days = (self.expiring_within, self.not_counted_for)
        is_narrowed = any(narrowed) or any(number is not None for number in days)
        return bool(self.bins) or (bool(self.rooms) and not is_narrowed)

    def as_json(self) -> dict[str, Any]:
        """The conditions that are set, with the records' public ids."""
        rows = {"bins": self.bins, "rooms": self.rooms, "categories": self.categories, "skus": self.skus}
        found: dict[str, Any] = {name: [row.public_id for row in some] for name, some in rows.items() if some}
        if self.classes:
            found["classes"] = list(self.classes)
        if self.due_only:
            found["due_only"] = True
        if self.availability:
            found["availability"] = self.availability
        for name in ("expiring_within", "not_counted_for", "sample", "limit"):
            if getattr(self, name) is not None:
                found[name] = getattr(self, name)
        return found


def require_scope(scope: Scope, *, warehouse: Warehouse, most: int) -> None:
    """Refuse what is of another warehouse or organization, and numbers that mean nothing; all of it at once.

    Raises NotFound `BIN_NOT_FOUND`, `ROOM_NOT_FOUND`, `CATEGORY_NOT_FOUND`, `INVENTORY_NOT_FOUND`, InvalidInput
    `INVALID_INPUT`.
    """
    organization = warehouse.organization_id
    faults: list[Refusal] = []
    for field, bad, code, what in (
        ("bins", _others(scope.bins, "warehouse_id", warehouse.pk), "BIN_NOT_FOUND", "bin"),
        ("rooms", _others(scope.rooms, "warehouse_id", warehouse.pk), "ROOM_NOT_FOUND", "room"),
        (
            "categories",
            _others(scope.categories, "organization_id", organization),
            "CATEGORY_NOT_FOUND",
            "category",
        ),
        ("skus", _others(scope.skus, "organization_id", organization), "INVENTORY_NOT_FOUND", "SKU"),
    ):
        faults += [
            NotFound(code, text, problems=[Problem(code, text, index, field)])
            for index, text in _told(bad, what)
        ]
    for index, letter in enumerate(scope.classes):
        if letter not in AbcClass.values:
            faults.append(_bad("classes", "A class is A, B or C.", index))
    if scope.availability not in ("", *AVAILABILITIES):
        faults.append(_bad("availability", "This is zero or negative."))
    for field, least, highest in (
        ("expiring_within", 0, _MOST_DAYS),
        ("not_counted_for", 1, _MOST_DAYS),
        ("sample", 1, most),
        ("limit", 1, most),
    ):
        number = getattr(scope, field)
        if number is not None and not least <= number <= highest:
            faults.append(_bad(field, f"This is from {least} to {highest:,}."))
    if faults:
        raise gather(faults)


def scope_of(batch: CountBatch) -> Scope | None:
    """What the batch was planned by, to be asked once more; None where it would not be the same lines again.

    So it is where some were drawn or only the first taken, and of a recount or a spot count. What was deleted since is
    left out; where nothing of a condition is left, the scope is None too. A query for each kind of record named.
    """
    if batch.origin in (Origin.SPOT, Origin.RECOUNT):
        return None
    kept = batch.scope
    if "sample" in kept or "limit" in kept:
        return None
    organization = batch.organization_id
    bins = _rows(Bin, kept.get("bins"), organization)
    rooms = _rows(Room, kept.get("rooms"), organization)
    categories = _rows(Category, kept.get("categories"), organization)
    skus = _rows(Sku, kept.get("skus"), organization)
    found = (("bins", bins), ("rooms", rooms), ("categories", categories), ("skus", skus))
    if any(kept.get(name) and not rows for name, rows in found):
        return None
    return Scope(
        bins=bins,
        rooms=rooms,
        categories=categories,
        skus=skus,
        classes=tuple(kept.get("classes", ())),
        due_only=kept.get("due_only", False),
        expiring_within=kept.get("expiring_within"),
        availability=kept.get("availability", ""),
        not_counted_for=kept.get("not_counted_for"),
    )


def names_of(scopes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The names of the records in some scopes (as JSON), by public id, for `words_of`. At most four queries."""
    wanted: dict[str, set[str]] = {"bins": set(), "rooms": set(), "categories": set(), "skus": set()}
    for scope in scopes:
        for kind in wanted:
            # As many as are told: a scope may name thousands.
            wanted[kind] |= set(scope.get(kind, ())[:_NAMED])
    names: dict[str, str] = {}
    for model, kind, field in (
        (Bin, "bins", "code"),
        (Room, "rooms", "name"),
        (Category, "categories", "name"),
        (Sku, "skus", "code"),
    ):
        keys = _keys(model, wanted[kind])
        if keys:
            rows = model._default_manager.order_by().filter(pk__in=keys).only("pk", field)
            names |= {row.public_id: getattr(row, field) for row in rows}
    return names


def scope_shown(scope: Mapping[str, Any], *, shows_book: bool) -> dict[str, Any]:
    """A scope (as JSON) as far as the caller may know it: what is available follows from the books."""
    return {name: value for name, value in scope.items() if shows_book or name != "availability"}


def words_of(
    scope: Mapping[str, Any], *, names: Mapping[str, str] | None = None, shows_book: bool = True
) -> str:
    """A scope (as JSON) as people read it, such as “Rooms Storage; class A; due”. Everything: “Everything”.

    Without `names` (`names_of`) they are looked up. What is available follows from the books: without `shows_book` that
    condition is not told.
    """
    known = names_of([scope]) if names is None else names
    words = [
        f"{singular if len(scope[kind]) == 1 else plural} {_list(scope[kind], known)}"
        for kind, singular, plural in (
            ("rooms", "room", "rooms"),
            ("bins", "bin", "bins"),
            ("categories", "category", "categories"),
            ("skus", "SKU", "SKUs"),
        )
        if scope.get(kind)
    ]
    classes = scope.get("classes", ())
    if classes:
        words.append(f"class{'es' * (len(classes) > 1)} {', '.join(classes)}")
    if scope.get("due_only"):
        words.append("due")
    days = scope.get("expiring_within")
    if days is not None:
        words.append("expiring today or expired" if days == 0 else f"expiring within {_number(days, 'day')}")
    if scope.get("availability") and shows_book:
        words.append(AVAILABILITIES[scope["availability"]].lower())
    if scope.get("not_counted_for") is not None:
        words.append(f"not counted for {_number(scope['not_counted_for'], 'day')}")
    if scope.get("sample") is not None:
        words.append(f"{_number(scope['sample'], 'line')} at random")
    if scope.get("limit") is not None:
        words.append(f"the first {_number(scope['limit'], 'line')}")
    text = "; ".join(words) or "everything"
    return text[0].upper() + text[1:]


def _others(rows: Sequence[Any], attribute: str, expected: UUID) -> list[int]:
    return [index for index, row in enumerate(rows) if getattr(row, attribute) != expected]


def _told(indexes: Iterable[int], what: str) -> list[tuple[int, str]]:
    return [(index, f"There is no such {what} here.") for index in indexes]


def _bad(field: str, detail: str, index: int | None = None) -> InvalidInput:
    return InvalidInput("INVALID_INPUT", detail, problems=[Problem("INVALID_INPUT", detail, index, field)])


def _rows(model: type[Row], ids: Sequence[str] | None, organization_id: UUID) -> tuple[Row, ...]:
    keys = _keys(model, ids or ())
    if not keys:
        return ()
    return tuple(model._default_manager.filter(organization=organization_id, pk__in=keys))


def _keys(model: type[PublicModel], ids: Iterable[str]) -> list[UUID]:
    return [key for key in (decode(model.prefix, text) for text in ids) if key is not None]


def _list(ids: Sequence[str], names: Mapping[str, str]) -> str:
    told = [names.get(text, "(deleted)") for text in ids[:_NAMED]]
    rest = len(ids) - len(told)
    return ", ".join(told) + (f" and {rest:,} more" if rest else "")


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
