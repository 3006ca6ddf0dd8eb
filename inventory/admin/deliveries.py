"""The delivery log: what was sent where, what came back, when it is tried next, and sending it again."""

from __future__ import annotations

import http
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from inventory.admin.integrations import OrganizationWide, clock_time, duration, label, link
from inventory.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    EndpointState,
    Event,
    EventType,
    WebhookEndpoint,
)
from inventory.webhooks.deliveries import replay
from warehouses.admin.model_admins import ReadOnlyScopedAdmin
from warehouses.identifiers import decode

__all__ = ["DELIVERY_LABELS", "DeliveryAdmin"]

DELIVERY_LABELS: Final = {
    str(DeliveryState.PENDING.label): "info",
    str(DeliveryState.DELIVERED.label): "success",
    str(DeliveryState.FAILED.label): "danger",
}
_ATTEMPTS_SHOWN: Final = 50
#: Receivers should only store what they are sent; one that takes so long works on it before it answers.
_SLOW: Final = timedelta(seconds=5)
_SOON: Final = timedelta(minutes=1)


@admin.register(Delivery)
class DeliveryAdmin(OrganizationWide, ReadOnlyScopedAdmin):
    """Also those of endpoints that are no more: for as long as the log is kept, it can be looked up."""

    icon = "outgoing_mail"
    paginator = InfinitePaginator
    change_form_template = "inventory/admin/delivery.html"
    list_display = ("created", "event_type", "to", "state_label", "attempt_count", "last_answer", "next_try")
    list_filter = ("endpoint", "state", "event__type", "created_at")
    list_select_related = ("endpoint", "event")
    search_fields = ("pk",)
    search_help_text = "Number of an event (evt_…) or of a delivery (dlv_…)"
    ordering = ("-created_at", "-pk")
    actions_row = ("replay",)
    actions_detail = ("replay",)
    empty_hint = (
        "As soon as a webhook is made and something that it is subscribed to happens, "
        "each event that is sent to it stands here."
    )

    # --- rows

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        last = DeliveryAttempt.objects.filter(delivery=OuterRef("pk")).order_by("-number")
        rows = super().get_queryset(request).select_related("endpoint", "event")
        return rows.defer("event__body", "endpoint__secret", "endpoint__previous_secret").annotate(
            last_status=Subquery(last.values("status")[:1]), last_error=Subquery(last.values("error")[:1])
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        if (event_id := decode(Event.prefix, term)) is not None:
            return queryset.filter(event=event_id), False
        if decode(Delivery.prefix, term) is not None:
            return super().get_search_results(request, queryset, term)
        return queryset.none(), False

    def choice_label(self, obj: Delivery) -> str:
        return f"{obj.event.type} to {obj.endpoint}"

    # --- columns and fields

    @admin.display(description="created", ordering="created_at")
    def created(self, delivery: Delivery) -> str:
        return clock_time(delivery.created_at)

    @admin.display(description="event", ordering="event__type")
    def event_type(self, delivery: Delivery) -> str:
        return delivery.event.type

    @admin.display(description="webhook-id")
    def message_id(self, delivery: Delivery) -> str:
        return delivery.event.public_id

    @admin.display(description="number")
    def public_id(self, delivery: Delivery) -> str:
        return delivery.public_id

    @admin.display(description="webhook")
    def to(self, delivery: Delivery) -> SafeString | str:
        if delivery.endpoint.removed_at is not None:
            return f"{delivery.endpoint} (removed)"
        return link(delivery.endpoint, str(delivery.endpoint))

    @display(description="state", ordering="state", label=DELIVERY_LABELS)
    def state_label(self, delivery: Delivery) -> str:
        return str(DeliveryState(delivery.state).label)

    @admin.display(description="state")
    def state_shown(self, delivery: Delivery) -> SafeString:
        return label(self.state_label(delivery), DELIVERY_LABELS)

    @admin.display(description="last answer")
    def last_answer(self, delivery: Any) -> str | None:
        return _answer_in_words(delivery.last_status, delivery.last_error)

    @admin.display(description="next try", ordering="next_attempt_at")
    def next_try(self, delivery: Delivery) -> str | None:
        return _next_try(delivery, timezone.now())

    @admin.display(description="next try")
    def next_try_at(self, delivery: Delivery) -> str | None:
        now = timezone.now()
        due_at = _due_at(delivery)
        words = _next_try(delivery, now)
        return f"{words}, at {clock_time(due_at)}" if words and due_at and due_at > now else words

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        is_pending = obj is not None and obj.state == DeliveryState.PENDING
        return (
            "event_type", "to", "state_shown", *(("next_try_at",) if is_pending else ()), "attempt_count", "created",
            "message_id", "public_id",
        )  # fmt: skip

    # --- one delivery

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        delivery: Delivery = context["original"]
        attempts = delivery.attempts.order_by("-number")[:_ATTEMPTS_SHOWN]
        body = delivery.event.body
        context |= {
            "body": _indented(body),
            "attempts": [_shown(attempt, body) for attempt in attempts],
            "omitted": max(0, delivery.attempt_count - _ATTEMPTS_SHOWN),
            "is_test": delivery.event.type == EventType.TEST,
            "state": self.state_label(delivery),
            "refresh": _refresh_after(delivery, timezone.now()),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    @action(description="Replay", permissions=["manage"], url_path="replay", icon="replay")
    def replay(self, request: HttpRequest, object_id: str) -> HttpResponse:
        delivery: Delivery = self.found(request, object_id)

        def then(_: Any) -> HttpResponse:
            self.message_user(request, "The event is on its way again.", messages.SUCCESS)
            return self.go_to(delivery)

        return self.ask_then(
            request,
            delivery,
            question="Send this event again? It is sent as it was, with the same number, to the address that the "
            "webhook has now. A receiver that keeps track of the numbers will know that it has had it.",
            verb="Replay",
            act=lambda access: replay(access=access, delivery=delivery),
            then=then,
        )


@dataclass(frozen=True, slots=True)
class _Shown:
    """An attempt as the page shows it; `signed_text` is what the signature was made over."""

    attempt: DeliveryAttempt
    started: str
    lasted: str
    answer: str
    is_success: bool
    is_slow: bool
    signed_text: str


def _shown(attempt: DeliveryAttempt, body: str) -> _Shown:
    lasted = timedelta(milliseconds=attempt.duration_ms)
    is_success = attempt.status is not None and 200 <= attempt.status < 300
    headers = {name.lower(): value for name, value in attempt.request_headers.items()}
    is_signed = "webhook-id" in headers and "webhook-timestamp" in headers
    return _Shown(
        attempt=attempt,
        started=clock_time(attempt.started_at),
        lasted=f"{attempt.duration_ms} ms" if lasted < timedelta(seconds=1) else duration(lasted),
        answer=_answer_in_words(attempt.status, attempt.error) or "",
        is_success=is_success,
        is_slow=is_success and lasted >= _SLOW,
        signed_text=f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}" if is_signed else "",
    )


def _answer_in_words(status: int | None, error: str | None) -> str | None:
    if status is None:
        return error or None
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _indented(body: str) -> str:
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2)


