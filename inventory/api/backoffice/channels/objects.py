"""Channels, availability, the matrix and its drill-down as they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Final

from inventory.api.backoffice.money import worth
from inventory.api.backoffice.objects import history_objects
from inventory.availability.cells import Counts
from inventory.availability.checking import Answer
from inventory.availability.drilldown import Counted, Drilldown
from inventory.availability.formula import Promise
from inventory.availability.records import Availability, Share, totals
from inventory.availability.summary import Total
from inventory.models import Channel, ChannelRule, HoldPart, Reservation, Sku, StateChange, StockItem
from warehouses.http.instants import instant, instant_or_none
from warehouses.identifiers import encode

__all__ = [
    "COUNTS",
    "TERMS",
    "answer_object",
    "availability_object",
    "channel_object",
    "channel_record",
    "column_object",
    "drilldown_object",
    "matrix_object",
    "sku_availability_object",
    "total_object",
]

#: Each term of a promise, by the name that the contract gives it, in the order in which they add up.
TERMS: Final = {
    "on_hand": "onHand",
    "not_sellable": "notSellable",
    "quarantined": "quarantined",
    "expired": "expired",
    "reserved": "reserved",
    "held": "held",
    "safety_stock": "safetyStock",
    "buffer": "buffer",
    "below_zero": "belowZero",
    "not_offered": "notOffered",
    "over_allocation": "overAllocation",
}
#: What a stock item counts as.
COUNTS: Final = {
    Counts.SELLABLE: "sellable",
    Counts.NOT_SELLABLE: "notSellable",
    Counts.QUARANTINED: "quarantined",
    Counts.EXPIRED: "expired",
}


def channel_object(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.public_id,
        "code": channel.code,
        "name": channel.name,
        "buffer": channel.buffer,
        "isActive": channel.is_active,
        "createdAt": instant(channel.created_at),
    }


def channel_record(channel: Channel, history: Iterable[StateChange]) -> dict[str, Any]:
    return {**channel_object(channel), "history": history_objects(history)}


def column_object(channel: Channel) -> dict[str, Any]:
    """A channel where it is the head of a column."""
    return {
        "channelId": channel.public_id,
        "code": channel.code,
        "name": channel.name,
        "isActive": channel.is_active,
    }


def availability_object(record: Availability) -> dict[str, Any]:
    return {
        "skuId": record.sku.public_id,
        "sku": record.sku.code,
        "title": record.sku.title,
        **_location_terms(record),
    }


def sku_availability_object(
    sku: Sku, records: Sequence[Availability], channels: Sequence[Channel]
) -> dict[str, Any]:
    sums = totals(records, channels)
    return {
        "skuId": sku.public_id,
        "sku": sku.code,
        "title": sku.title,
        "availableToPromise": sum(record.promise.atp for record in records),
        "channels": [
            {**column_object(channel), "availableToPromise": sums[channel.pk]} for channel in channels
        ],
        "locations": [_location_terms(record) for record in records],
    }


def matrix_object(record: Availability) -> dict[str, Any]:
    return {
        "skuId": record.sku.public_id,
        "sku": record.sku.code,
        "title": record.sku.title,
        "onHand": record.stock.on_hand,
        "availableToPromise": record.promise.atp,
        "cells": [
            {
                "channelId": share.channel.public_id,
                "availableToPromise": share.promise.atp,
                "policy": share.offer.policy.value,
            }
            for share in record.shares
        ],
    }


def answer_object(answer: Answer) -> dict[str, Any]:
    return {
        "sku": answer.wish.sku.code,
        "skuId": answer.wish.sku.public_id,
        "quantity": answer.wish.quantity,
        "available": answer.available,
        "canFulfil": not answer.short_by,
        "shortBy": answer.short_by,
        "locations": [
            {
                "locationId": source.warehouse.public_id,
                "locationName": source.warehouse.name,
                "available": source.available,
                "quantity": source.quantity,
            }
            for source in answer.sources
        ],
    }


def total_object(channel: Channel, total: Total) -> dict[str, Any]:
    return {
        **column_object(channel),
        "skuCount": total.skus,
        "units": total.units,
        "value": worth(total.value),
        "allocated": total.allocated,
        "reserved": total.reserved,
    }


def drilldown_object(found: Drilldown) -> dict[str, Any]:
    promise = found.promise
    return {
        "skuId": found.sku.public_id,
        "sku": found.sku.code,
        "title": found.sku.title,
        "locationId": found.warehouse.public_id,
        "locationName": found.warehouse.name,
        "locationIsActive": found.warehouse.is_active,
        "channel": column_object(found.channel),
        "availableToPromise": promise.atp,
        "beforeLimits": promise.before_limits,
        "terms": _terms(promise),
        "rule": None if found.rule is None else _rule(found.rule),
        "policy": found.offer.policy.value,
        "buffer": found.offer.buffer,
        "allocation": found.offer.allocation,
        "allocationUsed": found.offer.reserved,
        "allocationLeft": found.offer.allocation_left,
        "stockItems": [_item(counted) for counted in found.items],
        "reservations": [_reservation(row) for row in found.reservations],
        "moreReservations": {"count": found.more_reservations, "quantity": found.more_reserved},
        "holds": [_hold(part) for part in found.holds],
    }


def _location_terms(record: Availability) -> dict[str, Any]:
    stock = record.stock
    return {
        "locationId": record.warehouse.public_id,
        "locationName": record.warehouse.name,
        "locationIsActive": record.warehouse.is_active,
        "onHand": stock.on_hand,
        "notSellable": stock.not_sellable,
        "quarantined": stock.quarantined,
        "expired": stock.expired,
        "sellable": stock.sellable,
        "reserved": stock.reserved,
        "held": stock.held,
        "safetyStock": stock.safety_stock,
        "availableToPromise": record.promise.atp,
        "channels": [_share(share) for share in record.shares],
    }


def _share(share: Share) -> dict[str, Any]:
    offer = share.offer
    return {
        **column_object(share.channel),
        "policy": offer.policy.value,
        "hasRule": share.has_rule,
        "buffer": offer.buffer,
        "allocation": offer.allocation,
        "allocationLeft": offer.allocation_left,
        "reserved": offer.reserved,
        "availableToPromise": share.promise.atp,
    }


def _terms(promise: Promise) -> list[dict[str, Any]]:
    return [{"term": TERMS[term.name], "quantity": getattr(promise, term.name)} for term in fields(promise)]


def _rule(rule: ChannelRule) -> dict[str, Any]:
    return {
        "id": rule.public_id,
        "policy": rule.policy,
        "allocation": rule.allocation,
        "buffer": rule.buffer,
        "updatedAt": instant(rule.updated_at),
    }


def _item(counted: Counted) -> dict[str, Any]:
    item = counted.item
    lot = item.lot
    expires_on = lot.expires_on if lot is not None else None
    return {
        "id": item.public_id,
        "roomName": item.bin.room.name,
        "binId": item.bin.public_id,
        "binCode": item.bin.code,
        "lotId": lot.public_id if lot is not None else None,
        "lotCode": lot.code if lot is not None else None,
        "expiresOn": expires_on.isoformat() if expires_on is not None else None,
        "countsAs": COUNTS[counted.counts],
        "onHand": item.on_hand,
        "held": item.held,
        "heldCounted": counted.held_counted,
    }


def _reservation(row: Reservation) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "channelId": row.channel.public_id if row.channel is not None else None,
        "quantity": row.open,
        "referenceId": row.reference or None,
        "expiresAt": instant_or_none(row.expires_at),
        "createdAt": instant(row.created_at),
    }


def _hold(part: HoldPart) -> dict[str, Any]:
    return {
        "id": part.hold.public_id,
        "stockItemId": encode(StockItem.prefix, part.stock_item_id),
        "quantity": part.quantity,
        "reason": part.hold.reason,
        "createdBy": part.hold.actor_name,
        "createdAt": instant(part.hold.created_at),
    }
