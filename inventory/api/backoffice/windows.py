"""The days that a report is about, as the query names them."""

from __future__ import annotations

from typing import Final

from django.utils import timezone
from rest_framework.request import Request

from inventory.analytics import Window, window_of
from warehouses.http.faults import invalid_parameters
from warehouses.http.moments import Moment, parse_moment
from warehouses.models import Organization
from warehouses.refusals import InvalidInput

__all__ = ["window_of_query"]

_HOW: Final = "Give a day, as in 2026-03-12, or an instant with its offset, as in 2026-03-12T14:00:00Z."


def window_of_query(request: Request, organization: Organization, *, start: str, end: str) -> Window:
    """The window between the query's parameters `start` and `end`; what is not given is as `window_of` says.

    Raises 400 that names the parameters at fault.
    """
    names = {"start": start, "end": end}
    moments: dict[str, Moment | None] = {}
    faults = []
    for word, name in names.items():
        text = request.query_params.get(name)
        moments[word] = None if text is None else parse_moment(text)
        if text is not None and moments[word] is None:
            faults.append((name, "INVALID", _HOW))
    if faults:
        raise invalid_parameters(faults)
    try:
        return window_of(organization=organization, now=timezone.now(), **moments)
    except InvalidInput as refusal:
        raise invalid_parameters(
            (names[problem.field or "start"], problem.code, problem.detail) for problem in refusal.problems
        ) from refusal
