"""Webhook endpoints: who is told what, where, and signed with which secret.

Everything here needs `integrations.manage` in the whole organization, and reading rights in the warehouses that an
endpoint is to hear of. Writes run in the caller's transaction; secrets are in no log.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta
from typing import Final

import structlog
from django.utils import timezone

from inventory import outbox
from inventory.models import (
    SUBSCRIBABLE,
    Delivery,
    EndpointState,
    Event,
    EventType,
    WebhookEndpoint,
)
from inventory.outgoing import Refused, check_url, resolve
from inventory.webhooks.signatures import new_secret
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import Organization, Warehouse
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Problem
from warehouses.sealing import Unreadable, seal, unseal

__all__ = [
    "MANAGE",
    "MOST_ENDPOINTS",
    "OLD_SECRET_SIGNS_FOR",
    "change_endpoint",
    "create_endpoint",
    "find_endpoint",
    "lock_endpoint",
    "pause_endpoint",
    "remove_endpoint",
    "require_manager",
    "resume_endpoint",
    "rotate_secret",
    "send_test",
    "visible_endpoints",
]

MANAGE: Final = "integrations.manage"
MOST_ENDPOINTS: Final = 50
OLD_SECRET_SIGNS_FOR: Final = timedelta(hours=24)

_DESCRIPTION = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{0,200}")
_PASSED_ON = {"UNRESOLVED", "PRIVATE_ADDRESS"}

_log = structlog.get_logger(__name__)


def create_endpoint(
    *,
    access: Access,
    url: str,
    event_types: Collection[str],
    description: str = "",
    warehouses: Collection[Warehouse] = (),
) -> tuple[WebhookEndpoint, str]:
    """Subscribe `url` to events of some `warehouses`, or of all; returns the endpoint and its signing secret.

    The secret is never to be had again. The host of the URL is looked up. Locks the organization.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `WAREHOUSE_NOT_FOUND`, InvalidInput `INVALID_ENDPOINT` naming each
    bad input (`url`, `description`, `event_types`), Conflict `ENDPOINT_LIMIT`.
    """
    require_manager(access)
    places = _places(access, warehouses)
    url, description = url.strip(), description.strip()
    _check_form(url=url, description=description, event_types=event_types)
    organization = access.organization
    # One at a time, or two who create the last one would both be let through. Others of its rows are written meanwhile.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if _endpoints_of(access).count() >= MOST_ENDPOINTS:
        raise Conflict("ENDPOINT_LIMIT", f"An organization has {MOST_ENDPOINTS} webhook endpoints at most.")
    secret = new_secret()
    endpoint = WebhookEndpoint(
        organization=organization,
        url=url,
        description=description,
        event_types=_ordered(event_types),
        is_limited=bool(places),
        secret=seal(secret),
        created_by_name=access.actor.name,
    )
    endpoint.save(force_insert=True)
    endpoint.warehouses.set(places)
    _tell("webhook.endpoint_created", access, endpoint)
    return endpoint, secret


def change_endpoint(
    *,
    access: Access,
    endpoint: WebhookEndpoint,
    url: str,
    description: str,
    event_types: Collection[str],
    warehouses: Collection[Warehouse] | None,
) -> WebhookEndpoint:
    """Give it these values; what is queued for it goes to the new address. No `warehouses` are all of them.

    None leaves them as they are, also where an endpoint is limited to warehouses that are no more. A new address has
    not failed yet: what is known of the old one is forgotten. Locks the endpoint.
    Raises as `create_endpoint` does, and NotFound `ENDPOINT_NOT_FOUND`.
    """
    require_manager(access)
    url, description = url.strip(), description.strip()
    is_new_url = url != endpoint.url
    _check_form(url=url if is_new_url else None, description=description, event_types=event_types)
    locked = lock_endpoint(access, endpoint)
    if warehouses is not None:
        places = _places(access, warehouses)
        locked.is_limited = bool(places)
        locked.warehouses.set(places)
    else:
        _check_reading(access, list(locked.warehouses.all()), is_limited=locked.is_limited)
    if locked.url != url:
        locked.url = url
        _forget_failures(locked)
    locked.description = description
    locked.event_types = _ordered(event_types)
    locked.save(update_fields=["url", "description", "event_types", "is_limited", *_HEALTH])
    outbox.wake_on_commit()
    _tell("webhook.endpoint_changed", access, locked)
    return locked


def rotate_secret(*, access: Access, endpoint: WebhookEndpoint) -> str:
    """A new signing secret, shown once. The old one signs too for a day, so that the receiver can be switched over.

    Rotating again within that day ends the oldest one's. Locks the endpoint. Raises Forbidden `PERMISSION_DENIED`,
    NotFound `ENDPOINT_NOT_FOUND`.
    """
    require_manager(access)
    locked = lock_endpoint(access, endpoint)
    secret = new_secret()
    is_readable = _is_readable(locked.secret)
    locked.previous_secret = locked.secret if is_readable else ""
    locked.previous_secret_until = timezone.now() + OLD_SECRET_SIGNS_FOR if is_readable else None
    locked.secret = seal(secret)
    locked.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
    _tell("webhook.secret_rotated", access, locked)
    return secret


def pause_endpoint(*, access: Access, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Send nothing until it is resumed; what happens meanwhile is kept for it. Pausing twice is pausing once.

    Locks the endpoint. Raises Forbidden `PERMISSION_DENIED`, NotFound `ENDPOINT_NOT_FOUND`, Conflict
    `ENDPOINT_NOT_ACTIVE` when it is disabled.
    """
    require_manager(access)
    locked = lock_endpoint(access, endpoint)
    if locked.state == EndpointState.DISABLED:
        raise Conflict("ENDPOINT_NOT_ACTIVE", "The endpoint is disabled: nothing is sent to it anyway.")
    if locked.state != EndpointState.PAUSED:
        locked.state = EndpointState.PAUSED
        locked.save(update_fields=["state"])
        _tell("webhook.endpoint_paused", access, locked)
    return locked


