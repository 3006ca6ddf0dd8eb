"""How the channel and availability routes are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.channels.bodies import (
    ChannelBody,
    ChannelChangeBody,
    ChannelRuleBody,
    CheckBody,
)
from inventory.api.backoffice.channels.problem_codes import CHANNEL_EXISTS, CHANNEL_IN_USE, CHANNEL_LIMIT
from inventory.api.backoffice.channels.schemas import (
    AvailabilityAnswers,
    AvailabilityPage,
    ChannelMatrix,
    ChannelPage,
    ChannelRecord,
    ChannelTotals,
    MatrixDrilldown,
    SkuAvailability,
)
from inventory.api.backoffice.objects import PAGINATION
from inventory.api.problem_codes import (
    BATCH_REFUSED,
    CHANNEL_NOT_FOUND,
    INVENTORY_NOT_FOUND,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "CHANNEL",
    "LOCATION",
    "MARKETPLACE",
    "OLD_CHANNEL",
    "SKU",
    "change_channel",
    "check_availability",
    "create_channel",
    "delete_channel",
    "get_availability",
    "get_channel",
    "get_channel_summary",
    "get_drilldown",
    "get_matrix",
    "list_availability",
    "list_channels",
    "set_channel_rule",
]

_TAG: Final = "Channels"
#: The demonstration's Warehouse A, Web shop, Marketplace, a channel that nobody needs, and GIFT-SET-1.
LOCATION: Final = "wh_01hx000000e008000000000001"
CHANNEL: Final = "chan_01hx000000e008000000000001"
MARKETPLACE: Final = "chan_01hx000000e008000000000002"
OLD_CHANNEL: Final = "chan_01hx000000e008000000000004"
SKU: Final = "sku_01hx000000e008000000000021"

_CHANNEL_ID: Final = {"id": Parameter("The channel's id.", example=CHANNEL)}
_SKU_ID: Final = {"id": Parameter("The SKU's id.", example=SKU)}
_LOCATION: Final = Parameter("Only this location.")
_CHANNELS: Final = Parameter(
    "Only these channels: ids with commas between them. Without it, all that are active. One that there is not is 404."
)
_CHANNEL: Final[dict[str, Any]] = {
    "id": CHANNEL,
    "code": "web-shop",
    "name": "Web shop",
    "buffer": 2,
    "isActive": True,
    "createdAt": "2026-01-02T09:00:00.000Z",
}
_WEB: Final[dict[str, Any]] = {
    "channelId": CHANNEL,
    "code": "web-shop",
    "name": "Web shop",
    "isActive": True,
}
_MARKET: Final[dict[str, Any]] = {
    "channelId": MARKETPLACE,
    "code": "marketplace",
    "name": "Marketplace",
    "isActive": True,
}
_GIFT: Final[dict[str, Any]] = {"skuId": SKU, "sku": "GIFT-SET-1", "title": "Gift set, mug and tea"}
_PLACE: Final[dict[str, Any]] = {
    "locationId": LOCATION,
    "locationName": "Warehouse A",
    "locationIsActive": True,
    "onHand": 50,
    "notSellable": 2,
    "quarantined": 0,
    "expired": 0,
    "sellable": 48,
    "reserved": 0,
    "held": 0,
    "safetyStock": 4,
    "availableToPromise": 44,
    "channels": [
        {
            **_MARKET,
            "policy": "allocated",
            "hasRule": True,
            "buffer": 0,
            "allocation": 12,
            "allocationLeft": 12,
            "reserved": 0,
            "availableToPromise": 12,
        },
        {
            **_WEB,
            "policy": "shared",
            "hasRule": False,
            "buffer": 2,
            "allocation": None,
            "allocationLeft": None,
            "reserved": 0,
            "availableToPromise": 42,
        },
    ],
}
_OF_SKU: Final[dict[str, Any]] = {
    **_GIFT,
    "availableToPromise": 44,
    "channels": [{**_MARKET, "availableToPromise": 12}, {**_WEB, "availableToPromise": 42}],
    "locations": [_PLACE],
}
_CREATED: Final = {
    "action": "create",
    "fromState": None,
    "toState": "active",
    "quantity": None,
    "note": None,
    "by": "anna@example.com",
    "at": "2026-03-12T14:00:00.000Z",
}

list_channels = Operation(
    id="listChannels",
    tag=_TAG,
    summary="List channels",
    description="Where stock is sold, by name.",
    result=ChannelPage,
    answer={"data": [_CHANNEL], "pagination": PAGINATION},
)

create_channel = Operation(
    id="createChannel",
    tag=_TAG,
    summary="Create a channel",
    description="It shares all there is until rules say otherwise. Channels belong to the organization: a key that is "
    "limited to locations cannot make or change one.",
    problems=(CHANNEL_EXISTS, CHANNEL_LIMIT),
    body=ChannelBody,
    example={"code": "wholesale", "name": "Wholesale", "buffer": 10},
    result=ChannelRecord,
    answer={
        "id": "chan_01hx000000e008000000000009",
        "code": "wholesale",
        "name": "Wholesale",
        "buffer": 10,
        "isActive": True,
        "createdAt": "2026-03-12T14:00:00.000Z",
        "history": [_CREATED],
    },
    status=201,
    is_tagged=True,
)

get_channel = Operation(
    id="getChannel",
    tag=_TAG,
    summary="Get a channel",
    description="The channel with its history.",
    parameters=_CHANNEL_ID,
    problems=(CHANNEL_NOT_FOUND,),
    result=ChannelRecord,
    answer={**_CHANNEL, "history": []},
    is_tagged=True,
)

change_channel = Operation(
    id="changeChannel",
    tag=_TAG,
    summary="Change a channel",
    description="What is not given stays as it is. A channel that is deactivated keeps its reservations and gets no "
    "more.",
    parameters=_CHANNEL_ID,
    problems=(CHANNEL_NOT_FOUND, CHANNEL_EXISTS),
    body=ChannelChangeBody,
    example={"buffer": 3},
    result=ChannelRecord,
    answer={
        **_CHANNEL,
        "buffer": 3,
        "history": [{**_CREATED, "action": "change", "fromState": "active", "note": "buffer 3"}],
    },
    is_tagged=True,
    takes_if_match=True,
)

delete_channel = Operation(
    id="deleteChannel",
    tag=_TAG,
    summary="Delete a channel",
    description="With its rules. One for which anything was ever reserved stays: deactivate it.",
    parameters={"id": Parameter("The channel's id.", example=OLD_CHANNEL)},
    problems=(CHANNEL_NOT_FOUND, CHANNEL_IN_USE),
    status=204,
    takes_if_match=True,
)

list_availability = Operation(
    id="listAvailability",
    tag=_TAG,
    summary="List availability records",
    description="A record for each SKU and location, by SKU code, with every term of what may be promised, in all and "
    "to each active channel. `search` finds codes that begin so, and looks through all titles and product names.",
    parameters={
        "locationId": _LOCATION,
        "channelId": Parameter("Only this channel's part; without it, that of each active channel."),
    },
    problems=(WAREHOUSE_NOT_FOUND, CHANNEL_NOT_FOUND),
    result=AvailabilityPage,
    answer={"data": [{**_GIFT, **_PLACE}], "pagination": PAGINATION},
)

get_availability = Operation(
    id="getAvailability",
    tag=_TAG,
    summary="Get availability of a SKU",
    description="The SKU in each location where it is stocked or a rule is about it, and the totals of each channel: "
    "clamped at 0 in each location, then added up.",
    parameters=_SKU_ID,
    problems=(INVENTORY_NOT_FOUND,),
    result=SkuAvailability,
    answer=_OF_SKU,
    is_tagged=True,
)

set_channel_rule = Operation(
    id="setChannelRule",
    tag=_TAG,
    summary="Create availability record",
    description="Say what a channel may be promised of the SKU in one location; a rule that there is, is replaced. "
    "`If-Match` takes the tag of the SKU's availability: its version moves with the SKU's rules, not with its stock.",
    parameters=_SKU_ID,
    problems=(INVENTORY_NOT_FOUND, WAREHOUSE_NOT_FOUND, CHANNEL_NOT_FOUND),
    body=ChannelRuleBody,
    example={
        "locationId": LOCATION,
        "channelId": MARKETPLACE,
        "policy": "allocated",
        "allocation": 12,
        "buffer": 0,
    },
    result=SkuAvailability,
    answer=_OF_SKU,
    status=201,
    is_tagged=True,
    takes_if_match=True,
)

check_availability = Operation(
    id="checkAvailability",
    tag=_TAG,
    summary="Check availability",
    description="Whether each line can be fulfilled now, and from where. Nothing is reserved. Lines for the same SKU "
    "compete: a line sees what the lines before it leave, and one that cannot be fulfilled takes what there is.",
    problems=(INVENTORY_NOT_FOUND, WAREHOUSE_NOT_FOUND, CHANNEL_NOT_FOUND, BATCH_REFUSED),
    body=CheckBody,
    example={
        "locationId": LOCATION,
        "channelId": MARKETPLACE,
        "lines": [{"sku": "GIFT-SET-1", "quantity": 10}, {"sku": "GIFT-SET-1", "quantity": 5}],
    },
    result=AvailabilityAnswers,
    answer={
        "data": [
            {
                "sku": "GIFT-SET-1",
                "skuId": SKU,
                "quantity": 10,
                "available": 12,
                "canFulfil": True,
                "shortBy": 0,
                "locations": [
                    {"locationId": LOCATION, "locationName": "Warehouse A", "available": 12, "quantity": 10}
                ],
            },
            {
                "sku": "GIFT-SET-1",
                "skuId": SKU,
                "quantity": 5,
                "available": 2,
                "canFulfil": False,
                "shortBy": 3,
                "locations": [
                    {"locationId": LOCATION, "locationName": "Warehouse A", "available": 2, "quantity": 2}
                ],
            },
        ]
    },
)

get_matrix = Operation(
    id="getChannelLocationMatrix",
    tag=_TAG,
    summary="Get channel × location ATP matrix",
    description="A row for each SKU of the location, by code, and in it what each channel may be promised. `search` "
    "finds codes that begin so, and looks through all titles and product names.",
    parameters={
        "locationId": Parameter("The location.", example=LOCATION, is_required=True),
        "channels": _CHANNELS,
    },
    problems=(WAREHOUSE_NOT_FOUND, CHANNEL_NOT_FOUND),
    result=ChannelMatrix,
    answer={
        "locationId": LOCATION,
        "locationName": "Warehouse A",
        "channels": [_MARKET, _WEB],
        "data": [
            {
                **_GIFT,
                "onHand": 50,
                "availableToPromise": 44,
                "cells": [
                    {"channelId": MARKETPLACE, "availableToPromise": 12, "policy": "allocated"},
                    {"channelId": CHANNEL, "availableToPromise": 42, "policy": "shared"},
                ],
            }
        ],
        "pagination": PAGINATION,
    },
)

get_drilldown = Operation(
    id="getChannelLocationDrilldown",
    tag=_TAG,
    summary="Drill down into channel-location ATP",
    description="Why a cell says what it says: every term with its sign, which together are the cell to the unit, and "
    "the stock items, reservations, holds and the rule behind them. Name the SKU by `skuId` or by `sku`, its code.",
    parameters={
        "locationId": Parameter("The location.", example=LOCATION, is_required=True),
        "channelId": Parameter("The channel.", example=MARKETPLACE, is_required=True),
        "sku": Parameter("The SKU's code; one of `sku` and `skuId` is needed.", example="GIFT-SET-1"),
        "skuId": Parameter("The SKU's id."),
    },
    problems=(WAREHOUSE_NOT_FOUND, CHANNEL_NOT_FOUND, INVENTORY_NOT_FOUND),
    result=MatrixDrilldown,
    answer={
        **_GIFT,
        "locationId": LOCATION,
        "locationName": "Warehouse A",
        "locationIsActive": True,
        "channel": _MARKET,
        "availableToPromise": 12,
        "beforeLimits": 44,
        "terms": [
            {"term": "onHand", "quantity": 50},
            {"term": "notSellable", "quantity": -2},
            {"term": "quarantined", "quantity": 0},
            {"term": "expired", "quantity": 0},
            {"term": "reserved", "quantity": 0},
            {"term": "held", "quantity": 0},
            {"term": "safetyStock", "quantity": -4},
            {"term": "buffer", "quantity": 0},
            {"term": "belowZero", "quantity": 0},
            {"term": "notOffered", "quantity": 0},
            {"term": "overAllocation", "quantity": -32},
        ],
        "rule": {
            "id": "rule_01hx000000e008000000000009",
            "policy": "allocated",
            "allocation": 12,
            "buffer": 0,
            "updatedAt": "2026-03-12T14:00:00.000Z",
        },
        "policy": "allocated",
        "buffer": 0,
        "allocation": 12,
        "allocationUsed": 0,
        "allocationLeft": 12,
        "stockItems": [
            {
                "id": "inv_01hx000000e008000000000021",
                "roomName": "Picking",
                "binId": "bin_01hx000000e008000000000021",
                "binCode": "A-01-1",
                "lotId": None,
                "lotCode": None,
                "expiresOn": None,
                "countsAs": "sellable",
                "onHand": 48,
                "held": 0,
                "heldCounted": 0,
            },
            {
                "id": "inv_01hx000000e008000000000022",
                "roomName": "Returns",
                "binId": "bin_01hx000000e008000000000022",
                "binCode": "RET-01",
                "lotId": None,
                "lotCode": None,
                "expiresOn": None,
                "countsAs": "notSellable",
                "onHand": 2,
                "held": 0,
                "heldCounted": 0,
            },
        ],
        "reservations": [],
        "moreReservations": {"count": 0, "quantity": 0},
        "holds": [],
    },
)

get_channel_summary = Operation(
    id="getChannelSummary",
    tag=_TAG,
    summary="Get channel inventory summary",
    description="For each channel how many SKUs and units it may be promised, what they cost, and what rules allocate "
    "to it. Channels share one stock, so these numbers do not add up over channels.",
    parameters={"locationId": _LOCATION, "channels": _CHANNELS},
    problems=(WAREHOUSE_NOT_FOUND, CHANNEL_NOT_FOUND),
    result=ChannelTotals,
    answer={
        "data": [
            {**_WEB, "skuCount": 1, "units": 42, "value": 394.80, "allocated": 0, "reserved": 0},
        ],
        "pagination": PAGINATION,
    },
)
