"""Webhook endpoints: made with a form, their secret shown once, tested, paused, resumed, replayed, removed."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.components import BaseComponent, register_component
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.views import ChangeList
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextInputWidget,
)

from inventory.admin.integrations import OrganizationWide, clock_time, duration, label, link
from inventory.models import (
    SUBSCRIBABLE,
    Delivery,
    DeliveryState,
    EndpointState,
    EventType,
    WebhookEndpoint,
)
from inventory.webhooks.deliveries import replay_failed
from inventory.webhooks.endpoints import (
    MANAGE,
    OLD_SECRET_SIGNS_FOR,
    change_endpoint,
    create_endpoint,
    pause_endpoint,
    remove_endpoint,
    resume_endpoint,
    rotate_secret,
    send_test,
)
from inventory.webhooks.notices import disabled_endpoints
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.forms import ScopedForm
from warehouses.admin.model_admins import Deletion
from warehouses.http.organization import access_of
from warehouses.refusals import Refusal

__all__ = ["ENDPOINT_LABELS", "DisabledWebhooks", "WebhookEndpointAdmin"]

ENDPOINT_LABELS: Final = {
    str(EndpointState.ACTIVE.label): "success",
    str(EndpointState.PAUSED.label): "",
    str(EndpointState.DISABLED.label): "danger",
}
#: An event in a column of a list.
_SHORT: Final = {
    EventType.INVENTORY_UPDATED.value: "Stock changed",
    EventType.LOW_STOCK.value: "Low stock",
    EventType.OVERSOLD.value: "Oversold",
    EventType.SYNC_COMPLETED.value: "Sync finished",
    EventType.TRANSFER_SHIPPED.value: "Transfer shipped",
    EventType.TRANSFER_RECEIVED.value: "Transfer received",
    EventType.REQUEST_SUBMITTED.value: "Request submitted",
    EventType.REQUEST_APPROVED.value: "Request approved",
    EventType.REQUEST_REJECTED.value: "Request rejected",
    EventType.REQUEST_FULFILLED.value: "Request fulfilled",
    EventType.COUNT_RESOLVED.value: "Count resolved",
}
#: What most receivers want; ticked where one is made.
_USUAL: Final = (EventType.INVENTORY_UPDATED.value, EventType.LOW_STOCK.value)
_RECENT: Final = 20
_IN_WORDS: Final = f"{OLD_SECRET_SIGNS_FOR.total_seconds() / 3600:.0f} hours"
#: A delivery that has failed for good was queued days ago: a replay looks back over all of its tries.
_LOOK_BACK: Final = timedelta(days=7)


class WebhookEndpointForm(ScopedForm):
    event_types = forms.MultipleChoiceField(
        label="Events",
        choices=[(kind.value, f"{kind.value}: {kind.label}") for kind in SUBSCRIBABLE],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].help_text = "Each event is sent here in a POST request. " + (
            "It has to be https on port 443 or 8443, reachable from the internet, or an address in a network that "
            "the operator of this installation has opened."
            if settings.OUTGOING_NETWORKS
            else "It has to be https on port 443 or 8443, and reachable from the internet."
        )
        self.fields["description"].help_text = "What it is for: the name under which it is listed."
        self.fields["warehouses"].help_text = "None chosen: every warehouse, also later ones."


class ReplayForm(forms.Form):
    """The instant is read and shown in the organization's time zone."""

    since = forms.DateTimeField(
        label="Since",
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": "1", "class": " ".join(INPUT_CLASSES)},
            format="%Y-%m-%dT%H:%M:%S",
        ),
    )


