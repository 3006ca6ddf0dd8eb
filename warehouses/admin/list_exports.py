"""What a list of the back office shows, as a table: its own filters, search, order and columns, of all its pages.

A list is read as the page reads it, through the same model admin for the same person, so that nothing is in the file
which is not on the page. Who writes files is told by the setting `EXPORT_URL`, for that is a floor above.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import UUID

from django.conf import settings
from django.contrib.admin import site
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import lookup_field
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist, SuspiciousOperation
from django.db import connection, transaction
from django.db.models import CharField, Field, Model, QuerySet, TextField
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.safestring import SafeData

from warehouses.access import Access
from warehouses.http.organization import remember_access
from warehouses.models import User
from warehouses.refusals import Forbidden, InvalidInput, NotFound
from warehouses.tables import Cell, Table

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Page = ModelAdmin[Any]
else:
    _Page = object

__all__ = ["ListExports", "list_table", "request_of"]

#: Rows that are in memory at once; each batch costs the statements of one page of the list.
_BATCH: Final = 500
#: What columns of lists are called in files, where it is not their own name: the words of the HTTP contracts.
_NAMES: Final = {
    "adjustment": "adjustment_id",
    "by": "created_by",
    "called": "name",
    "change": "quantity_change",
    "before": "quantity_before",
    "after": "quantity_after",
    "public_id": "id",
    "reason": "reason_code",
    "worth": "value",
}
_SUFFIX: Final = re.compile(r"_(label|shown)$")
#: A number as lists show it. One with zeros before it is a code.
_NUMBER: Final = re.compile(r"[+\-−]?(?:0|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*)")


class ListExports(_Page):
    """The half of a model admin that can be exported: whoever may see the list may.

    `export_also` are columns that only "all columns" has, named like those of `list_display` or as a path
    (`product__name`); every column of a file is declared in one of the two. `export_names` are column → its name in the
    file; `export_values` are column → what of a row stands in it, where that is not what the list shows.
    `export_prefetch` is read along for the columns of `export_also`.
    """

    export_also: ClassVar[tuple[str, ...]] = ()
    export_prefetch: ClassVar[tuple[str, ...]] = ()
    #: Controls, which say nothing of the row.
    fixed_columns: ClassVar[frozenset[str]] = frozenset()
    export_names: ClassVar[Mapping[str, str]] = {}
    export_values: ClassVar[Mapping[str, Callable[[Any], Cell]]] = {}

    @property
    def export_page(self) -> str:
        """The list's name among the pages that can be exported; "" for lists that cannot."""
        is_listed = self.admin_site._registry.get(self.model) is self
        return f"{self.opts.app_label}_{self.opts.model_name}" if is_listed else ""

    def withheld_columns(self, request: HttpRequest) -> Collection[str]:
        """Columns of `list_display` that this person may not see, in the list or in a file."""
        return ()

    def get_list_display(self, request: HttpRequest) -> Any:
        hidden = self.withheld_columns(request)
        every = super().get_list_display(request)
        return tuple(column for column in every if column not in hidden) if hidden else every

    @property
    def export_url(self) -> str:
        return reverse(settings.EXPORT_URL, current_app=self.admin_site.name)

    def table(self, request: HttpRequest, *, all_columns: bool) -> Table:
        """What the list shows for `request`, with the columns that are only in files if all are wanted.

        Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_QUERY` where the filters say nothing.
        """
        if not self.has_view_permission(request):
            raise Forbidden("PERMISSION_DENIED", "You may not see this list.")
        shown = ListExports.get_list_display(self, request) if all_columns else self.get_list_display(request)
        columns = [name for name in shown if isinstance(name, str) and name not in self.fixed_columns]
        if all_columns:
            columns += [name for name in self.export_also if name not in columns]
        try:
            along = self.export_prefetch if all_columns else ()
            found = _Rows(self._whole_list(request), request, along)
        except (IncorrectLookupParameters, SuspiciousOperation, ValueError) as error:
            raise InvalidInput(
                "INVALID_QUERY", "These filters cannot be used: open the list again."
            ) from error
        return Table(
            title=str(self.opts.verbose_name_plural),
            columns=_distinct(self._name_of(name) for name in columns),
            rows=(tuple(self._cell(name, row) for name in columns) for row in found),
            count=found.count,
        )

    def _whole_list(self, request: HttpRequest) -> Any:
        """As `get_changelist_instance` makes it, but for its rows, which are read batch by batch."""
        shown = list(self.get_list_display(request))
        links = self.get_list_display_links(request, shown)
        if self.get_actions(request):
            shown = ["action_checkbox", *shown]
        kind = self.get_changelist(request)
        return type("WholeList", (kind, _Batch), {})(
            request,
            self.model,
            shown,
            links,
            self.get_list_filter(request),
            self.date_hierarchy,
            self.get_search_fields(request),
            self.get_list_select_related(request),
            self.list_per_page,
            self.list_max_show_all,
            (),
            self,
            self.get_sortable_by(request),
            self.search_help_text,
        )

    def _name_of(self, column: str) -> str:
        plain = _SUFFIX.sub("", column)
        return self.export_names.get(column) or _NAMES.get(plain) or plain.replace("__", "_")

    def _cell(self, column: str, row: Any) -> Cell:
        if (of_row := self.export_values.get(column)) is not None:
            return _plain(of_row(row))
        if "__" in column and not hasattr(self, column):
            return _followed(row, column)
        try:
            field, method, value = lookup_field(column, row, self)
        except ObjectDoesNotExist:  # a summary that nobody has made yet
            return None
        if isinstance(field, Field):
            return _of_field(field, row, value)
        told = _plain(value)
        return told if _is_text(method, row) else _number(told)


