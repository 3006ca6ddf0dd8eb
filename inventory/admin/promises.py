"""Pages of what can be promised: a location, the heat map, why a number is what it is, totals, and a check."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from inventory.admin.fresh_stock import freshen
from inventory.availability.cells import Counts
from inventory.availability.checking import Answer, Wish, check
from inventory.availability.drilldown import Drilldown, drill_down
from inventory.availability.formula import Promise
from inventory.availability.heat import Heat, heat_of_sku, heat_of_stock
from inventory.availability.records import read_availability, search_levels, visible_levels
from inventory.availability.summary import MOST_PLACES, summarize
from inventory.catalogue import find_skus
from inventory.channels import READ, channels_named, visible_channels
from inventory.models import (
    Barcode,
    Category,
    Channel,
    ChannelPolicy,
    ChannelRule,
    Sku,
    TallyKind,
    sku_key,
)
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.reservations import expire_due
from inventory.tallies import tally_of
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.admin.paginator import KeyPaginator
from warehouses.http.organization import access_of
from warehouses.models import Warehouse

__all__ = [
    "CHECK_URL",
    "HEAT_URL",
    "MATRIX_URL",
    "SUMMARY_URL",
    "TERMS",
    "PromisePages",
    "explain_url",
    "may_see_promises",
]

MATRIX_URL: Final = "admin:inventory_channel_matrix"
HEAT_URL: Final = "admin:inventory_channel_heat"
SUMMARY_URL: Final = "admin:inventory_channel_summary"
CHECK_URL: Final = "admin:inventory_channel_check"
_EXPLAIN_URL: Final = "admin:inventory_channel_explain"
_ROWS: Final = 50
_MOST_LINES: Final = 500
_MOST_LIKE: Final = 8
#: What each term of a promise is called, and what it is.
TERMS: Final = {
    "on_hand": ("On hand", "Everything that is there."),
    "not_sellable": ("Not sellable", "It lies in rooms that are not for selling."),
    "quarantined": ("Quarantined", "Of quarantined lots, in sellable rooms."),
    "expired": ("Expired", "Of expired lots, in sellable rooms."),
    "reserved": ("Reserved", "Promised already, to whomever."),
    "held": ("On hold", "Held of what is sellable, and what is held though it is not there any more."),
    "safety_stock": ("Safety stock", "Kept back from every channel."),
    "buffer": ("Buffer", "Kept back from this channel."),
    "below_zero": ("Below zero", "There is less than nothing to promise: nothing is promised."),
    "not_offered": ("Not offered", "The channel is excluded here, or it or the location is not active."),
    "over_allocation": ("Over the allocation", "More than is left of what is allocated to the channel."),
}
_COUNTS: Final = {
    Counts.SELLABLE: ("Counts", "success"),
    Counts.NOT_SELLABLE: ("Room is not for selling", "warning"),
    Counts.QUARANTINED: ("Lot is quarantined", "warning"),
    Counts.EXPIRED: ("Lot is expired", "danger"),
}


def may_see_promises(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.may(READ)


def explain_url(warehouse: Warehouse, channel: Channel, sku: Sku) -> str:
    query = urlencode({"location": warehouse.pk, "channel": channel.pk, "sku": sku.pk})
    return f"{reverse(_EXPLAIN_URL)}?{query}"


@dataclass(frozen=True, slots=True)
class Step:
    """A term on the page, and what is left once it is counted."""

    name: str
    words: str
    why: str
    quantity: int
    left: int


class LocationField(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Warehouse.objects.none(), widget=UnfoldAdminSelectWidget, **kwargs)


class MatrixForm(forms.Form):
    """Which location, and which of its SKUs."""

    location = LocationField(label="Location", required=False, empty_label=None)
    q = forms.CharField(
        label="SKU code, title or product",
        max_length=128,
        required=False,
        widget=UnfoldAdminTextInputWidget(
            attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def __init__(self, *args: Any, places: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = places  # type: ignore[attr-defined]


class HeatForm(forms.Form):
    """Of which SKU, else of which category, else of all."""

    q = forms.CharField(
        label="SKU code, title, or scan a barcode",
        max_length=128,
        required=False,
        widget=UnfoldAdminTextInputWidget(
            attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    category = forms.ModelChoiceField(
        Category.objects.none(), required=False, empty_label="All", widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, categories: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = categories  # type: ignore[attr-defined]


class CheckForm(forms.Form):
    """A basket: a line for each SKU, its code and how many."""

    location = LocationField(label="Location", required=False, empty_label="All that I may see")
    channel = forms.ModelChoiceField(
        Channel.objects.none(),
        label="Channel",
        required=False,
        empty_label="None: what could be promised at all",
        widget=UnfoldAdminSelectWidget,
    )
    lines = forms.CharField(
        label="Lines",
        max_length=60_000,
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 6, "spellcheck": "false", "placeholder": "SKU-001 3"}
        ),
        help_text="A SKU's code, a blank and how many; one to a line.",
    )

    def __init__(self, *args: Any, access: Access, places: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access = access
        self.fields["location"].queryset = places  # type: ignore[attr-defined]
        self.fields["channel"].queryset = visible_channels(access=access)  # type: ignore[attr-defined]

    def clean_lines(self) -> list[Wish]:
        """One query, whatever the number of lines. Every bad line is named."""
        asked: list[tuple[int, str, int]] = []
        wrong: list[str] = []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            if not line.strip():
                continue
            code, _, quantity = line.strip().rpartition(" ")
            is_number = quantity.isascii() and quantity.isdigit() and len(quantity) <= 10
            if not code or not is_number or not 1 <= int(quantity) <= MAXIMUM_QUANTITY:
                wrong.append(f"Line {number}: write a SKU's code, a blank and how many.")
            else:
                asked.append((number, code.strip(), int(quantity)))
        if len(asked) > _MOST_LINES:
            raise forms.ValidationError(f"At most {_MOST_LINES} lines at once.")
        found = find_skus(organization=self.access.organization, codes={code for _, code, _ in asked})
        wrong += [
            f"Line {number}: there is no SKU “{code}”."
            for number, code, _ in asked
            if sku_key(code) not in found
        ]
        if wrong:
            raise forms.ValidationError(wrong)
        return [Wish(found[sku_key(code)], quantity) for _, code, quantity in asked]


class PromisePages(ScopedModelAdmin):
    """The pages beside the list of channels. Whoever may read stock somewhere sees them, for where they may."""

    def get_urls(self) -> list[Any]:
        pages = (
            ("matrix/", self.matrix_page, "matrix"),
            ("matrix/explain/", self.explain_page, "explain"),
            ("matrix/heat/", self.heat_page, "heat"),
            ("summary/", self.summary_page, "summary"),
            ("check/", self.check_page, "check"),
        )
        own = [
            path(address, self.admin_site.admin_view(page), name=f"inventory_channel_{name}")
            for address, page, name in pages
        ]
        return [*own, *super().get_urls()]

    def matrix_page(self, request: HttpRequest) -> HttpResponse:
        """A row for each SKU of a location, a cell for each active channel, with a link to why."""
        access = self._reader(request)
        places = _places(access)
        form = MatrixForm(request.GET or None, places=places)
        warehouse = _chosen(access, places, request.GET.get("location"))
        term = request.GET.get("q", "").replace("\x00", "").strip()[:128]
        channels = channels_named(access=access)
        shown: dict[str, Any] = {"form": form, "warehouse": warehouse, "channels": channels, "term": term}
        if warehouse is not None:
            form.initial = {"location": warehouse.pk}
            if not form.is_bound:
                form.fields["location"].initial = warehouse.pk
            levels = visible_levels(access=access, warehouse=warehouse)
            pages = KeyPaginator(search_levels(levels, term) if term else levels, _ROWS)
            if not term:
                pages.counted = tally_of(TallyKind.LEVEL, access=access, warehouse_id=warehouse.pk)
            page: Any = pages.get_page(request.GET.get("page"))
            records = read_availability(access=access, keys=page.keys, channels=channels)
            shown |= {
                "page": page,
                "rows": [
                    (
                        record,
                        [
                            (share, explain_url(record.warehouse, share.channel, record.sku))
                            for share in record.shares
                        ],
                    )
                    for record in records
                ],
                "query": urlencode({"location": warehouse.pk} | ({"q": term} if term else {})),
            }
        return self._show(request, "matrix", "What can be promised", shown)

    def explain_page(self, request: HttpRequest) -> HttpResponse:
        """Why a channel may be promised so much: every term, and the records behind it."""
        access = self._reader(request)
        warehouse: Warehouse = _found(_places(access), request.GET.get("location"))
        channel = _found(visible_channels(access=access), request.GET.get("channel"))
        sku = _found(Sku.objects.for_organization(access.organization), request.GET.get("sku"))
        found = drill_down(organization=access.organization, sku=sku, warehouse=warehouse, channel=channel)
        shown = {
            "found": found,
            "atp": found.promise.atp,
            "steps": _steps(found.promise),
            "items": [(counted, *_COUNTS[counted.counts]) for counted in found.items],
            "policy": ChannelPolicy(found.offer.policy).label,
            "rule_url": _rule_url(found),
            "may_rule": access.covers("inventory.write", warehouse.pk),
            "back": f"{reverse(MATRIX_URL)}?{urlencode({'location': warehouse.pk, 'q': sku.code})}",
        }
        return self._show(request, "explain", f"Why {found.promise.atp:,}", shown)

    def heat_page(self, request: HttpRequest) -> HttpResponse:
        """A row for each location, a column for each active channel: of one SKU, of a category, or of all."""
        access = self._reader(request)
        categories = Category.objects.filter(organization=access.organization).order_by("name")
        form = HeatForm(request.GET or None, categories=categories)
        term = request.GET.get("q", "").replace("\x00", "").strip()[:128]
        category = form.cleaned_data.get("category") if form.is_valid() else None
        channels = channels_named(access=access)
        sku = _sku_named(access, term) if term else None
        heat: Heat | None = None
        like: list[Sku] = []
        if sku is not None:
            heat = heat_of_sku(access=access, sku=sku, channels=channels)
        elif term:
            like = _skus_like(access, term)
        else:
            heat = heat_of_stock(access=access, channels=channels, category=category)
        shown = {
            "form": form,
            "term": term,
            "sku": sku,
            "category": category,
            "heat": heat,
            "like": like,
            "most": MOST_PLACES,
            "rows": [
                (
                    row.warehouse,
                    [
                        (units, step, _behind(row.warehouse, channel, sku))
                        for channel, units, step in row.cells
                    ],
                )
                for row in (heat.rows if heat is not None else ())
            ],
        }
        return self._show(request, "heat", "Where it can be sold", shown, 422 if form.errors else 200)

    def summary_page(self, request: HttpRequest) -> HttpResponse:
        """What each active channel may be promised in all, or in one location."""
        access = self._reader(request)
        places = _places(access)
        chosen = request.GET.get("location")
        warehouse = _chosen(access, places, chosen) if chosen else None
        form = MatrixForm(request.GET or None, places=places)
        del form.fields["q"]
        form.fields["location"].empty_label = "All that I may see"  # type: ignore[attr-defined]
        channels = channels_named(access=access)
        totals = summarize(access=access, channels=channels, warehouse=warehouse)
        shown = {
            "form": form,
            "rows": [(channel, totals[channel.pk]) for channel in channels],
            "currency": access.organization.currency,
        }
        return self._show(request, "summary", "Channel totals", shown)

    def check_page(self, request: HttpRequest) -> HttpResponse:
        """Whether a basket can be fulfilled. Reserves nothing."""
        access = self._reader(request)
        data = request.POST if request.method == "POST" else None
        form = CheckForm(data, access=access, places=_places(access))
        answers: list[Answer] | None = None
        if form.is_valid():
            expire_due(access.organization)
            values = form.cleaned_data
            answers = check(
                access=access,
                wishes=values["lines"],
                warehouse=values["location"],
                channel=values["channel"],
            )
        status = 422 if form.errors else 200
        return self._show(request, "check", "Check availability", {"form": form, "answers": answers}, status)

    def _reader(self, request: HttpRequest) -> Access:
        if not may_see_promises(request):
            raise PermissionDenied
        freshen(request)
        return self.require_access(request)

    def _show(
        self, request: HttpRequest, name: str, title: str, shown: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "pages": [
                ("Matrix", reverse(MATRIX_URL), name == "matrix"),
                ("Heat map", reverse(HEAT_URL), name == "heat"),
                ("Totals", reverse(SUMMARY_URL), name == "summary"),
                ("Check", reverse(CHECK_URL), name == "check"),
            ],
            **shown,
        }
        return TemplateResponse(request, f"inventory/admin/promises_{name}.html", context, status=status)


def _places(access: Access) -> Any:
    return access.narrow(Warehouse.objects.order_by("name", "pk"), READ, warehouse="pk")


def _chosen(access: Access, places: Any, key: str | None) -> Warehouse | None:
    """The location that the address names; else the organization's default, else the first. One query, or two."""
    if key:
        found: Warehouse = _found(places, key)
        return found
    default: Warehouse | None = places.filter(pk=access.organization.default_warehouse_id).first()
    first: Warehouse | None = places.first() if default is None else default
    return first


