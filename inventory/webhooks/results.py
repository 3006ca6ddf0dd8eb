"""What came of an attempt: the log of it, the delivery's next step, and what it says about its endpoint."""

from __future__ import annotations

import http
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db.models import Case, F, Q, When

from inventory.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    EndpointState,
    Trigger,
    WebhookEndpoint,
)
from inventory.outgoing import retry_after
from inventory.webhooks import schedule
from inventory.webhooks.claims import Claimed
from warehouses import transactions

__all__ = ["Outcome", "record"]

_KEPT_BODY = 1024
_KEPT_HEADERS = (
    "content-type",
    "content-length",
    "date",
    "location",
    "retry-after",
    "server",
    "x-request-id",
)
_KEPT_VALUE = 200
_SUCCESS_NOTED_EVERY = timedelta(minutes=1)
_GONE = 410

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt, over: an answer with its `status`, or none and the reason (`error`) for people.

    The names of `headers` are in lower case.
    """

    started_at: datetime
    duration_ms: int
    request_headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    address: str | None = None
    error: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def in_words(self) -> str:
        if self.status is None:
            return self.error
        try:
            return f"{self.status} {http.HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)


class _LeaseLost(Exception):
    pass


def record(
    claimed: Claimed, outcome: Outcome, *, now: datetime, chance: random.Random = schedule.CHANCE
) -> bool:
    """Write the attempt with all that follows from it, in one transaction; False: nothing, the lease is not ours.

    Locks the endpoint (only when something about it changes), then the delivery. When somebody else has taken the
    delivery over meanwhile, their attempt is the one that counts, and this one leaves no trace but a line in the log.
    """
    try:
        disabled = transactions.run(lambda: _record(claimed, outcome, now, chance))
    except _LeaseLost:
        _log.warning("webhook.lease_lost", **claimed.names)
        return False
    if not outcome.is_success:
        _log.info("webhook.failed", **claimed.names, status=outcome.status, error=outcome.error)
    if disabled:
        _log.warning("webhook.disabled", **claimed.names, reason=disabled)
    return True


def _record(claimed: Claimed, outcome: Outcome, now: datetime, chance: random.Random) -> str:
    disabled = ""
    if outcome.is_success:
        _note_success(claimed, now)
    else:
        disabled = _note_failure(claimed, outcome, now)
    held = Delivery.objects.select_for_update(no_key=True).filter(pk=claimed.delivery.pk, lease=claimed.lease)
    delivery = held.first()
    if delivery is None:
        raise _LeaseLost
    # As it was when it was taken: a replay may have put `tries` back since.
    is_replay = claimed.delivery.attempt_count > claimed.delivery.tries
    delivery.tries += 1
    delivery.attempt_count += 1
    delivery.lease = None
    _move_on(delivery, claimed, outcome, now, chance)
    delivery.save(
        update_fields=["state", "tries", "attempt_count", "next_attempt_at", "lease", "finished_at"]
    )
    DeliveryAttempt.objects.create(
        delivery=delivery,
        number=delivery.attempt_count,
        trigger=Trigger.REPLAY if is_replay else Trigger.SCHEDULE,
        started_at=outcome.started_at,
        duration_ms=outcome.duration_ms,
        url=claimed.url,
        address=outcome.address,
        request_headers=dict(outcome.request_headers),
        status=outcome.status,
        response_headers=_kept_headers(outcome),
        response_body=outcome.body[:_KEPT_BODY].decode("utf-8", "replace").replace("\x00", ""),
        error=outcome.error[: DeliveryAttempt._meta.get_field("error").max_length],
    )
    return disabled


def _move_on(
    delivery: Delivery, claimed: Claimed, outcome: Outcome, now: datetime, chance: random.Random
) -> None:
    delivery.next_attempt_at = None
    delivery.finished_at = now
    if outcome.is_success:
        delivery.state = DeliveryState.DELIVERED
        return
    wait = schedule.retry_in(delivery.tries, chance=chance)
    # Whoever sends a test looks at what came of it; an answer that comes hours later would tell them nothing.
    if wait is None or claimed.is_test:
        delivery.state = DeliveryState.FAILED
        return
    asked = retry_after(outcome.status, outcome.headers.get("retry-after"), now=now)
    delivery.next_attempt_at = now + max(wait, asked or wait)
    delivery.finished_at = None


def _note_success(claimed: Claimed, now: datetime) -> None:
    """Forget the failures. The row is written only when that changes it: other requests may be ending just now."""
    worth_noting = (
        Q(failures__gt=0)
        | Q(failing_since__isnull=False)
        | Q(hold_until__lte=now)
        | Q(last_success_at__isnull=True)
        | Q(last_success_at__lte=now - _SUCCESS_NOTED_EVERY)
    )
    WebhookEndpoint.objects.filter(worth_noting, pk=claimed.endpoint_id, url=claimed.url).update(
        failures=0,
        failing_since=None,
        last_success_at=now,
        # A hold that still runs was asked for while this request was under way: it stands.
        hold_until=Case(When(hold_until__gt=now, then=F("hold_until")), default=None),
    )


def _note_failure(claimed: Claimed, outcome: Outcome, now: datetime) -> str:
    """Count the failure and hold the endpoint back for a while; the reason, if that has disabled it."""
    # At an address that it was given meanwhile, nothing has failed.
    locked = WebhookEndpoint.objects.select_for_update(no_key=True)
    endpoint = locked.filter(pk=claimed.endpoint_id, url=claimed.url).first()
    if endpoint is None:
        return ""
    # Every failure sets a hold. Where the last one ended so long ago, nothing has been tried since: a new beginning.
    is_stale = endpoint.hold_until is not None and endpoint.hold_until <= now - schedule.FAILING_FOR
    since = None if is_stale else endpoint.failing_since
    endpoint.failures = 1 if since is None else endpoint.failures + 1
    endpoint.failing_since = since = since or outcome.started_at
    asked = retry_after(outcome.status, outcome.headers.get("retry-after"), now=now)
    holds = (endpoint.hold_until, now + schedule.pause_after(endpoint.failures), now + (asked or timedelta()))
    endpoint.hold_until = max(hold for hold in holds if hold is not None)
    reason = _reason_to_disable(endpoint, outcome, now - since)
    if reason:
        endpoint.state = EndpointState.DISABLED
        endpoint.disabled_at = now
        endpoint.disabled_reason = reason
    endpoint.save(update_fields="failing_since failures hold_until state disabled_at disabled_reason".split())
    return reason


def _reason_to_disable(endpoint: WebhookEndpoint, outcome: Outcome, failing_for: timedelta) -> str:
    if endpoint.state != EndpointState.ACTIVE or endpoint.removed_at is not None:
        return ""
    if outcome.status == _GONE:
        return "It answered 410 Gone: it does not want any more."
    if failing_for < schedule.FAILING_FOR:
        return ""
    reason = (
        f"Nothing got through for {schedule.FAILING_FOR.days} days. The last attempt: {outcome.in_words()}"
    )
    return reason[: WebhookEndpoint._meta.get_field("disabled_reason").max_length]


def _kept_headers(outcome: Outcome) -> dict[str, str]:
    return {name: outcome.headers[name][:_KEPT_VALUE] for name in _KEPT_HEADERS if name in outcome.headers}