def resume_endpoint(*, access: Access, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Send again, as if it had never failed: to a paused endpoint, a disabled one, or one on hold.

    What is due goes out at once; what waits for another try keeps its time. Locks the endpoint.
    Raises Forbidden `PERMISSION_DENIED`, NotFound `ENDPOINT_NOT_FOUND`.
    """
    require_manager(access)
    locked = lock_endpoint(access, endpoint)
    before = locked.state
    locked.state = EndpointState.ACTIVE
    locked.disabled_at = None
    locked.disabled_reason = ""
    _forget_failures(locked)
    locked.save(update_fields=["state", "disabled_at", "disabled_reason", *_HEALTH])
    outbox.wake_on_commit()
    _tell("webhook.endpoint_resumed", access, locked, before=before)
    return locked


def remove_endpoint(*, access: Access, endpoint: WebhookEndpoint) -> None:
    """Send nothing more to it, ever, and forget its secrets. Its log goes when it is old enough.

    Locks the endpoint. Raises Forbidden `PERMISSION_DENIED`, NotFound `ENDPOINT_NOT_FOUND`.
    """
    require_manager(access)
    locked = lock_endpoint(access, endpoint)
    locked.removed_at = timezone.now()
    locked.secret = locked.previous_secret = ""
    locked.previous_secret_until = None
    locked.save(update_fields=["removed_at", "secret", "previous_secret", "previous_secret_until"])
    _tell("webhook.endpoint_removed", access, locked)


def send_test(*, access: Access, endpoint: WebhookEndpoint) -> Delivery:
    """Queue an event that is only a test, for this endpoint only, whatever it is subscribed to. It is tried once.

    Locks the endpoint. Raises Forbidden `PERMISSION_DENIED`, NotFound `ENDPOINT_NOT_FOUND`, Conflict
    `ENDPOINT_NOT_ACTIVE` when it is paused or disabled.
    """
    require_manager(access)
    locked = lock_endpoint(access, endpoint)
    if locked.state != EndpointState.ACTIVE:
        raise Conflict(
            "ENDPOINT_NOT_ACTIVE", f"The endpoint is {locked.get_state_display().lower()}; resume it first."
        )
    now = timezone.now()
    told = {"message": "A test: nothing has happened.", "endpoint_id": locked.public_id}
    event = Event.objects.create(
        organization=locked.organization,
        type=EventType.TEST,
        body=outbox.body_of(outbox.Draft(EventType.TEST, None, told), now),
        created_at=now,
    )
    delivery = Delivery.objects.create(
        organization=locked.organization,
        endpoint=locked,
        event=event,
        next_attempt_at=now,
        created_at=now,
    )
    outbox.wake_on_commit()
    _tell("webhook.test_queued", access, locked, delivery=delivery.public_id)
    return delivery


def visible_endpoints(*, access: Access) -> OrganizationQuerySet[WebhookEndpoint]:
    """The organization's endpoints, those that were removed left out. Raises Forbidden `PERMISSION_DENIED`."""
    require_manager(access)
    return _endpoints_of(access)


def find_endpoint(*, access: Access, public_id: str, lock: bool = False) -> WebhookEndpoint:
    """The endpoint of this id, with `lock` until the caller's transaction ends.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `ENDPOINT_NOT_FOUND` (another organization's too, or removed).
    """
    require_manager(access)
    key = decode(WebhookEndpoint.prefix, public_id)
    rows = _endpoints_of(access)
    # Deliveries that point at it go on being written, hence not the stronger lock.
    rows = rows.select_for_update(no_key=True) if lock else rows
    found = rows.filter(pk=key).first() if key is not None else None
    if found is None:
        raise _not_found()
    return found


def require_manager(access: Access) -> None:
    """Raise Forbidden `PERMISSION_DENIED` unless the caller manages the organization's integrations everywhere."""
    access.require(MANAGE)
    if not access.everywhere(MANAGE):
        raise Forbidden(
            "PERMISSION_DENIED",
            f"This needs the permission {MANAGE} in the whole organization.",
            extra={"missing": [MANAGE]},
        )


def lock_endpoint(access: Access, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """The endpoint as it is now and until the transaction ends. Raises NotFound `ENDPOINT_NOT_FOUND`."""
    locked = _endpoints_of(access).select_for_update(no_key=True).filter(pk=endpoint.pk).first()
    if locked is None:
        raise _not_found()
    return locked


_HEALTH = ("failing_since", "failures", "hold_until")


def _forget_failures(endpoint: WebhookEndpoint) -> None:
    endpoint.failing_since = None
    endpoint.failures = 0
    endpoint.hold_until = None


def _endpoints_of(access: Access) -> OrganizationQuerySet[WebhookEndpoint]:
    return WebhookEndpoint.objects.for_organization(access.organization).filter(removed_at__isnull=True)


def _not_found() -> NotFound:
    return NotFound("ENDPOINT_NOT_FOUND", "There is no such webhook endpoint.")


def _places(access: Access, warehouses: Collection[Warehouse]) -> list[Warehouse]:
    """The warehouses, each once, if the caller may have them told about."""
    places = list(dict.fromkeys(warehouses))
    if any(place.organization_id != access.organization.pk for place in places):
        raise NotFound("WAREHOUSE_NOT_FOUND", "There is no such warehouse.")
    _check_reading(access, places, is_limited=bool(places))
    return places


def _check_reading(access: Access, places: Collection[Warehouse], *, is_limited: bool) -> None:
    """Nobody can have somebody else told what they may not read themselves."""
    may_read = (
        all(access.covers("inventory.read", place.pk) for place in places)
        if is_limited
        else access.everywhere("inventory.read")
    )
    if not may_read:
        raise Forbidden(
            "PERMISSION_DENIED",
            "This needs the permission inventory.read in every warehouse that the endpoint hears of.",
            problems=[Problem("PERMISSION_DENIED", "You lack inventory.read there.", field="warehouses")],
            extra={"missing": ["inventory.read"]},
        )


def _check_form(*, url: str | None, description: str, event_types: Collection[str]) -> None:
    """Raise InvalidInput with all problems; `url` None is one that was looked at when it was given."""
    problems: list[Problem] = []
    if url is not None:
        try:
            resolve(check_url(url))
        except Refused as refusal:
            code = refusal.code if refusal.code in _PASSED_ON else "INVALID"
            problems.append(Problem(code, refusal.detail, field="url"))
    if not _DESCRIPTION.fullmatch(description):
        problems.append(
            Problem("INVALID", "A description has 200 characters at most, on one line.", field="description")
        )
    if not event_types:
        problems.append(Problem("REQUIRED", "Choose at least one event.", field="event_types"))
    seen: list[str] = []
    for kind in event_types:
        if kind not in SUBSCRIBABLE:
            problems.append(
                Problem("UNKNOWN_EVENT", f"“{kind[:60]}” is no event to subscribe to.", field="event_types")
            )
        elif kind in seen:
            problems.append(Problem("DUPLICATE", f"“{kind}” is there twice.", field="event_types"))
        seen.append(kind)
    if problems:
        raise InvalidInput(
            "INVALID_ENDPOINT", " ".join(problem.detail for problem in problems), problems=problems
        )


def _ordered(event_types: Collection[str]) -> list[str]:
    return [kind.value for kind in SUBSCRIBABLE if kind in event_types]


def _is_readable(sealed: str) -> bool:
    try:
        unseal(sealed)
    except Unreadable:
        return False
    return True


def _tell(what: str, access: Access, endpoint: WebhookEndpoint, **more: str) -> None:
    _log.info(
        what,
        endpoint=endpoint.public_id,
        organization=access.organization.public_id,
        actor_type=access.actor.type.value,
        actor_id=str(access.actor.id or ""),
        **more,
    )
