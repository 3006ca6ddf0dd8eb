"""What the log of API requests is told of each: a record made of a request and its answer, looking nothing up."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from warehouses.access import Access
from warehouses.http.idempotency import REPLAYED
from warehouses.http.organization import found_access
from warehouses.http.problems import CONTENT_TYPE
from warehouses.models import RequestRecord
from warehouses.request_log import log, redacted

__all__ = ["RequestRecordingMiddleware"]

_LONGEST: Final = 500
_LONGEST_PROBLEM: Final = 4_000
#: A text in JSON has its quotation marks escaped: this is a member, and the first one is the problem's own.
_CODE: Final = re.compile(r'"code": "([A-Z0-9_]{1,60})"')
#: Parameters that no route has; who sends one nevertheless has put a secret where it does not belong.
_SECRET_NAME: Final = re.compile(r"key|token|secret|passw|auth|signature|credential", re.IGNORECASE)

_events = structlog.get_logger(__name__)


class RequestRecordingMiddleware:
    """Goes inside the request-id middleware, and outside of whatever answers.

    Only a contract's answers to callers that are known are recorded: pages are not, and a key that opens nothing
    belongs to no organization that could look it up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started_at, started = timezone.now(), time.perf_counter()
        response = self.get_response(request)
        contract = response.headers.get("X-API-Contract", "")
        access = found_access(request) if contract else None
        if access is not None and settings.REQUEST_LOG:
            milliseconds = round((time.perf_counter() - started) * 1000)
            try:
                record = _record(request, response, access)
                record.started_at, record.milliseconds = started_at, milliseconds
                log.note(record)
            except Exception as error:  # noqa: BLE001 - the answer is there: no log may take it back
                _events.error("request_log.not_noted", exc_info=error)
        return response


def _record(request: HttpRequest, response: HttpResponseBase, access: Access) -> RequestRecord:
    problem = _problem(response)
    code = _CODE.search(problem)
    return RequestRecord(
        organization_id=access.organization.pk,
        request_id=getattr(request, "request_id", ""),
        method=(request.method or "")[:8],
        path=redacted(request.path, most=_LONGEST),
        query=redacted(_query(request), most=_LONGEST),
        contract=response.headers["X-API-Contract"][:12],
        status=response.status_code,
        code=code[1] if code else "",
        problem=redacted(problem, most=_LONGEST_PROBLEM),
        is_replay=response.headers.get(REPLAYED) == "true",
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name[:254],
    )


def _query(request: HttpRequest) -> str:
    """The parameters, readable: `sku=TEA 1&page=2`."""
    return "&".join(
        f"{name}={'…' if _SECRET_NAME.search(name) else value}"
        for name, values in request.GET.lists()
        for value in values
    )


def _problem(response: HttpResponseBase) -> str:
    if response.status_code < 400 or not isinstance(response, HttpResponse):
        return ""
    if not response.get("Content-Type", "").startswith(CONTENT_TYPE):
        return ""
    return response.content[: _LONGEST_PROBLEM * 4].decode("utf-8", "replace")
