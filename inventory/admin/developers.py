"""The developers' corner: the first call, keys, what was refused, webhooks, and where it is all written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.timesince import timesince
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from inventory.admin.labels import GREY, PLAIN, Look, symbol_label
from inventory.admin.request_log import answer_label
from inventory.models import Delivery, DeliveryState, EndpointState, Sku, WebhookEndpoint
from warehouses import keys
from warehouses.access import Access
from warehouses.admin.api_keys import key_created
from warehouses.http.organization import access_of
from warehouses.models import ApiKey, RequestRecord, User, Warehouse
from warehouses.permissions import DESCRIPTIONS
from warehouses.refusals import Refusal
from warehouses.request_log import READ as READ_LOG

__all__ = ["MAKE_KEYS", "KeyForm", "may_open", "pages"]

MAKE_KEYS: Final = "organization.manage"
#: Rows of each section; the lists have the rest.
_SHOWN: Final = 6
_SCOPES_SHOWN: Final = 3
_MOST_WAREHOUSES: Final = 60
_LIFETIMES: Final[Mapping[str, timedelta | None]] = {
    "": None,
    "30": timedelta(days=30),
    "90": timedelta(days=90),
    "365": timedelta(days=365),
}
#: What most integrations begin with; those of them that the maker has are ticked.
_USUAL: Final = frozenset({"inventory.read", "products.read"})
#: The guides that a task is begun with: slug → what it is called here.
_GUIDES: Final[Mapping[str, str]] = {
    "sync-stock": "Keep another system's stock the same",
    "reserve-safely": "Reserve safely",
    "react-to-low-stock": "React to low stock",
    "change-contract": "Move to another contract",
    "webhooks": "Webhooks: events, signatures, retries",
    "api": "The whole API on one page",
}


class KeyForm(forms.Form):
    """A key in one step. What it may do and where is offered as far as its maker may grant it."""

    name = forms.CharField(max_length=80, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}))
    scopes = forms.MultipleChoiceField(label="It may", widget=forms.CheckboxSelectMultiple)
    warehouses = forms.ModelMultipleChoiceField(
        Warehouse.objects.none(),
        required=False,
        label="Where",
        help_text="None chosen: in every warehouse, also later ones.",
        widget=forms.CheckboxSelectMultiple,
    )
    lifetime = forms.ChoiceField(
        required=False,
        label="It expires",
        choices=[("", "Never"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year")],
        widget=UnfoldAdminSelectWidget,
    )
    contract = forms.ChoiceField(
        required=False,
        label="Contract",
        help_text="Which one answers at paths that several have.",
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        granted = [name for name in DESCRIPTIONS if access.may(name)]
        fields: Any = self.fields
        fields["scopes"].choices = [(name, DESCRIPTIONS[name]) for name in granted]
        fields["scopes"].initial = [name for name in granted if name in _USUAL]
        fields[
            "name"
        ].initial = f"Integration of {date_format(timezone.localtime(), 'j M Y', use_l10n=False)}"
        places = Warehouse.objects.filter(organization=access.organization, is_active=True).order_by("name")
        # Those of the maker's rights; whether they suffice for the scopes chosen, the business code says.
        mine = [access.warehouse_ids(name) for name in granted]
        is_limited = None not in mine
        if is_limited:
            places = places.filter(pk__in=frozenset[Any]().union(*(some for some in mine if some)))
            fields["warehouses"].help_text = "A key can do no more than you, who see some of the warehouses."
        fields["warehouses"].queryset = places
        count = places[: _MOST_WAREHOUSES + 1].count()
        if count > _MOST_WAREHOUSES or (count < 2 and not is_limited):
            del fields[
                "warehouses"
            ]  # nothing to choose, or too much for a page: the form of its own has a list
        fields["contract"].choices = [
            ("", "The documented default"),
            *((name, name) for name in settings.API_CONTRACTS),
        ]


def may_open(request: HttpRequest) -> bool:
    """Whoever makes keys, or looks after all integrations."""
    access = access_of(request)
    return access is not None and (access.may(MAKE_KEYS) or access.everywhere(READ_LOG))


def pages(site: AdminSite) -> list[URLPattern]:
    """The addresses of the corner, for the setting ADMIN_PAGES."""

    def corner(request: HttpRequest) -> HttpResponseBase:
        access = access_of(request)
        if access is None or not may_open(request):
            raise PermissionDenied
        if request.method == "POST":
            return _make_key(request, site, access)
        form = KeyForm(access=access) if access.may(MAKE_KEYS) else None
        return _corner(request, site, access, form)

    return [path("developers/", site.admin_view(corner), name="developers")]


def _make_key(request: HttpRequest, site: AdminSite, access: Access) -> HttpResponse:
    if not access.may(MAKE_KEYS):
        raise PermissionDenied
    form = KeyForm(request.POST, access=access)
    if form.is_valid():
        values = form.cleaned_data
        lifetime = _LIFETIMES[values["lifetime"]]
        try:
            key, text = keys.create_key(
                organization=access.organization,
                actor=access.actor,
                name=values["name"],
                scopes=values["scopes"],
                warehouses=list(values.get("warehouses", ())),
                contract=values["contract"],
                expires_at=timezone.now() + lifetime if lifetime else None,
                created_by=request.user if isinstance(request.user, User) else None,
                granting=access,
            )
        except Refusal as refusal:
            _tell(form, refusal)
        else:
            return key_created(request, site, key, text)
    return _corner(request, site, access, form)


def _tell(form: KeyForm, refusal: Refusal) -> None:
    """What the business code refuses, beside the fields that it is about."""
    for problem in refusal.problems:
        form.add_error(problem.field if problem.field in form.fields else None, problem.detail)
    if not refusal.problems:
        form.add_error(None, refusal.detail)


def _corner(request: HttpRequest, site: AdminSite, access: Access, form: KeyForm | None) -> TemplateResponse:
    is_refused = form is not None and form.is_bound
    context = {
        **site.each_context(request),
        "title": "Developers",
        "base": request.build_absolute_uri("/").rstrip("/"),
        "sku": _example_sku(access),
        "form": form,
        "keys": _keys(access) if access.may(MAKE_KEYS) else None,
        "log": _log(access) if access.everywhere(READ_LOG) else None,
        "kept_days": settings.REQUEST_LOG_KEPT.days,
        "contracts": list(import_string(settings.API_DOCUMENTS).values()),
        "guides": _GUIDES.items(),
    }
    return TemplateResponse(
        request,
        "inventory/admin/developers.html",
        context,
        status=422 if is_refused else 200,
        headers={"Cache-Control": "no-store"},
    )


def _example_sku(access: Access) -> str:
    """A SKU of theirs, so that the example can be run as it stands."""
    if not access.everywhere("inventory.read"):
        return "REGEN-001"
    code = (
        Sku.objects.filter(organization=access.organization, is_active=True)
        .order_by("pk")
        .values_list("code", flat=True)
        .first()
    )
    # Within quotation marks, within a shell's own: what would end either is left to the imagination.
    return code if code and not set(code) & set("'\"\\$`") else "REGEN-001"


def _keys(access: Access) -> Sequence[dict[str, Any]]:
    """The live keys, the last used first."""
    now = timezone.now()
    rows = ApiKey.objects.for_organization(access.organization).filter(revoked_at__isnull=True)
    rows = rows.exclude(expires_at__lte=now).prefetch_related("warehouses")
    found = sorted(rows.order_by("-created_at")[:200], key=lambda key: key.last_used_at or key.created_at)
    return [
        {
            "key": key,
            "scopes": _scopes(key),
            "where": _where(key),
            "used": _ago(key.last_used_at, now),
        }
        for key in found[: -_SHOWN - 1 : -1]
    ]


def _scopes(key: ApiKey) -> str:
    names = sorted(key.scopes)
    shown = ", ".join(names[:_SCOPES_SHOWN])
    return shown if len(names) <= _SCOPES_SHOWN else f"{shown} and {len(names) - _SCOPES_SHOWN} more"


def _ago(instant: datetime | None, now: datetime) -> str:
    if instant is None:
        return "Never used"
    if now - instant < timedelta(minutes=2):
        return "Used just now"
    return f"Last used {timesince(instant, now)} ago"


def _where(key: ApiKey) -> str:
    if not key.is_limited:
        return "Every warehouse"
    return ", ".join(str(place) for place in key.warehouses.all()) or "No warehouse any more"


def _log(access: Access) -> Mapping[str, Any]:
    """The latest requests that were refused, the endpoints, and the latest deliveries that did not arrive."""
    mine = access.organization
    refused = RequestRecord.objects.for_organization(mine).filter(status__gte=400).order_by("-pk")
    latest = RequestRecord.objects.for_organization(mine).order_by("-pk").first()
    endpoints = WebhookEndpoint.objects.for_organization(mine).filter(removed_at__isnull=True)
    failed = (
        Delivery.objects.filter(organization=mine, state=DeliveryState.FAILED)
        .select_related("endpoint", "event")
        .defer("event__body", "endpoint__secret", "endpoint__previous_secret")
        .order_by("-created_at", "-pk")
    )
    return {
        "latest": latest,
        "refused": [{"record": record, "answer": answer_label(record.status)} for record in refused[:_SHOWN]],
        "endpoints": [
            {"endpoint": endpoint, "state": _state(endpoint)}
            for endpoint in endpoints.defer("secret", "previous_secret").order_by("created_at", "pk")[:_SHOWN]
        ],
        "failed": list(failed[:_SHOWN]),
    }


def _state(endpoint: WebhookEndpoint) -> str:
    match endpoint.state:
        case EndpointState.DISABLED:
            return symbol_label("Disabled", Look("error", variant="danger"))
        case EndpointState.PAUSED:
            return symbol_label("Paused", Look("pause", extra=GREY))
    if endpoint.failing_since is not None:
        return symbol_label("Failing", Look("warning", variant="warning"))
    return symbol_label("Active", Look("check", extra=PLAIN))