def _due_at(delivery: Delivery) -> datetime | None:
    """When a pending delivery may be sent; None where that waits for a person."""
    endpoint: WebhookEndpoint = delivery.endpoint
    if delivery.next_attempt_at is None or endpoint.removed_at or endpoint.state != EndpointState.ACTIVE:
        return None
    return max(delivery.next_attempt_at, endpoint.hold_until or delivery.next_attempt_at)


def _next_try(delivery: Delivery, now: datetime) -> str | None:
    if delivery.state != DeliveryState.PENDING:
        return None
    if delivery.lease is not None and delivery.next_attempt_at and delivery.next_attempt_at > now:
        return "Being sent now"
    due_at = _due_at(delivery)
    if due_at is None:
        if delivery.endpoint.removed_at:
            return "Never: the webhook is removed"
        return f"Waits: the webhook is {EndpointState(delivery.endpoint.state).label.lower()}"
    return "Due now" if due_at <= now else f"In {duration(due_at - now)}"


def _refresh_after(delivery: Delivery, now: datetime) -> int | None:
    """Seconds after which the page should look again; hours before the next try, not every other second."""
    if delivery.state != DeliveryState.PENDING:
        return None
    is_sending = delivery.lease is not None
    due_at = _due_at(delivery)
    return 2 if is_sending or (due_at is not None and due_at <= now + _SOON) else 30
