"""How the state of a request looks: a word, a symbol and a colour that says whether somebody has to do something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.safestring import SafeString

from inventory.admin.labels import GREY, OUTLINE, PLAIN, Look, symbol_label
from stock_requests.models import Priority, RequestState

__all__ = ["LOOKS", "OVERDUE", "overdue_label", "priority_label", "state_label"]

#: What needs a person is amber, what moves is blue, what is done is plain, what is not there is grey.
LOOKS: Final[Mapping[str, Look]] = {
    RequestState.DRAFT: Look("edit_note", extra=GREY),
    RequestState.SUBMITTED: Look("hourglass_top", variant="warning"),
    RequestState.APPROVED: Look("check_circle", extra=PLAIN),
    RequestState.PICKING: Look("shopping_basket", variant="info"),
    RequestState.FULFILLED: Look("task_alt", extra=PLAIN),
    RequestState.REJECTED: Look("block", extra=OUTLINE),
    RequestState.CANCELLED: Look("cancel", extra=GREY),
}
OVERDUE: Final = Look("event_busy", variant="danger")
_PRIORITIES: Final[Mapping[int, Look]] = {
    Priority.LOW: Look("keyboard_arrow_down", extra=PLAIN),
    Priority.NORMAL: Look("remove", extra=PLAIN),
    Priority.HIGH: Look("keyboard_arrow_up", extra=OUTLINE),
    Priority.URGENT: Look("keyboard_double_arrow_up", variant="warning"),
}


def state_label(state: str) -> SafeString:
    return symbol_label(str(RequestState(state).label), LOOKS[state])


def priority_label(priority: int) -> SafeString:
    return symbol_label(str(Priority(priority).label), _PRIORITIES[priority])


def overdue_label() -> SafeString:
    return symbol_label("Overdue", OVERDUE)
