"""The catalogue of problem codes that every contract shares: what each means, and what the caller does about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

__all__ = [
    "ALWAYS",
    "BEFORE_OPERATIONS",
    "ON_CURSORS",
    "ON_PRECONDITIONS",
    "ON_WRITES",
    "SHARED",
    "ProblemCode",
    "by_status",
]


@dataclass(frozen=True, slots=True)
class ProblemCode:
    """`meaning` and `remedy` are sentences; `code` and `status` belong to each other for good."""

    code: str
    status: int
    meaning: str
    remedy: str


#: What any request may be answered with.
ALWAYS: Final = (
    ProblemCode(
        "INVALID_REQUEST",
        400,
        "A parameter, a header or a field of the body is unknown, missing or not of the form asked for.",
        "Mend what `errors` names; each entry has a `pointer`, a `parameter` or a `header`.",
    ),
    ProblemCode(
        "UNAUTHENTICATED",
        401,
        "There is no credential, or the key is unknown, revoked or expired.",
        "Send a live API key in one of the three header forms.",
    ),
    ProblemCode(
        "PERMISSION_DENIED",
        403,
        "The caller is known but lacks the permission, or lacks it in that warehouse.",
        "Ask for a key with the scope that the operation names.",
    ),
    ProblemCode(
        "ORG_CONTEXT_REQUIRED",
        403,
        "A signed-in person who belongs to several organizations has chosen none.",
        "Choose the organization in the back office. API keys never meet this.",
    ),
    ProblemCode(
        "NOT_ACCEPTABLE",
        406,
        "`Accept` leaves out application/json.",
        "Accept application/json, or anything.",
    ),
    ProblemCode(
        "RATE_LIMITED",
        429,
        "The caller has sent more requests than its limit allows in a minute.",
        "Wait for as many seconds as `Retry-After` says.",
    ),
    ProblemCode(
        "INTERNAL_ERROR",
        500,
        "Something failed that should not; nothing was changed.",
        "Report the request id in `instance`. With an Idempotency-Key it is safe to try again.",
    ),
    ProblemCode(
        "UNAVAILABLE",
        503,
        "The database cannot be reached.",
        "Try again after `Retry-After`, a write with its Idempotency-Key.",
    ),
)

#: What a request that changes something may be answered with besides.
ON_WRITES: Final = (
    ProblemCode(
        "INVALID_JSON",
        400,
        "The body is not a JSON object in UTF-8, or holds what two readers could read in two ways.",
        "Send one JSON object without duplicate keys, NaN, oversized numbers or control characters.",
    ),
    ProblemCode(
        "INVALID_IDEMPOTENCY_KEY",
        400,
        "The Idempotency-Key is empty, longer than 255 characters or not visible ASCII.",
        "Send a UUID.",
    ),
    ProblemCode(
        "CSRF_FAILED",
        403,
        "A request with a browser session lacks the CSRF token.",
        "Send `X-CSRFToken`, or use an API key, which needs none.",
    ),
    ProblemCode(
        "CONTENTION",
        409,
        "Too many changes to the same stock at once.",
        "Try again after `Retry-After` seconds.",
    ),
    ProblemCode(
        "IDEMPOTENCY_IN_PROGRESS",
        409,
        "The first request with this Idempotency-Key is still running.",
        "Try again after `Retry-After` seconds; the answer will be the first one's.",
    ),
    ProblemCode(
        "LENGTH_REQUIRED", 411, "The body came in chunks, without its length.", "Send `Content-Length`."
    ),
    ProblemCode(
        "PAYLOAD_TOO_LARGE", 413, "The body is larger than 2.5 MB.", "Split the request into smaller ones."
    ),
    ProblemCode(
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "The body is not sent as application/json in UTF-8, or is compressed.",
        "Send `Content-Type: application/json`.",
    ),
    ProblemCode(
        "IDEMPOTENCY_KEY_REUSED",
        422,
        "This Idempotency-Key was used for another request within the last 7 days.",
        "Use a new key for every new request.",
    ),
)

#: What a request with `If-Match` may be answered with besides.
ON_PRECONDITIONS: Final = (
    ProblemCode(
        "PRECONDITION_FAILED",
        412,
        "The record has changed since the entity tag in `If-Match` was read.",
        "Read the record again, decide anew, and send its new tag.",
    ),
)

#: What a listing with a cursor may be answered with besides.
ON_CURSORS: Final = (
    ProblemCode(
        "INVALID_CURSOR",
        400,
        "The cursor is not one of ours, or was made for another listing or other filters.",
        "Start again without a cursor, and keep the filters while following cursors.",
    ),
)

#: What is answered before an operation is found.
BEFORE_OPERATIONS: Final = (
    ProblemCode("NOT_FOUND", 404, "There is nothing at this address.", "Check the path."),
    ProblemCode(
        "METHOD_NOT_ALLOWED", 405, "The address does not take that method.", "Use a method named in `Allow`."
    ),
)

SHARED: Final = (*ALWAYS, *ON_CURSORS, *BEFORE_OPERATIONS, *ON_WRITES, *ON_PRECONDITIONS)


def by_status(codes: Iterable[ProblemCode]) -> dict[int, list[ProblemCode]]:
    """`codes` grouped by their HTTP status, the statuses in ascending order."""
    found: dict[int, list[ProblemCode]] = {}
    for code in sorted(codes, key=lambda code: code.status):
        found.setdefault(code.status, []).append(code)
    return found
