"""Pages of a list of the back office that cost the same wherever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property

from warehouses.http.paging import Counted

if TYPE_CHECKING:
    _Page = Page[Any]
    _Paginator = Paginator[Any]
else:
    _Page = Page
    _Paginator = Paginator

__all__ = ["KeyPage", "KeyPaginator"]

#: So many rows are skipped sooner than a place near them is looked up.
_NEAR_ENOUGH = 2000


class KeyPage(_Page):
    """`keys` are those of its rows, in their order; the rows themselves are not read before they are looked at."""

    def __init__(self, rows: Any, number: int, paginator: KeyPaginator, keys: list[Any]) -> None:
        super().__init__(rows, number, paginator)
        self.keys = keys


class KeyPaginator(_Paginator):
    """Cuts a page out of the primary keys and then fetches its rows: what a row joins is joined for no others.

    `counted` knows how many rows the list has, and where a page begins; without it, they are counted.
    """

    counted: Counted | None = None

    @cached_property
    def count(self) -> int:
        return self.counted.total() if self.counted is not None else super().count

    def page(self, number: int | str) -> KeyPage:
        valid = self.validate_number(number)
        bottom = (valid - 1) * self.per_page
        top = min(bottom + self.per_page, self.count)
        rows: Any = self.object_list
        near = self.counted.near(bottom) if self.counted is not None and bottom > _NEAR_ENOUGH else None
        found, skipped = (rows, 0) if near is None else (rows.filter(near[0]), near[1])
        keys = list(found.values_list("pk", flat=True)[bottom - skipped : top - skipped])
        return KeyPage(rows.filter(pk__in=keys), valid, self, keys)
