"""Every error answer of the product: RFC 9457 `application/problem+json`, never HTML, never a stack trace.

Four doors lead here: DRF's exception handler for API views, `ProblemMiddleware` for exceptions of other views, Django's
error handlers for what fails before a view is found, and `csrf_failure`. `settings.DEBUG` changes none of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.core.serializers.json import DjangoJSONEncoder
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from rest_framework import exceptions

from warehouses import refusals
from warehouses.http.faults import RequestFault
from warehouses.http.pointers import escape, flatten

__all__ = [
    "CONTENT_TYPE",
    "ProblemMiddleware",
    "answer",
    "csrf_failure",
    "exception_handler",
    "handler400",
    "handler403",
    "handler404",
    "handler500",
    "problem_response",
]

CONTENT_TYPE = "application/problem+json"

_log = structlog.get_logger(__name__)

_REFUSALS: tuple[tuple[type[refusals.Refusal], int], ...] = (
    (refusals.InvalidInput, 400),
    (refusals.Forbidden, 403),
    (refusals.NotFound, 404),
    (refusals.Conflict, 409),
    (refusals.Stale, 412),
    (refusals.RuleBroken, 422),
)
#: Conflicts that are over as soon as somebody else's transaction is.
_RETRY_SOON = frozenset({"CONTENTION", "IDEMPOTENCY_IN_PROGRESS"})
_CODES = {
    400: "INVALID_REQUEST",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    406: "NOT_ACCEPTABLE",
    411: "LENGTH_REQUIRED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMITED",
    500: "INTERNAL_ERROR",
    503: "UNAVAILABLE",
}
_DETAILS = {
    400: "The request cannot be understood.",
    401: "A valid API key or a signed-in session is needed.",
    403: "This is not allowed.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    406: "Only application/json can be answered here.",
    413: "The request body is too large.",
    500: "Something went wrong here. Nothing was changed. The request id helps to find out what.",
    503: "The service cannot be reached at the moment; try again.",
}

PointerOf = Callable[[refusals.Problem], str]


def problem_response(
    request: HttpRequest | None,
    *,
    status: int,
    code: str | None = None,
    detail: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The answer for one problem: `type, title, status, detail, instance, code`, `errors` if any, then `extra`.

    `instance` is the request id. `extra` never replaces a standard member.
    """
    code = code or _CODES.get(status) or HTTPStatus(status).name
    body: dict[str, Any] = {
        "type": f"urn:tallyhouse:problem:{code.lower().replace('_', '-')}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail or _DETAILS.get(status) or HTTPStatus(status).description,
        "instance": getattr(request, "request_id", ""),
        "code": code,
    }
    if errors:
        body["errors"] = [dict(error) for error in errors]
    for name, value in (extra or {}).items():
        body.setdefault(name, value)
    # A sentence may quote the caller's own text: a lone surrogate in it must not break the answer.
    content = json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False).encode("utf-8", "replace")
    return HttpResponse(content, status=status, content_type=CONTENT_TYPE, headers=dict(headers or {}))


def answer(
    error: Exception, request: HttpRequest | None, *, pointer_of: PointerOf | None = None
) -> HttpResponse:
    """The problem that answers `error`. What nobody foresaw is logged with its traceback and answered 500."""
    if isinstance(error, refusals.Refusal):
        return _refused(error, request, pointer_of or _pointer_of)
    if isinstance(error, exceptions.APIException):
        return _api_exception(error, request)
    if isinstance(error, Http404):
        return problem_response(request, status=404)
    if isinstance(error, PermissionDenied):
        return problem_response(request, status=403)
    if isinstance(error, RequestDataTooBig):
        return problem_response(request, status=413)
    if isinstance(error, TooManyFieldsSent):
        return problem_response(request, status=400, detail="There are too many parameters.")
    if isinstance(error, SuspiciousOperation | BadRequest | MultiPartParserError | UnreadablePostError):
        return problem_response(request, status=400)
    if isinstance(error, IntegrityError | DataError | OperationalError):
        found = _database(error, request)
        if found is not None:
            _log.warning("database.refused", exc_info=error, code=found.status_code)
            return found
    return _unforeseen(error, request)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """DRF's EXCEPTION_HANDLER. A view may say where a business problem lies in its body: `pointer_of(problem)`."""
    return answer(
        error, _plain(context.get("request")), pointer_of=getattr(context.get("view"), "pointer_of", None)
    )


def handler400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(exception or BadRequest(), request)


def handler403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(exception or PermissionDenied(), request)


def handler404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem_response(request, status=404)


