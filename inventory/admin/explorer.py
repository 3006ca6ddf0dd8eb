"""The stock explorer: every SKU that is or was in stock, with its figures, filtered, in any order, however many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST, require_safe

from inventory.admin.fresh_stock import freshen
from inventory.admin.labels import status_label
from inventory.channels import channels_named
from inventory.explorer import COLUMNS, Column, Filters, Row, all_rows, chosen_columns, read_page
from inventory.explorer.catalogue import without_stock
from inventory.explorer.counts import MOST_COUNTED, count_up_to
from inventory.explorer.pages import matching, sortable
from inventory.formulas import StockStatus
from inventory.models import Category, Channel, Hold, Movement, Replenishment, Reservation, StockLevel
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.page_views import EVERYTHING, ShippedView, keep_view, page_views, start_key, start_of
from warehouses.http.organization import access_of
from warehouses.models import SavedView, Warehouse
from warehouses.page_preferences import keep_preferences, read_preferences
from warehouses.refusals import InvalidInput, NotFound, Refusal
from warehouses.saved_views import visible_views
from warehouses.tables import Table

__all__ = ["EXPLORER_URL", "export_table", "may_explore", "pages"]

_PAGE: Final = "inventory_explorer"
EXPLORER_URL: Final = f"admin:{_PAGE}"
_READ: Final = "inventory.read"
_SHIPPED: Final = (
    EVERYTHING,
    ShippedView("low", "Low", "status=low&status=critical&sort=status"),
    ShippedView("out", "Out of stock", "status=out_of_stock"),
    ShippedView("held", "Held", "held=yes"),
    ShippedView("oversold", "Oversold", "oversold=yes&sort=available"),
)
#: A menu with more than this is of no use to anyone.
_CHOICES: Final = 200
#: A column → the list behind its cells.
_BEHIND: Final[dict[str, tuple[type, dict[str, str]]]] = {
    "on_hand": (StockLevel, {}),
    "reserved": (Reservation, {"state__exact": "active"}),
    "held": (Hold, {"state__exact": "active"}),
    "incoming": (Replenishment, {"state__exact": "open"}),
    "last_movement": (Movement, {}),
}


def may_explore(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.may(_READ)


def pages(site: Any) -> list[URLPattern]:
    guarded = site.admin_view
    return [
        path("stock/", guarded(require_safe(explorer_page)), name=_PAGE),
        path("stock/views/", guarded(require_POST(csrf_protect(views_page))), name=f"{_PAGE}_views"),
    ]


def explorer_page(request: HttpRequest) -> HttpResponse:
    """What the address asks for. Without any query: the view that the person begins with."""
    access = _reader(request)
    kept = read_preferences(access=access, page=_PAGE)
    saved = visible_views(access=access, page=_PAGE)
    start = start_key(kept, access=access, page=_PAGE, saved=saved)
    if not request.GET and (first := start_of(start, saved=saved, shipped=_SHIPPED)) is not None:
        key = first.public_id if isinstance(first, SavedView) else first.key
        return HttpResponseRedirect(_address(Filters.of_query(first.query), key))
    filters, named = Filters.of_query(request.GET.urlencode()), request.GET.get("view", "")[:64]
    channels = channels_named(access=access)
    channel = next((each for each in channels if each.public_id == filters.channel), None)
    columns = chosen_columns(filters.columns, _names(kept.get("columns")))
    page = read_page(
        access=access,
        filters=filters,
        columns=columns,
        channel=channel,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    is_sortable = sortable(access=access, filters=filters)
    shown: dict[str, Any] = {
        "title": "Stock",
        "is_fullwidth": "1",
        "views": page_views(
            access=access,
            saved=saved,
            shipped=_SHIPPED,
            query=filters.query,
            named=named,
            start=start,
            address=lambda query, key: _address(Filters.of_query(query), key),
            post_url=reverse(f"{EXPLORER_URL}_views"),
        ),
        "filters": filters,
        "here": reverse(EXPLORER_URL),
        "named": named,
        "kept": [(name, value) for name, value in _pairs(filters) if name != "q"],
        "chips": _chips(access, filters, named),
        "menus": _menus(access, filters, named, channels),
        "clear_url": _address(Filters(sort=filters.sort, columns=filters.columns), ""),
        "heads": [_head(column, filters, named, is_sortable) for column in columns],
        "code_head": _head(_CODE, filters, named, is_sortable),
        "is_sortable": is_sortable,
        "rows": _shown(request, access, page.rows, columns, filters, channel),
        "previous_url": _address(filters, named, before=page.before) if page.before else "",
        "next_url": _address(filters, named, after=page.after) if page.after else "",
        "first_url": _address(filters, named) if {"after", "before"} & request.GET.keys() else "",
        "columns": [(each.name, each.words, each in columns, each.about) for each in COLUMNS],
        "columns_url": reverse(f"{EXPLORER_URL}_views"),
        "columns_back": filters.query,
        "export_page": _PAGE,
        "channel": channel,
        "currency": access.organization.currency,
        "without_stock": without_stock(access=access, term=filters.q) if filters.q and not page.rows else [],
    }
    context = {**admin.site.each_context(request), **shown}
    return TemplateResponse(request, "inventory/admin/explorer.html", context)


def views_page(request: HttpRequest) -> HttpResponse:
    """Save the filters as a view, share or delete one, begin with it; choose the columns."""
    access = _reader(request)
    filters, post = Filters.of_query(request.POST.get("back", "")), request.POST
    try:
        key, words = transactions.run(lambda: _keep(access, filters, post))
    except NotFound:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, refusal.detail)
        return HttpResponseRedirect(_address(filters, ""))
    messages.success(request, words)
    if post.get("do", "").startswith("columns"):
        filters = filters.but(columns=())
    return HttpResponseRedirect(_address(filters, key))


def export_table(access: Access, query: QueryDict) -> Table:
    """What the page shows under that query, all of it; with the columns of the person who asks."""
    filters = Filters.of_query(query.urlencode())
    access.require(_READ)
    kept = read_preferences(access=access, page=_PAGE)
    columns = chosen_columns(filters.columns, _names(kept.get("columns")))
    rows = all_rows(access=access, filters=filters, columns=columns)

    def count(limit: int | None) -> int:
        found = matching(access=access, filters=filters)
        return (found if limit is None else found[:limit]).count()

    return Table(
        "Stock",
        ("sku", "title", *(column.name for column in columns)),
        ((row.sku.code, row.sku.title, *(column.value(row) for column in columns)) for row in rows),
        count,
    )


# --- what is asked for


def _reader(request: HttpRequest) -> Access:
    access = access_of(request)
    if access is None or not access.may(_READ):
        raise PermissionDenied
    freshen(request)
    return access


def _names(kept: Any) -> Sequence[str]:
    return [str(name) for name in kept] if isinstance(kept, list) else []


def _keep(access: Access, filters: Filters, post: QueryDict) -> tuple[str, str]:
    deed = post.get("do", "")
    if deed == "columns":
        names = [column.name for column in COLUMNS if column.name in post.getlist("columns")]
        if not names:
            raise InvalidInput("NO_COLUMNS", "Choose one column at least.")
        keep_preferences(access=access, page=_PAGE, columns=names)
        return "", "These columns are shown from now on."
    if deed == "columns_reset":
        keep_preferences(access=access, page=_PAGE, columns=None)
        return "", "The columns are as they were."
    return keep_view(access=access, page=_PAGE, post=post, query=filters.query)


def _pairs(filters: Filters) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, found in filters.parameters.items()
        for value in ([found] if isinstance(found, str) else found)
    ]


def _address(filters: Filters, view: str, **marks: str) -> str:
    # Everything is a view too: a bare address is that of the view one begins with.
    pairs = [*_pairs(filters), *([("view", view)] if view else []), *marks.items()]
    return f"{reverse(EXPLORER_URL)}?{urlencode(pairs or [('view', EVERYTHING.key)])}"


# --- filters


@dataclass(frozen=True, slots=True)
class Chip:
    words: str
    address: str
    is_chosen: bool
    count: str = ""


def _chips(access: Access, filters: Filters, named: str) -> list[Chip]:
    """What is wrong with stock: each may be added to the others and taken off again."""
    plain = filters.but(status=(), held="", oversold="")
    chips = [_chip(access, "All", plain, filters, filters == plain, named, plain)]
    for status in (StockStatus.LOW, StockStatus.CRITICAL, StockStatus.OUT_OF_STOCK):
        others = tuple(each for each in filters.status if each != status)
        is_chosen = status in filters.status
        wanted = filters.but(status=others if is_chosen else (*filters.status, status.value))
        alone = plain.but(status=(status.value,))
        chips.append(_chip(access, str(status.label), wanted, filters, is_chosen, named, alone))
    for name, words in (("held", "Held"), ("oversold", "Oversold")):
        is_chosen = bool(getattr(filters, name))
        wanted = filters.but(**{name: "" if is_chosen else "yes"})
        chips.append(_chip(access, words, wanted, filters, is_chosen, named, plain.but(**{name: "yes"})))
    return chips


def _chip(
    access: Access, words: str, wanted: Filters, now: Filters, is_chosen: bool, named: str, counted: Filters
) -> Chip:
    found = count_up_to(access=access, filters=counted)
    told = "" if found is None else f"{MOST_COUNTED:,}+" if found > MOST_COUNTED else f"{found:,}"
    return Chip(words, _address(Filters.of_query(wanted.query), named), is_chosen, told)


@dataclass(frozen=True, slots=True)
class Menu:
    """`groups`: heading (or none) and its choices."""

    label: str
    chosen: str
    is_narrowing: bool
    groups: list[tuple[str, list[Chip]]]


def _menus(access: Access, filters: Filters, named: str, channels: Sequence[Channel]) -> list[Menu]:
    warehouses = access.narrow(Warehouse.objects.order_by("name", "pk"), _READ, warehouse="pk")
    categories = Category.objects.for_organization(access.organization).order_by("name", "pk")
    menus = [
        _menu("Warehouse", "warehouse", _records(warehouses), "All", filters, named),
        _menu("Category", "category", _records(categories), "Any", filters, named),
    ]
    stock = [("yes", "On hand"), ("no", "Nothing on hand")]
    lots = [("yes", "Lot-controlled"), ("no", "Without lots")]
    more = [
        ("Stock", _choices("stock", stock, "Any", filters, named)),
        ("Lots", _choices("lots", lots, "Any", filters, named)),
    ]
    narrowing = bool(filters.stock) + bool(filters.lots)
    menus.append(Menu("More", f"More ({narrowing})" if narrowing else "", bool(narrowing), more))
    if channels:
        found = [(each.public_id, each.name) for each in channels]
        menus.append(_menu("ATP", "channel", found, "any channel", filters, named))
    # A choice of one thing is none.
    return [menu for menu in menus if menu.is_narrowing or any(len(found) > 2 for _, found in menu.groups)]


def _records(rows: QuerySet[Any]) -> list[tuple[str, str]]:
    return [(row.public_id, row.name) for row in rows[:_CHOICES]]


def _menu(
    label: str, name: str, found: list[tuple[str, str]], none: str, filters: Filters, named: str
) -> Menu:
    value = getattr(filters, name)
    words = dict(found).get(value, "none of these") if value else none
    return Menu(label, f"{label}: {words}", bool(value), [("", _choices(name, found, none, filters, named))])


def _choices(name: str, found: list[tuple[str, str]], none: str, filters: Filters, named: str) -> list[Chip]:
    return [
        Chip(words, _address(filters.but(**{name: value}), named), getattr(filters, name) == value)
        for value, words in [("", none.capitalize()), *found]
    ]


# --- the table

_CODE: Final = Column("code", "SKU", lambda row: row.sku.code, is_number=False, sort="code")


@dataclass(frozen=True, slots=True)
class Head:
    """`order` is what `aria-sort` says; `address` turns the order round, or puts the rows in that of the column."""

    column: Column
    address: str
    order: str


def _head(column: Column, filters: Filters, named: str, is_sortable: bool) -> Head:
    if not column.sort or not (is_sortable or column.sort == "code"):
        return Head(column, "", "")
    sort = filters.sort or "code"
    is_current = sort.lstrip("-") == column.sort
    is_descending = is_current and sort.startswith("-")
    turned = f"-{column.sort}" if is_current and not is_descending else column.sort
    order = ("descending" if is_descending else "ascending") if is_current else ""
    return Head(column, _address(filters.but(sort="" if turned == "code" else turned), named), order)


@dataclass(frozen=True, slots=True)
class ShownCell:
    column: Column
    words: Any
    link: str = ""
    is_below_zero: bool = False


@dataclass(frozen=True, slots=True)
class ShownRow:
    row: Row
    link: str
    timeline: str
    cells: list[ShownCell]
    correct: str


def _shown(
    request: HttpRequest,
    access: Access,
    rows: Sequence[Row],
    columns: Sequence[Column],
    filters: Filters,
    channel: Channel | None,
) -> list[ShownRow]:
    behind = {
        name: (reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"), fixed)  # type: ignore[attr-defined]
        for name, (model, fixed) in _BEHIND.items()
        if admin.site._registry[model].has_view_permission(request)
    }
    return [
        ShownRow(
            row=row,
            link=reverse("admin:inventory_sku_page", args=[row.sku.public_id]),
            timeline=reverse("admin:inventory_sku_timeline", args=[row.sku.public_id]),
            cells=[_cell(row, column, behind, filters) for column in columns],
            correct=_correct(access, row),
        )
        for row in rows
    ]


def _cell(
    row: Row, column: Column, behind: dict[str, tuple[str, dict[str, str]]], filters: Filters
) -> ShownCell:
    value = column.value(row)
    words: Any = value
    if column.name == "status":
        words = status_label(StockStatus(value))
    elif column.name == "warehouses":
        words = row.levels
    elif isinstance(value, int):
        words = f"{value:,}"
    elif isinstance(value, Decimal):
        words = f"{value:,.2f}"
    elif isinstance(value, datetime):
        words = date_format(timezone.localtime(value), "j M Y, H:i")
    link = ""
    if column.name == "atp":
        link = reverse("admin:inventory_sku_promise", args=[row.sku.public_id])
    elif column.name in behind and value:
        address, fixed = behind[column.name]
        place = {"warehouse__id__exact": row.levels[0].warehouse_id} if filters.warehouse else {}
        link = f"{address}?{urlencode({'sku__id__exact': row.sku.pk, **fixed, **place})}"
    is_below_zero = isinstance(value, int) and value < 0
    return ShownCell(column, "" if words is None else words, link, is_below_zero)


def _correct(access: Access, row: Row) -> str:
    """Where the SKU's quantity is corrected: of its only level at once, of several after asking which."""
    may = [
        level
        for level in row.levels
        if level.warehouse.is_active
        and not level.warehouse.is_readonly
        and access.covers("inventory.adjust", level.warehouse_id)
    ]
    if not may:
        return ""
    if len(row.levels) == 1:
        return reverse("admin:inventory_stocklevel_correct", args=[may[0].pk])
    return reverse("admin:inventory_sku_correct", args=[row.sku.pk])
