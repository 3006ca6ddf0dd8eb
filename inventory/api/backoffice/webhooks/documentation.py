"""How the webhook routes are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.webhooks.bodies import (
    ChangeBody,
    CreateBody,
    DeliveryActionBody,
    EndpointActionBody,
)
from inventory.api.backoffice.webhooks.problem_codes import (
    DELIVERY_NOT_FOUND,
    ENDPOINT_LIMIT,
    ENDPOINT_NOT_ACTIVE,
    ENDPOINT_NOT_FOUND,
)
from inventory.api.backoffice.webhooks.schemas import (
    ActionResult,
    DeliveryPage,
    DeliveryRecord,
    DeliveryRow,
    Webhook,
    WebhookPage,
    WebhookWithSecret,
)
from inventory.api.problem_codes import WAREHOUSE_NOT_FOUND
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "DELIVERY",
    "WEBHOOK",
    "act_on_delivery",
    "act_on_webhook",
    "change_webhook",
    "create_webhook",
    "get_delivery",
    "get_webhook",
    "list_deliveries",
    "list_webhooks",
    "remove_webhook",
]

_TAG: Final = "Webhooks"
_SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="  # noqa: S105 - an example
#: The demonstration's endpoint, and one of its deliveries.
WEBHOOK: Final = "whk_01hx000000e008000000000003"
DELIVERY: Final = "dlv_01hx000000e008000000000004"
_ID: Final = {"id": Parameter("The endpoint's id.", example=WEBHOOK)}
_DELIVERY_ID: Final = {
    **_ID,
    "deliveryId": Parameter("The delivery's id.", example=DELIVERY),
}
_WEBHOOK: Final[dict[str, Any]] = {
    "id": "whk_01hx000000e008000000000003",
    "url": "https://example.com/hooks/stock",
    "description": "Web shop",
    "events": ["inventory.updated", "inventory.low_stock"],
    "locationIds": None,
    "state": "active",
    "disabledAt": None,
    "disabledReason": None,
    "failingSince": None,
    "lastSuccessAt": "2026-03-12T14:00:00.000Z",
    "createdBy": "anna@example.com",
    "createdAt": "2026-03-01T08:00:00.000Z",
}
_DELIVERY: Final[dict[str, Any]] = {
    "id": "dlv_01hx000000e008000000000004",
    "endpointId": "whk_01hx000000e008000000000003",
    "eventId": "evt_01hx000000e008000000000001",
    "eventType": "inventory.low_stock",
    "state": "delivered",
    "attemptCount": 1,
    "nextAttemptAt": None,
    "createdAt": "2026-03-12T14:00:00.000Z",
    "finishedAt": "2026-03-12T14:00:00.400Z",
}
_PAGINATION: Final = {"page": 1, "limit": 50, "total": 1, "totalPages": 1}

list_webhooks = Operation(
    id="listWebhooks",
    tag=_TAG,
    summary="List webhook endpoints",
    description="The organization's endpoints, in the order in which they were made.",
    result=WebhookPage,
    answer={"data": [_WEBHOOK], "pagination": _PAGINATION},
)

create_webhook = Operation(
    id="createWebhook",
    tag=_TAG,
    summary="Create a webhook endpoint",
    description="Subscribe an address to events. The answer has the secret that they are signed with, which is not "
    "shown again.",
    problems=(WAREHOUSE_NOT_FOUND, ENDPOINT_LIMIT),
    body=CreateBody,
    example={
        "url": "https://example.com/hooks/stock",
        "description": "Web shop",
        "events": ["inventory.updated", "inventory.low_stock"],
    },
    result=WebhookWithSecret,
    answer={**_WEBHOOK, "lastSuccessAt": None, "secret": _SECRET},
    status=201,
    is_tagged=True,
)

get_webhook = Operation(
    id="getWebhook",
    tag=_TAG,
    summary="Get a webhook endpoint",
    description="The endpoint, without its secret.",
    parameters=_ID,
    problems=(ENDPOINT_NOT_FOUND,),
    result=Webhook,
    answer=_WEBHOOK,
    is_tagged=True,
)

change_webhook = Operation(
    id="changeWebhook",
    tag=_TAG,
    summary="Change a webhook endpoint",
    description="Change the address, the description, the events or the locations. What is waiting to be sent goes to "
    "the new address.",
    parameters=_ID,
    problems=(ENDPOINT_NOT_FOUND, WAREHOUSE_NOT_FOUND),
    body=ChangeBody,
    example={"events": ["inventory.low_stock"]},
    result=Webhook,
    answer={**_WEBHOOK, "events": ["inventory.low_stock"]},
    is_tagged=True,
    takes_if_match=True,
)

remove_webhook = Operation(
    id="removeWebhook",
    tag=_TAG,
    summary="Remove a webhook endpoint",
    description="Nothing more is sent, not even what is waiting.",
    parameters=_ID,
    problems=(ENDPOINT_NOT_FOUND,),
    status=204,
    takes_if_match=True,
)

act_on_webhook = Operation(
    id="actOnWebhook",
    tag=_TAG,
    summary="Pause, resume, rotate, test, replay",
    description="`pause`: events wait. `resume`: they are sent; enables a disabled endpoint too. `rotate`: a new "
    "secret; the old one signs too for 24 hours. `test`: a test event is sent. `replay`: the deliveries that failed, "
    "from `since` on, are sent again.",
    parameters=_ID,
    problems=(ENDPOINT_NOT_FOUND, ENDPOINT_NOT_ACTIVE),
    body=EndpointActionBody,
    example={"action": "pause"},
    result=ActionResult,
    answer={**_WEBHOOK, "state": "paused"},
    is_tagged=True,
)

list_deliveries = Operation(
    id="listDeliveries",
    tag=_TAG,
    summary="List an endpoint's deliveries",
    description="What was sent to the endpoint or is going to be, the newest first.",
    parameters=_ID,
    problems=(ENDPOINT_NOT_FOUND,),
    result=DeliveryPage,
    answer={"data": [_DELIVERY], "pagination": _PAGINATION},
)

get_delivery = Operation(
    id="getDelivery",
    tag=_TAG,
    summary="Get a delivery",
    description="A delivery with what was sent and what came back, at every attempt.",
    parameters=_DELIVERY_ID,
    problems=(ENDPOINT_NOT_FOUND, DELIVERY_NOT_FOUND),
    result=DeliveryRecord,
    answer={
        **_DELIVERY,
        "body": '{"type":"inventory.low_stock","timestamp":"2026-03-12T14:00:00.000Z","data":{"sku":"SKU-001"}}',
        "attempts": [
            {
                "number": 1,
                "trigger": "schedule",
                "startedAt": "2026-03-12T14:00:00.100Z",
                "durationMs": 212,
                "url": "https://example.com/hooks/stock",
                "address": "203.0.113.7",
                "requestHeaders": {"webhook-id": "evt_01hx000000e008000000000001"},
                "status": 200,
                "responseHeaders": {"content-type": "text/plain"},
                "responseBody": "ok",
                "error": None,
            }
        ],
    },
)

act_on_delivery = Operation(
    id="actOnDelivery",
    tag=_TAG,
    summary="Replay a delivery",
    description="Send it again now, with the same `webhook-id`, and from there on by the schedule.",
    parameters=_DELIVERY_ID,
    problems=(ENDPOINT_NOT_FOUND, DELIVERY_NOT_FOUND, ENDPOINT_NOT_ACTIVE),
    body=DeliveryActionBody,
    example={"action": "replay"},
    result=DeliveryRow,
    answer={**_DELIVERY, "state": "pending", "nextAttemptAt": "2026-03-12T15:00:00.000Z", "finishedAt": None},
)