class EndpointList(ChangeList):
    """The list's page, with the latest deliveries of each endpoint: one query for all of them."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        endpoints: list[Any] = list(self.result_list)
        latest = _latest_deliveries(endpoints)
        for endpoint in endpoints:
            endpoint.recent_states = latest[endpoint.pk]
        self.result_list = endpoints


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(OrganizationWide):
    form = WebhookEndpointForm
    in_palette = True
    icon = "webhook"
    shows_once = True
    list_before_template = "inventory/admin/disabled_webhooks_above.html"
    list_display = ("name", "events", "where", "state_label", "recent", "failing", "last_success")
    list_filter = ("state",)
    search_fields = ("description__icontains", "url__icontains")
    search_help_text = "Description or URL"
    ordering = ("created_at", "pk")
    actions_row = ("send_test", "replay_failed", "rotate", "pause", "resume")
    # The other two stand on the page, beside what they are about.
    actions_detail = ("send_test", "pause", "resume")
    settings_fields = ("url", "description", "event_types", "warehouses")
    state_fields = (
        "state_shown",
        "recent_and_failed",
        "failing",
        "held",
        "last_success",
        "secret_shown",
        "made",
    )
    empty_hint = "A webhook tells another system by HTTP, within seconds, what happens to your stock."

    class Media:
        js = (Script("inventory/first_field.js", defer=True),)

    # --- rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        # The twentieth delivery from the top; it bounds what EndpointList reads.
        oldest = Delivery.objects.filter(endpoint=OuterRef("pk")).order_by("-created_at", "-pk")
        oldest = oldest[_RECENT - 1 : _RECENT]
        rows = super().get_queryset(request).filter(removed_at__isnull=True)
        return (
            rows.defer("secret", "previous_secret")
            .prefetch_related("warehouses")
            .annotate(
                recent_from=Subquery(oldest.values("created_at")),
                recent_from_pk=Subquery(oldest.values("pk")),
            )
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return EndpointList

    def choice_label(self, obj: WebhookEndpoint) -> str:
        return f"{obj} (removed)" if obj.removed_at is not None else str(obj)

    # --- columns and fields

    @admin.display(description="webhook", ordering="description")
    def name(self, endpoint: WebhookEndpoint) -> SafeString:
        name = endpoint.description or urlsplit(endpoint.url).netloc
        return format_html(
            '{}<span class="row-address" title="{}">{}</span>', name, endpoint.url, endpoint.url
        )

    @display(description="events", label=True)
    def events(self, endpoint: WebhookEndpoint) -> list[str]:
        return [_SHORT.get(kind, kind) for kind in endpoint.event_types]

    @admin.display(description="warehouses")
    def where(self, endpoint: WebhookEndpoint) -> str:
        if not endpoint.is_limited:
            return "Every warehouse"
        return ", ".join(str(place) for place in endpoint.warehouses.all()) or "No warehouse any more"

    @display(description="state", ordering="state", label=ENDPOINT_LABELS)
    def state_label(self, endpoint: WebhookEndpoint) -> str:
        return str(EndpointState(endpoint.state).label)

    @admin.display(description="latest deliveries")
    def recent(self, endpoint: Any) -> SafeString:
        """A bar for each delivery, the latest on the right, and how many got through; a link to all of them."""
        if not hasattr(endpoint, "recent_states"):
            endpoint.recent_states = _latest_deliveries([endpoint])[endpoint.pk]
        states: list[str] = endpoint.recent_states
        log = reverse("admin:inventory_delivery_changelist", current_app=self.admin_site.name)
        target = f"{log}?{urlencode({'endpoint__id__exact': endpoint.pk})}"
        if not states:
            return format_html('<a href="{}" class="text-link">None yet</a>', target)
        counts = Counter(states)
        words = ", ".join(
            f"{counts[state.value]} {state.label.lower()}" for state in DeliveryState if counts[state.value]
        )
        bars = format_html_join(
            "", '<span class="health-{}"></span>', ((state,) for state in reversed(states))
        )
        return format_html(
            '<a href="{}" class="health" title="{}"><span class="health-bars" aria-hidden="true">{}</span>'
            ' {} of {} got through<span class="sr-only">: {}</span></a>',
            target, words, bars, counts[DeliveryState.DELIVERED.value], len(states), words,
        )  # fmt: skip

    @admin.display(description="failing since", ordering="failing_since")
    def failing(self, endpoint: WebhookEndpoint) -> str | None:
        if endpoint.failing_since is None:
            return None
        return f"{clock_time(endpoint.failing_since)} ({endpoint.failures} in a row)"

    @admin.display(description="last success", ordering="last_success_at")
    def last_success(self, endpoint: WebhookEndpoint) -> str | None:
        return clock_time(endpoint.last_success_at) if endpoint.last_success_at else None

    @admin.display(description="state")
    def state_shown(self, endpoint: WebhookEndpoint) -> SafeString:
        word = label(self.state_label(endpoint), ENDPOINT_LABELS)
        if endpoint.disabled_at is None:
            return word
        return format_html(
            "{} since {}. {}", word, clock_time(endpoint.disabled_at), endpoint.disabled_reason
        )

    @admin.display(description="latest deliveries")
    def recent_and_failed(self, endpoint: WebhookEndpoint) -> SafeString:
        target = self._action_url("replay_failed", endpoint)
        return format_html(
            '{} · <a href="{}" class="text-link">Replay failed…</a>', self.recent(endpoint), target
        )

    @admin.display(description="left alone until")
    def held(self, endpoint: WebhookEndpoint) -> str | None:
        now = timezone.now()
        if endpoint.hold_until is None or endpoint.hold_until <= now:
            return None
        return f"{clock_time(endpoint.hold_until)}, for {duration(endpoint.hold_until - now)}: it failed just now"

    @admin.display(description="signing secret")
    def secret_shown(self, endpoint: WebhookEndpoint) -> SafeString:
        until = endpoint.previous_secret_until
        before = ""
        if until is not None and until > timezone.now():
            before = f" The one before signs too until {clock_time(until)}."
        return format_html(
            'It was shown when it was made.{} <a href="{}" class="text-link">Rotate…</a>',
            before,
            self._action_url("rotate", endpoint),
        )

    @admin.display(description="made")
    def made(self, endpoint: WebhookEndpoint) -> str:
        by = f" by {endpoint.created_by_name}" if endpoint.created_by_name else ""
        return f"{clock_time(endpoint.created_at)}{by}"

    # --- forms

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = (None, {"fields": self.settings_fields})
        if obj is None:
            return [asked]
        empty = {"failing": not self.failing(obj), "held": not self.held(obj)}
        told = [name for name in self.state_fields if not empty.get(name)]
        return [asked, ("How it is doing", {"fields": told})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.state_fields

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        return {"event_types": list(_USUAL)} | super().get_changeform_initial_data(request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "url":
            # The theme's own would show a link to the address above the field.
            kwargs["widget"] = UnfoldAdminTextInputWidget(
                attrs={
                    "type": "url",
                    "inputmode": "url",
                    "placeholder": "https://",
                    "spellcheck": "false",
                    "autofocus": True,
                }
            )
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "warehouses" and field is not None and hasattr(field.widget, "can_add_related"):
            field.widget.can_add_related = False
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **{"widget": UnfoldAdminCheckboxSelectMultipleWidget()} | kwargs
        )

    def store(
        self, request: HttpRequest, access: Access, obj: WebhookEndpoint, form: Any, change: bool
    ) -> None:
        values = form.cleaned_data
        given: dict[str, Any] = {
            "access": access,
            "url": values["url"],
            "description": values["description"],
            "event_types": values["event_types"],
            "warehouses": list(values["warehouses"]),
        }
        if change:
            # The form has written its values into `obj`: what changes is told from the row as it is.
            stored = WebhookEndpoint.objects.get(pk=obj.pk)
            transactions.run(lambda: change_endpoint(endpoint=stored, **given))
            return
        endpoint, secret = transactions.run(lambda: create_endpoint(**given))
        obj.__dict__.update(endpoint.__dict__)
        # The text lives as long as this request.
        request.secret_text = secret  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Its warehouses were set with it."""

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show_secret(request, obj, request.secret_text, is_new=True)  # type: ignore[attr-defined]

    def _show_secret(
        self, request: HttpRequest, endpoint: WebhookEndpoint, text: str, *, is_new: bool
    ) -> HttpResponse:
        """The one page that shows a secret. It is in no session and no message, and no cache may keep it."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Webhook created" if is_new else "Secret rotated",
            "opts": self.opts,
            "endpoint": endpoint,
            "is_new": is_new,
            "old_signs_for": _IN_WORDS,
            "text": text,
            "test_url": self._action_url("send_test", endpoint),
            "list_url": self.page_of(endpoint),
        }
        return TemplateResponse(request, "inventory/admin/webhook_secret.html", context)

    def _action_url(self, name: str, endpoint: WebhookEndpoint) -> str:
        return reverse(self.url_name(name), args=(endpoint.pk,), current_app=self.admin_site.name)

    # --- deleting

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deletion:
        """Django's own answer would be that deliveries protect it; they stay, and its row with them."""
        rows = list(objs)
        gone = [
            f"{self.choice_label(row)}: nothing more is sent to it, and its secret is forgotten; its deliveries can be "
            "looked up for as long as the log is kept"
            for row in rows
        ]
        refused = {
            str(self.opts.verbose_name) for row in rows if not self.has_delete_permission(request, row)
        }
        return gone, {str(self.opts.verbose_name_plural): len(rows)}, refused, []

    def remove(self, request: HttpRequest, access: Access, obj: WebhookEndpoint) -> None:
        transactions.run(lambda: remove_endpoint(access=access, endpoint=obj))

    # --- actions

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Those that make sense for it now; resuming is called what it does."""
        endpoint: WebhookEndpoint | None = self.get_object(request, str(object_id))
        if endpoint is None:
            return []
        found = []
        for offered in super().get_actions_detail(request, object_id):
            if offered.method.__name__ == "pause" and endpoint.state != EndpointState.ACTIVE:
                continue
            if offered.method.__name__ == "resume":
                if not _can_resume(endpoint):
                    continue
                offered = dataclasses.replace(offered, description=_resume_words(endpoint))
            found.append(offered)
        return found

    @action(description="Send test event", permissions=["manage"], url_path="test", icon="send")
    def send_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint: WebhookEndpoint = self.found(request, object_id)
        return self.ask_then(
            request,
            endpoint,
            question=f"Send a test event to {endpoint.url}? The next page shows what comes back.",
            verb="Send test event",
            act=lambda access: send_test(access=access, endpoint=endpoint),
            then=self.go_to,
        )

    @action(
        description="Rotate secret",
        permissions=["manage"],
        url_path="rotate",
        icon="key",
        variant=ActionVariant.WARNING,
    )
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint: WebhookEndpoint = self.found(request, object_id)
        return self.ask_then(
            request,
            endpoint,
            question=f"Make a new signing secret? It is shown once. For {_IN_WORDS} every event is signed with both, "
            "so that the receiver can change over; after that, with the new one only.",
            verb="Rotate secret",
            act=lambda access: rotate_secret(access=access, endpoint=endpoint),
            then=lambda secret: self._show_secret(request, endpoint, secret, is_new=False),
        )

    @action(description="Pause", permissions=["manage"], url_path="pause", icon="pause")
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint: WebhookEndpoint = self.found(request, object_id)

        def then(_: Any) -> HttpResponse:
            self.message_user(request, f"{endpoint} is paused.", messages.SUCCESS)
            return self.go_to(endpoint)

        return self.ask_then(
            request,
            endpoint,
            question="Pause this webhook? Nothing is sent to it until it is resumed; what happens meanwhile is kept "
            "for it and sent then.",
            verb="Pause webhook",
            act=lambda access: pause_endpoint(access=access, endpoint=endpoint),
            then=then,
        )

    @action(description="Resume", permissions=["manage"], url_path="resume", icon="play_arrow")
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint: WebhookEndpoint = self.found(request, object_id)
        is_disabled = endpoint.state == EndpointState.DISABLED

        def then(_: Any) -> HttpResponse:
            self.message_user(request, f"{endpoint} is active.", messages.SUCCESS)
            return self.go_to(endpoint)

        return self.ask_then(
            request,
            endpoint,
            question="Enable this webhook? What was waiting when it was disabled is sent; what happened since was not "
            "kept for it."
            if is_disabled
            else "Resume this webhook? What is waiting for it is sent.",
            verb=_resume_words(endpoint),
            act=lambda access: resume_endpoint(access=access, endpoint=endpoint),
            then=then,
        )

    @action(description="Replay failed…", permissions=["manage"], url_path="replay-failed", icon="replay")
    def replay_failed(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A GET counts, and only what was counted is offered to be sent again."""
        endpoint: WebhookEndpoint = self.found(request, object_id)
        now = timezone.now()
        if request.method == "POST":
            form = ReplayForm(request.POST)
            if form.is_valid():
                access, since = self.require_access(request), form.cleaned_data["since"]
                try:
                    count = transactions.run(
                        lambda: replay_failed(access=access, endpoint=endpoint, since=since)
                    )
                except Refusal as refusal:
                    return self.answer(request, refusal, self.page_of(endpoint))
                self.log_change(
                    request, endpoint, f"Replayed {count} failed deliveries since {clock_time(since)}."
                )
                noun = "delivery is" if count == 1 else "deliveries are"
                self.message_user(request, f"{count} {noun} on the way again.", messages.SUCCESS)
                return self.go_to(endpoint)
        elif "since" in request.GET:
            form = ReplayForm(request.GET)
        else:
            form = ReplayForm({"since": timezone.localtime(_replay_from(endpoint, now)).replace(tzinfo=None)})
        since = form.cleaned_data["since"] if form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "title": "Replay failed deliveries",
            "opts": self.opts,
            "endpoint": endpoint,
            "form": form,
            "since": clock_time(since) if since else "",
            "count": _failed_since(endpoint, since).count() if since else 0,
            "back": self.page_of(endpoint),
        }
        status = 200 if form.is_valid() else 422
        return TemplateResponse(request, "inventory/admin/replay_failed.html", context, status=status)


