"""How the state of a count looks: a word, a symbol and a colour that says whether somebody has to do something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.safestring import SafeString

from cycle_counts.models import BatchState
from inventory.admin.labels import GREY, OUTLINE, PLAIN, Look, symbol_label

__all__ = ["LOOKS", "blind_label", "late_label", "state_label"]

#: What needs a person is amber, what moves is blue, what is done is plain, what is not there is grey.
LOOKS: Final[Mapping[str, Look]] = {
    BatchState.DRAFT: Look("edit_note", extra=GREY),
    BatchState.COUNTING: Look("pin", variant="info"),
    BatchState.REVIEW: Look("fact_check", variant="warning"),
    BatchState.RESOLVED: Look("task_alt", extra=PLAIN),
    BatchState.CANCELLED: Look("cancel", extra=GREY),
}
_LATE: Final = Look("event_busy", variant="danger")
_BLIND: Final = Look("visibility_off", extra=OUTLINE)


def state_label(state: str) -> SafeString:
    return symbol_label(str(BatchState(state).label), LOOKS[state])


def late_label() -> SafeString:
    return symbol_label("Late", _LATE)


def blind_label() -> SafeString:
    return symbol_label("Blind", _BLIND)