def handler500(request: HttpRequest) -> HttpResponse:
    # Django has logged the exception and sent its signal by now.
    return problem_response(request, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    return problem_response(
        request,
        status=403,
        code="CSRF_FAILED",
        detail=f"The request does not prove that it comes from our own pages: {reason}".rstrip(": "),
    )


class ProblemMiddleware:
    """Turns what Django would answer in its own way into problems. Goes right inside the request-id middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or not _is_djangos(request, response):
            return response
        kept = {name: response[name] for name in ("Allow",) if response.has_header(name)}
        return problem_response(request, status=response.status_code, headers=kept)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        return answer(exception, request)


def _is_djangos(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether an error answer is Django's own rather than a view's: nothing else has these marks."""
    if not isinstance(response, HttpResponse) or response.get("Content-Type", "").startswith(CONTENT_TYPE):
        return False
    if not response.content:  # HttpResponseNotAllowed and its like
        return True
    if request.resolver_match is None:  # no view was found, so no view wrote this
        return True
    # Django's debug pages, of errors raised in a middleware, all end in an explanation of why they are shown.
    return bool(settings.DEBUG) and b"DEBUG = True" in response.content


def _plain(request: Any) -> HttpRequest | None:
    return getattr(request, "_request", request)


def _pointer_of(problem: refusals.Problem) -> str:
    return "" if problem.field is None else f"/{escape(problem.field)}"


def _refused(error: refusals.Refusal, request: HttpRequest | None, pointer_of: PointerOf) -> HttpResponse:
    status = next((status for kind, status in _REFUSALS if isinstance(error, kind)), 422)
    return problem_response(
        request,
        status=status,
        code=error.code,
        detail=error.detail,
        errors=[
            {"pointer": pointer_of(problem), "code": problem.code, "detail": problem.detail}
            for problem in error.problems
        ],
        headers={"Retry-After": "1"} if error.code in _RETRY_SOON else None,
        extra=error.extra,
    )


def _api_exception(error: exceptions.APIException, request: HttpRequest | None) -> HttpResponse:
    headers: dict[str, str] = {}
    if isinstance(error, RequestFault):
        return problem_response(
            request,
            status=error.status_code,
            code=error.code,
            detail=error.text,
            errors=error.errors,
            headers=error.headers,
            extra=error.extra,
        )
    if isinstance(error, exceptions.ValidationError):
        return problem_response(
            request,
            status=400,
            detail="The body is not of the form asked for; see errors.",
            errors=list(flatten(error.detail)),
        )
    if isinstance(error, exceptions.ParseError):
        return problem_response(request, status=400, code="INVALID_JSON", detail=str(error.detail))
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers["WWW-Authenticate"] = getattr(error, "auth_header", None) or 'Bearer realm="tallyhouse"'
        return problem_response(
            request, status=401, code="UNAUTHENTICATED", detail=str(error.detail), headers=headers
        )
    wait = getattr(error, "wait", None)
    if wait:
        headers["Retry-After"] = str(int(wait))
    known = error.status_code in _CODES
    return problem_response(
        request,
        status=error.status_code,
        code=None if known else str(getattr(error.detail, "code", "error")).upper(),
        detail=str(error.detail) if isinstance(error.detail, str) else None,
        headers=headers,
    )


def _database(error: Exception, request: HttpRequest | None) -> HttpResponse | None:
    """The net under validation: what the database refused, by SQLSTATE; None for what is a fault of ours.

    SQLite has no states, so its few fixed messages are read instead.
    """
    state = getattr(error.__cause__, "sqlstate", None) or ""
    message = str(error)
    if isinstance(error, OperationalError):
        if state in {"40001", "40P01", "55P03"} or "database is locked" in message:
            return problem_response(
                request,
                status=409,
                code="CONTENTION",
                detail="Too many changes to the same records at once; try again.",
                headers={"Retry-After": "1"},
            )
        # Out of connections, shutting down, not there (no state at all), or the statement took too long.
        gone = state[:2] in {"08", "53", "57"} or (
            not state and type(error.__cause__).__module__.startswith("psycopg")
        )
        return problem_response(request, status=503, headers={"Retry-After": "5"}) if gone else None
    if isinstance(error, DataError):
        return problem_response(
            request,
            status=400,
            detail="A value is outside of what can be stored (too long, too large, or not text).",
        )
    if state == "23505" or "UNIQUE constraint failed" in message:
        return problem_response(
            request, status=409, code="ALREADY_EXISTS", detail="A record with these values exists already."
        )
    if state == "23503" or "FOREIGN KEY constraint failed" in message:
        return problem_response(
            request,
            status=409,
            code="CONFLICT",
            detail="A record that this one belongs to is gone, or is still in use.",
        )
    if state in {"23514", "23P01"} or "CHECK constraint failed" in message:
        return problem_response(
            request,
            status=409,
            code="CONFLICT",
            detail="The change would break a rule that the database keeps.",
        )
    return None


def _unforeseen(error: Exception, request: HttpRequest | None) -> HttpResponse:
    _log.error("request.failed", exc_info=error)
    # What Django does for exceptions that reach it: error trackers listen, and its test client raises again.
    got_request_exception.send(sender=None, request=request)
    return problem_response(request, status=500)