def _sku_named(access: Access, term: str) -> Sku | None:
    """The SKU of that code or barcode. Two queries at most."""
    skus = Sku.objects.for_organization(access.organization)
    scanned = Barcode.objects.filter(organization=access.organization, code=term).values("sku")
    return skus.filter(code_key=sku_key(term)).first() or skus.filter(pk__in=scanned).first()


def _skus_like(access: Access, term: str) -> list[Sku]:
    """The first SKUs that are meant perhaps, of those that are stocked where the caller may read."""
    levels = search_levels(visible_levels(access=access), term).select_related("sku")
    # A SKU has a level in each location that stocks it.
    found = {level.sku_id: level.sku for level in levels[: _MOST_LIKE * 10]}
    return list(found.values())[:_MOST_LIKE]


def _behind(warehouse: Warehouse, channel: Channel, sku: Sku | None) -> str:
    """What stands behind a number of the heat map: its terms, or the location's SKUs."""
    if sku is not None:
        return explain_url(warehouse, channel, sku)
    return f"{reverse(MATRIX_URL)}?{urlencode({'location': warehouse.pk})}"


def _steps(found: Promise) -> list[Step]:
    steps: list[Step] = []
    left = 0
    for term in fields(found):
        quantity = getattr(found, term.name)
        left += quantity
        steps.append(Step(term.name, *TERMS[term.name], quantity, left))
    return steps


def _rule_url(found: Drilldown) -> str:
    """Where its rule is changed, or made."""
    if found.rule is not None:
        return reverse("admin:inventory_channelrule_change", args=(found.rule.pk,))
    place = {"sku": found.sku.pk, "warehouse": found.warehouse.pk, "channel": found.channel.pk}
    return f"{reverse(f'admin:inventory_{ChannelRule._meta.model_name}_add')}?{urlencode(place)}"


def _found(rows: Any, key: str | None) -> Any:
    """The row of that key; what is malformed, not there or not the caller's is all the same."""
    try:
        found = rows.filter(pk=UUID(key or "")).first()
    except ValueError:
        raise Http404 from None
    if found is None:
        raise Http404
    return found
