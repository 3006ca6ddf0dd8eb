"""The request id: on the request, in every log line written meanwhile, in the answer; and the access log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from warehouses.http.credentials import found_credential
from warehouses.http.organization import found_access
from warehouses.identifiers import new_id

__all__ = ["HEADER", "RequestIdMiddleware"]

HEADER = "X-Request-ID"
_SANE = re.compile(r"[\x21-\x7e]{1,64}")

_log = structlog.get_logger("tallyhouse.access")


class RequestIdMiddleware:
    """The outermost middleware: whatever fails below it is answered and logged under the request's id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        request_id = given if _SANE.fullmatch(given) else new_id().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response[HEADER] = request_id
            _write_access_line(request, response, started)
        finally:
            structlog.contextvars.clear_contextvars()
        return response


def _write_access_line(request: HttpRequest, response: HttpResponseBase, started: float) -> None:
    """Only what the request has looked up by itself: logging costs no query. The query string may be private."""
    credential = found_credential(request)
    access = found_access(request)
    _log.info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round((time.perf_counter() - started) * 1000, 1),
        key=credential.key.visible_prefix if credential and credential.key else None,
        user=str(access.actor.id) if access and access.actor.type == "user" else None,
        organization=str(access.organization.pk) if access else None,
        contract=response.headers.get("X-API-Contract"),
    )
