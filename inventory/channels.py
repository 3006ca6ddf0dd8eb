"""Channels: where stock is sold. They belong to the organization as a whole, and so do the rights to change them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2s
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory import history
from inventory.models import Channel, Reservation
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import Organization
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Problem

__all__ = [
    "MOST_CHANNELS",
    "READ",
    "WRITE",
    "change_channel",
    "channel_version",
    "channels_named",
    "create_channel",
    "delete_channel",
    "find_channel",
    "lock_channel",
    "visible_channels",
]

READ: Final = "inventory.read"
WRITE: Final = "inventory.write"
#: A row of the matrix has a cell for each of them.
MOST_CHANNELS: Final = 100

_ON, _OFF = "active", "inactive"
_SETTINGS = ("code", "name", "buffer", "is_active")


def visible_channels(*, access: Access) -> OrganizationQuerySet[Channel]:
    """The organization's channels, by name. Raises Forbidden `PERMISSION_DENIED`."""
    access.require(READ)
    return Channel.objects.for_organization(access.organization).order_by("name", "pk")


def channels_named(*, access: Access, public_ids: Sequence[str] | None = None) -> list[Channel]:
    """The channels of these ids, by name; the active ones where none are named. One query.

    Raises NotFound `CHANNEL_NOT_FOUND` if there is not each of them.
    """
    rows = visible_channels(access=access)
    if public_ids is None:
        return list(rows.filter(is_active=True))
    keys = {decode(Channel.prefix, public_id) for public_id in public_ids}
    found = list(rows.filter(pk__in=[key for key in keys if key is not None]))
    if len(found) < len(keys):
        raise _not_found()
    return found


def find_channel(*, access: Access, public_id: str) -> Channel:
    """Raises NotFound `CHANNEL_NOT_FOUND`."""
    return channels_named(access=access, public_ids=[public_id])[0]


def lock_channel(*, access: Access, public_id: str) -> Channel:
    """The channel as it is until the transaction ends, for whoever may write it.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `CHANNEL_NOT_FOUND`.
    """
    _require_writer(access)
    key = decode(Channel.prefix, public_id)
    # Stronger than a change needs: a reservation that is just being made for it is made before or after it is deleted.
    rows = Channel.objects.for_organization(access.organization).select_for_update(of=("self",))
    found = rows.filter(pk=key).first() if key is not None else None
    if found is None:
        raise _not_found()
    return found


def create_channel(
    *, access: Access, code: str, name: str, buffer: int = 0, is_active: bool = True
) -> Channel:
    """A new channel, which shares all there is until rules say otherwise. Locks the organization.

    Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_REQUEST` naming each bad input, Conflict
    `CHANNEL_LIMIT`, and `CHANNEL_EXISTS` for a code or name that another one has.
    """
    _require_writer(access)
    organization = access.organization
    # One at a time, or two who make the last one would both be let through.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if Channel.objects.for_organization(organization).count() >= MOST_CHANNELS:
        raise Conflict("CHANNEL_LIMIT", f"An organization has {MOST_CHANNELS} channels at most.")
    now = timezone.now()
    channel = Channel(
        organization=organization, code=code, name=name, buffer=buffer, is_active=is_active, created_at=now
    )
    _save(channel)
    history.note(
        organization=organization,
        actor=access.actor,
        subject=channel,
        action="create",
        to_state=_state(channel),
        at=now,
    )
    return channel


def change_channel(*, access: Access, channel: Channel, **changes: Any) -> Channel:
    """Give a locked channel (`lock_channel`) other settings: `code`, `name`, `buffer`, `is_active`.

    Its reservations stay when it is deactivated: it only gets no more. Raises as `create_channel` does.
    """
    _require_writer(access)
    if unknown := changes.keys() - set(_SETTINGS):
        raise TypeError(f"A channel has no {', '.join(sorted(unknown))}.")
    before = _state(channel)
    changed = sorted(name for name, value in changes.items() if getattr(channel, name) != value)
    if not changed:
        return channel
    for name in changed:
        setattr(channel, name, changes[name])
    _save(channel)
    after = _state(channel)
    action = "change" if before == after else "activate" if channel.is_active else "deactivate"
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=channel,
        action=action,
        from_state=before,
        to_state=after,
        at=timezone.now(),
        reason=", ".join(f"{name} {getattr(channel, name)}" for name in changed if name != "is_active"),
    )
    return channel


def delete_channel(*, access: Access, channel: Channel) -> None:
    """Remove a locked channel (`lock_channel`) with its rules.

    Raises Forbidden `PERMISSION_DENIED`, Conflict `CHANNEL_IN_USE` where anything ever was reserved for it: what was
    promised to whom is not forgotten. Deactivate it then.
    """
    _require_writer(access)
    if Reservation.objects.filter(channel=channel).exists():
        raise Conflict(
            "CHANNEL_IN_USE", f"“{channel.name}” has reservations, so it cannot be deleted. Deactivate it."
        )
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=channel,
        action="delete",
        from_state=_state(channel),
        to_state="deleted",
        at=timezone.now(),
        reason=channel.name,
    )
    channel.delete()


def channel_version(channel: Channel) -> str:
    """Moves with its settings."""
    parts = json.dumps([getattr(channel, name) for name in _SETTINGS])
    return f"{channel.pk.hex}-{blake2s(parts.encode(), digest_size=6).hexdigest()}"


def _require_writer(access: Access) -> None:
    access.require(WRITE)
    if not access.everywhere(WRITE):
        raise Forbidden(
            "PERMISSION_DENIED",
            f"This needs the permission {WRITE} in the whole organization.",
            extra={"missing": [WRITE]},
        )


def _state(channel: Channel) -> str:
    return _ON if channel.is_active else _OFF


def _save(channel: Channel) -> None:
    try:
        channel.clean_fields(exclude={"organization"})
    except ValidationError as error:
        problems = [
            Problem("INVALID", " ".join(found.messages), field=name)
            for name, faults in error.error_dict.items()
            for found in faults
        ]
        detail = " ".join(problem.detail for problem in problems)
        raise InvalidInput("INVALID_REQUEST", detail, problems=problems) from error
    rivals = Channel.objects.for_organization(channel.organization).exclude(pk=channel.pk)
    for name in ("code", "name"):
        if rivals.filter(**{f"{name}__iexact": getattr(channel, name)}).exists():
            raise _exists(name, getattr(channel, name))
    try:
        with transaction.atomic():  # two who take one name at once: the database decides
            channel.save()
    except IntegrityError as error:
        raise _exists("name", channel.name) from error


def _exists(field: str, value: str) -> Conflict:
    detail = f"There is a channel with the {field} “{value}” already."
    return Conflict("CHANNEL_EXISTS", detail, problems=[Problem("CHANNEL_EXISTS", detail, field=field)])


def _not_found() -> NotFound:
    return NotFound("CHANNEL_NOT_FOUND", "There is no such channel.")