class _Batch(ChangeList):
    """Goes under a list's own class: its page is whichever rows it is given, so that it completes them as ever."""

    given: Sequence[Any] = ()
    #: What a list says of all its rows together is said on its page only.
    is_whole = True

    def get_results(self, request: HttpRequest) -> None:
        self.result_list = list(self.given)
        self.result_count = self.full_result_count = len(self.given)
        self.show_admin_actions = self.can_show_all = self.multi_page = False

    def _chips(self, switches: Any) -> list[Any]:
        return []  # nobody sees how many there are of each state


class _Rows:
    """The rows of a list, a batch at a time. Which they are is settled at the beginning, by key: no transaction and no
    cursor is held while a file is written, and what is deleted meanwhile is not in it.
    """

    def __init__(self, listed: Any, request: HttpRequest, along: Sequence[str] = ()) -> None:
        self._listed = listed
        self._request = request
        self._rows: QuerySet[Any] = listed.queryset.prefetch_related(*along)
        self._keys: _Keys | None = None

    def count(self, limit: int | None) -> int:
        if limit is None:
            return len(self._all_keys())
        return self._rows.order_by()[:limit].count()

    def __iter__(self) -> Iterator[Any]:
        keys = iter(self._all_keys())
        rows = self._rows.order_by()
        while batch := list(islice(keys, _BATCH)):
            found = {row.pk: row for row in rows.filter(pk__in=batch)}
            self._listed.given = [found[key] for key in batch if key in found]
            self._listed.get_results(self._request)
            yield from self._listed.result_list

    def _all_keys(self) -> _Keys:
        if self._keys is None:
            with transaction.atomic():
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute("SET LOCAL statement_timeout = '5min'")  # it sorts all that there is
                keys = self._rows.prefetch_related(None).values_list("pk", flat=True)
                self._keys = _Keys(keys.iterator(chunk_size=10_000))
        return self._keys


