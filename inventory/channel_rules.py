"""Rules of channels: on which terms a channel may be promised one SKU in one location."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from hashlib import blake2s
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from inventory import history
from inventory.models import Channel, ChannelPolicy, ChannelRule, Sku
from inventory.resolution import permission_denied
from warehouses.access import Access
from warehouses.models import Warehouse
from warehouses.refusals import InvalidInput, NotFound, Problem

__all__ = ["LARGEST", "remove_rule", "rules_version", "set_rule", "visible_rules"]

_WRITE: Final = "inventory.write"
#: An allocation or a buffer.
LARGEST: Final = 1_000_000_000


def visible_rules(*, access: Access) -> QuerySet[ChannelRule]:
    """The rules in the locations that the caller may read."""
    return access.narrow(ChannelRule.objects.all(), "inventory.read")


def set_rule(
    *,
    access: Access,
    sku: Sku,
    warehouse: Warehouse,
    channel: Channel,
    policy: ChannelPolicy,
    allocation: int | None = None,
    buffer: int | None = None,
    precondition: Callable[[], None] | None = None,
) -> ChannelRule:
    """Say what the channel may be promised of the SKU in the location; a rule that there is, is replaced.

    `allocation` belongs to the policy `allocated` and to no other; it may be less than what is reserved for the
    channel already, which then gets no more. `buffer` None is the channel's own. Locks the SKU, then the channel;
    `precondition` is called once they are, and may refuse. Stock is neither changed nor reserved, so a read-only
    location takes rules too.

    Raises Forbidden `PERMISSION_DENIED`, InvalidInput `INVALID_REQUEST`, NotFound for a SKU or channel that is gone.
    """
    _require_writer(access, warehouse)
    _check(policy, allocation, buffer)
    organization = access.organization
    # Of two who write the same rule at once, the second one finds it made. Stock is posted meanwhile all the same.
    skus = Sku.objects.for_organization(organization).select_for_update(of=("self",), no_key=True)
    if not skus.filter(pk=sku.pk).exists():
        raise NotFound("INVENTORY_NOT_FOUND", f"There is no inventory of the SKU {sku.code!r}.")
    # One who deletes the channel waits, or has been first.
    channels = Channel.objects.for_organization(organization).select_for_update(of=("self",), no_key=True)
    if not channels.filter(pk=channel.pk).exists():
        raise NotFound("CHANNEL_NOT_FOUND", "There is no such channel.")
    if precondition is not None:
        precondition()
    now = timezone.now()
    rule = ChannelRule.objects.filter(sku=sku, warehouse=warehouse, channel=channel).first()
    before = rule.policy if rule is not None else ""
    if rule is None:
        rule = ChannelRule(organization=organization, sku=sku, warehouse=warehouse, channel=channel)
    elif (rule.policy, rule.allocation, rule.buffer) == (policy, allocation, buffer):
        return rule
    rule.policy, rule.allocation, rule.buffer, rule.updated_at = policy, allocation, buffer, now
    rule.save()
    history.note(
        organization=organization,
        actor=access.actor,
        subject=rule,
        action="change" if before else "create",
        from_state=before,
        to_state=policy,
        at=now,
        quantity=allocation,
        reason="" if buffer is None else f"buffer {buffer}",
    )
    return rule


def remove_rule(*, access: Access, rule: ChannelRule) -> None:
    """From now on the channel shares all there is. Needs `inventory.write` in the location; locks the rule.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `RULE_NOT_FOUND`.
    """
    _require_writer(access, rule.warehouse)
    rows = ChannelRule.objects.for_organization(access.organization)
    locked = rows.select_for_update(of=("self",), no_key=True).filter(pk=rule.pk).first()
    if locked is None:
        raise NotFound("RULE_NOT_FOUND", "There is no such rule.")
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="delete",
        from_state=locked.policy,
        to_state="deleted",
        at=timezone.now(),
        quantity=locked.allocation,
    )
    locked.delete()


def rules_version(sku: Sku, rules: Iterable[ChannelRule]) -> str:
    """Moves with any of the SKU's rules, whatever its stock does."""
    parts = sorted(
        [rule.warehouse_id.hex, rule.channel_id.hex, rule.policy, rule.allocation or 0, rule.buffer]
        for rule in rules
    )
    return f"{sku.pk.hex}-{blake2s(json.dumps(parts).encode(), digest_size=6).hexdigest()}"


def _require_writer(access: Access, warehouse: Warehouse) -> None:
    access.require(_WRITE)
    if not access.covers(_WRITE, warehouse.pk):
        if access.covers("inventory.read", warehouse.pk):
            raise permission_denied(_WRITE, warehouse, None)
        raise NotFound("WAREHOUSE_NOT_FOUND", "There is no such warehouse.")


def _check(policy: ChannelPolicy, allocation: int | None, buffer: int | None) -> None:
    problems = []
    if policy == ChannelPolicy.ALLOCATED and allocation is None:
        problems.append(Problem("REQUIRED", "Say how many units are allocated.", field="allocation"))
    if policy != ChannelPolicy.ALLOCATED and allocation is not None:
        detail = "An allocation belongs to the policy “allocated”, and to no other."
        problems.append(Problem("INVALID", detail, field="allocation"))
    for name, value in (("allocation", allocation), ("buffer", buffer)):
        if value is not None and not 0 <= value <= LARGEST:
            problems.append(Problem("INVALID", f"Give 0 to {LARGEST:,} units.", field=name))
    if problems:
        detail = " ".join(problem.detail for problem in problems)
        raise InvalidInput("INVALID_REQUEST", detail, problems=problems)