@register_component
class DisabledWebhooks(BaseComponent):
    """The notice of endpoints that get nothing any more, for those who may do something about it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        access = access_of(self.request)
        if access is None or not access.everywhere(MANAGE):
            return kwargs | {"endpoints": []}
        rows = disabled_endpoints(access.organization).defer("secret", "previous_secret")
        return kwargs | {
            "endpoints": [
                {
                    "link": link(row, str(row)),
                    "since": clock_time(row.disabled_at) if row.disabled_at else "",
                    "reason": row.disabled_reason,
                    "resume": reverse("admin:inventory_webhookendpoint_resume", args=(row.pk,)),
                }
                for row in rows
            ]
        }


def _latest_deliveries(endpoints: list[Any]) -> dict[UUID, list[str]]:
    """The states of the latest deliveries of each endpoint, the newest first. One query; none without endpoints."""
    wanted = Q()
    for endpoint in endpoints:
        mine = Q(endpoint=endpoint.pk)
        if endpoint.recent_from is not None:
            # Those of one batch were created at the same instant: their keys tell them apart.
            mine &= Q(created_at__gte=endpoint.recent_from)
            mine &= Q(created_at__gt=endpoint.recent_from) | Q(pk__gte=endpoint.recent_from_pk)
        wanted |= mine
    found: dict[UUID, list[str]] = defaultdict(list)
    if endpoints:
        rows = Delivery.objects.filter(wanted).order_by("-created_at", "-pk")
        for endpoint_id, state in rows.values_list("endpoint", "state"):
            found[endpoint_id].append(state)
    return found


def _failed_since(endpoint: WebhookEndpoint, since: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.FAILED, created_at__gte=since)


def _replay_from(endpoint: WebhookEndpoint, now: datetime) -> datetime:
    return ((endpoint.failing_since or now) - _LOOK_BACK).replace(microsecond=0)


def _can_resume(endpoint: WebhookEndpoint) -> bool:
    return endpoint.state != EndpointState.ACTIVE or endpoint.failing_since is not None


def _resume_words(endpoint: WebhookEndpoint) -> str:
    """What resuming is to an endpoint in this state."""
    if endpoint.state == EndpointState.DISABLED:
        return "Enable"
    return "Resume" if endpoint.state == EndpointState.PAUSED else "Try again now"