class _Keys:
    """Primary keys in order: sixteen bytes for each that is a UUID, a million of them in 16 MB."""

    def __init__(self, keys: Iterator[Any]) -> None:
        self._packed = bytearray()
        self._others: list[Any] = []
        for key in keys:
            if isinstance(key, UUID):
                self._packed += key.bytes
            else:
                self._others.append(key)

    def __len__(self) -> int:
        return len(self._packed) // 16 + len(self._others)

    def __iter__(self) -> Iterator[Any]:
        for place in range(0, len(self._packed), 16):
            yield UUID(bytes=bytes(self._packed[place : place + 16]))
        yield from self._others


def list_table(access: Access, page: str, query: QueryDict, *, all_columns: bool) -> Table:
    """The list called `page` (`inventory_sku`) as the person of `access` would see it under this query string.

    Raises NotFound `PAGE_NOT_FOUND` for what is no list, and what `ListExports.table` raises.
    """
    listed = {
        f"{model._meta.app_label}_{model._meta.model_name}": one for model, one in site._registry.items()
    }
    found = listed.get(page)
    if not isinstance(found, ListExports) or not found.export_page:
        raise NotFound("PAGE_NOT_FOUND", "There is no such list.")
    return found.table(request_of(access, query), all_columns=all_columns)


def request_of(access: Access, query: QueryDict) -> HttpRequest:
    """What a list is asked with when no browser asks. Raises Forbidden `PERSON_REQUIRED`."""
    person = User.objects.filter(pk=access.actor.id).first() if access.actor.id else None
    if person is None:
        raise Forbidden("PERSON_REQUIRED", "Only a person exports lists.")
    request = HttpRequest()
    request.method = "GET"
    asked = query.copy()
    for name in (PAGE_VAR, ERROR_FLAG):  # which page one looks at; all of them are meant
        asked.pop(name, None)
    request.GET = asked  # type: ignore[assignment]  # a copy, as Django's own tests set it
    request.user = person
    remember_access(request, access)
    return request


def _of_field(field: Field[Any, Any], row: Model, value: Any) -> Cell:
    if getattr(field, "choices", None):
        return str(getattr(row, f"get_{field.name}_display")())
    return _plain(value)


def _followed(row: Any, path: str) -> Cell:
    found: Any = row
    for name in path.split("__"):
        found = getattr(found, name, None)
    return _plain(found)


def _plain(value: Any) -> Cell:
    """What is meant, without the marks that a browser needs."""
    if value is None or isinstance(value, bool | int | Decimal | date | datetime):
        return value
    if isinstance(value, list | tuple):  # a title with a line below it
        return " ".join(str(part) for part in value if part)
    if isinstance(value, SafeData):
        return " ".join(unescape(strip_tags(_without_symbols(str(value)).replace("<", " <"))).split())
    return str(value)


_SYMBOL: Final = re.compile(r'<span class="material-symbols[^>]*>[^<]*</span>')


def _without_symbols(markup: str) -> str:
    """The font of symbols draws them from words, which mean nothing without it."""
    return _SYMBOL.sub(" ", markup)


def _is_text(method: Any, row: Model) -> bool:
    """Whether the column is sorted by a text: what looks like a number in it is a code."""
    path = getattr(method, "admin_order_field", None)
    if not isinstance(path, str):
        return False
    model: Any = type(row)
    field: Any = None
    for name in path.lstrip("-").split("__"):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        model = field.related_model or model
    return isinstance(field, CharField | TextField)


def _number(value: Cell) -> Cell:
    """`+1,234`, as lists write it, is the number 1234."""
    if isinstance(value, str) and _NUMBER.fullmatch(value) and len(value) <= 20:
        return int(value.replace(",", "").replace("−", "-"))
    return value


def _distinct(names: Iterator[str]) -> tuple[str, ...]:
    """No two columns of a file are called alike: a second `state` is `state_2`."""
    told: list[str] = []
    for name in names:
        number = 2
        wanted = name
        while wanted in told:
            wanted = f"{name}_{number}"
            number += 1
        told.append(wanted)
    return tuple(told)
