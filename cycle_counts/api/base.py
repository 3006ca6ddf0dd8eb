"""What the views of cycle counts share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.http import HttpResponse
from rest_framework import serializers

from cycle_counts.api.batches.objects import batch_object, version_of
from cycle_counts.models import CountBatch
from cycle_counts.rights import COUNT, find_batch
from cycle_counts.states import Condition, require_version
from inventory.api.backoffice.base import BackofficeView
from inventory.api.tags import require_tag, tag_of
from warehouses.http.etags import expected_tags

__all__ = ["BOTH", "READS", "WRITES", "CountView"]

READS: Final[Mapping[str, tuple[str, ...]]] = {"GET": (COUNT,)}
WRITES: Final[Mapping[str, tuple[str, ...]]] = {"POST": (COUNT,)}
BOTH: Final[Mapping[str, tuple[str, ...]]] = {**READS, **WRITES}


class CountView(BackofficeView):
    # No promise is looked at by a count: on hand is what lies there.
    shows_stock = False
    rows_field = ""
    pointer_names: ClassVar[Mapping[str, str]] = {
        **BackofficeView.pointer_names,
        "line": "lineId",
        "quantity": "countedQuantity",
        "client_id": "clientId",
        "counted_at": "countedAt",
        "sent_at": "sentAt",
        "lot_code": "lotCode",
        "root_cause": "rootCause",
        "review_note": "note",
        "due_on": "dueOn",
        "is_blind": "blind",
        "due_only": "dueOnly",
        "expiring_within": "expiringWithinDays",
        "not_counted_for": "notCountedForDays",
        "bins": "binIds",
        "rooms": "roomIds",
        "categories": "categoryId",
        "assignees": "assigneeIds",
        "recount_assignees": "recountAssigneeIds",
    }

    def found(self, public_id: str) -> CountBatch:
        """Raises NotFound `CYCLE_COUNT_NOT_FOUND`."""
        return find_batch(access=self.access, public_id=public_id)

    def shown(
        self, batch: CountBatch, *, status: int = 200, lines: list[Any] | None = None, **more: Any
    ) -> HttpResponse:
        """The batch as it is now, with all of its lines, or with the lines of these keys in this order."""
        shown = batch_object(self.access, self.found(batch.public_id), lines=lines) | more
        here = f"/{self.contract}/api/inventory/cycle-count/{batch.public_id}"
        headers = {"Location": here} if status == 201 else {}
        tag = tag_of(f"{batch.pk.hex}-{shown['version']}", shown)
        return self.record(shown, tag, status=status, headers=headers)

    def values_of(self, body: type[serializers.Serializer[Any]]) -> Mapping[str, Any]:
        sent = body(data=self.request.data)
        sent.is_valid(raise_exception=True)
        values: Mapping[str, Any] = sent.validated_data
        return values

    def condition(self, version: int | None = None) -> Condition:
        """What `If-Match` and the body's `version` ask of the locked batch."""
        expected = expected_tags(self.request._request)
        is_version = require_version(version)

        def check(locked: CountBatch) -> None:
            require_tag(expected, version_of(locked))
            is_version(locked)

        return check
