"""What the webhook routes answer, for the document; `objects` builds the answers, and a test holds the two together."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inventory.api.backoffice.objects import Pagination
from inventory.models import DeliveryState, EndpointState, EventType, Trigger

__all__ = [
    "ActionResult",
    "DeliveryPage",
    "DeliveryRecord",
    "DeliveryRow",
    "Webhook",
    "WebhookPage",
    "WebhookWithSecret",
]


class Webhook(serializers.Serializer[Any]):
    """A webhook endpoint."""

    id = serializers.CharField(help_text="The endpoint's id.")
    url = serializers.CharField(help_text="Where events are sent to.")
    description = serializers.CharField(allow_blank=True, help_text="What the endpoint is for.")
    events = serializers.ListField(child=serializers.CharField(), help_text="The events it is subscribed to.")
    locationIds = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="The locations whose events it gets; null: all of them.",
    )
    state = serializers.ChoiceField(
        choices=EndpointState.choices,
        help_text="`paused`: events wait. `disabled`: nothing is sent or kept for it any more.",
    )
    disabledAt = serializers.DateTimeField(allow_null=True, help_text="Since when it is disabled.")
    disabledReason = serializers.CharField(allow_null=True, help_text="Why it was disabled.")
    failingSince = serializers.DateTimeField(
        allow_null=True, help_text="The first failure after the last success; null while all is well."
    )
    lastSuccessAt = serializers.DateTimeField(
        allow_null=True, help_text="When it last took an event, to the minute."
    )
    createdBy = serializers.CharField(allow_null=True, help_text="Who made it.")
    createdAt = serializers.DateTimeField(help_text="When it was made.")


class WebhookWithSecret(Webhook):
    """A webhook endpoint with its new secret, which is shown this once."""

    secret = serializers.CharField(
        required=False,
        help_text="What its events are signed with: `whsec_` and base64. Keep it; it is not shown again.",
    )


class WebhookPage(serializers.Serializer[Any]):
    """A page of webhook endpoints, in the order in which they were made."""

    data = Webhook(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class DeliveryRow(serializers.Serializer[Any]):
    """One event on its way to one endpoint."""

    id = serializers.CharField(help_text="The delivery's id.")
    endpointId = serializers.CharField(help_text="The endpoint's id.")
    eventId = serializers.CharField(help_text="The event's id: the `webhook-id` of every attempt.")
    eventType = serializers.ChoiceField(choices=EventType.choices, help_text="The event.")
    state = serializers.ChoiceField(choices=DeliveryState.choices, help_text="Where it stands.")
    attemptCount = serializers.IntegerField(min_value=0, help_text="How often it was sent.")
    nextAttemptAt = serializers.DateTimeField(
        allow_null=True, help_text="When it is sent next; null once it is delivered or given up."
    )
    createdAt = serializers.DateTimeField(help_text="When the event happened.")
    finishedAt = serializers.DateTimeField(allow_null=True, help_text="When it was delivered or given up.")


class DeliveryPage(serializers.Serializer[Any]):
    """A page of deliveries, the newest first."""

    data = DeliveryRow(many=True)  # type: ignore[assignment]  # DRF takes fields off the class
    pagination = Pagination()


class Attempt(serializers.Serializer[Any]):
    """One request, and what came back."""

    number = serializers.IntegerField(min_value=1, help_text="Counted from 1.")
    trigger = serializers.ChoiceField(choices=Trigger.choices, help_text="What caused it.")
    startedAt = serializers.DateTimeField(help_text="When it began.")
    durationMs = serializers.IntegerField(min_value=0, help_text="How long it took, in milliseconds.")
    url = serializers.CharField(help_text="Where it was sent to.")
    address = serializers.CharField(allow_null=True, help_text="The network address that it was sent to.")
    requestHeaders = serializers.DictField(child=serializers.CharField(), help_text="As they were sent.")
    status = serializers.IntegerField(
        allow_null=True, help_text="The answer's status; null without an answer."
    )
    responseHeaders = serializers.DictField(child=serializers.CharField(), help_text="As they came.")
    responseBody = serializers.CharField(allow_blank=True, help_text="The first 1,024 bytes of the answer.")
    error = serializers.CharField(allow_null=True, help_text="Why it failed, in words.")


class DeliveryRecord(DeliveryRow):
    """A delivery with all its attempts, the newest first."""

    body = serializers.CharField(help_text="The JSON text that is sent, byte for byte.")
    attempts = Attempt(many=True)


class ActionResult(WebhookWithSecret):
    """The endpoint as it is now. `rotate` adds its secret, `test` the delivery, `replay` how many are sent again."""

    delivery = DeliveryRow(required=False, help_text="`test`: the test event on its way.")
    replayed = serializers.IntegerField(
        min_value=0, required=False, help_text="`replay`: how many deliveries are sent again."
    )
