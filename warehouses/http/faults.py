"""What is wrong with a request before any business code has seen it, as exceptions that the problem handler answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rest_framework.exceptions import APIException

__all__ = [
    "RequestFault",
    "invalid_header",
    "invalid_json",
    "invalid_parameters",
    "unsupported_media_type",
]


class RequestFault(APIException):
    """One answer: an HTTP status, a stable code, a sentence, and what exactly is at fault.

    `errors` are ready members of the answer: `{"pointer"|"parameter"|"header": …, "code": …, "detail": …}`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.text = detail
        self.errors = tuple(dict(error) for error in errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


def invalid_parameters(
    faults: Iterable[tuple[str, str, str]], *, code: str = "INVALID_REQUEST"
) -> RequestFault:
    """400 for query parameters; each fault is (parameter, code, sentence)."""
    errors = [{"parameter": name, "code": kind, "detail": text} for name, kind, text in faults]
    names = ", ".join(error["parameter"][:60] for error in errors[:5])
    return RequestFault(400, code, f"The query cannot be used as it is: {names}.", errors=errors)


def invalid_header(name: str, detail: str, *, code: str = "INVALID_REQUEST") -> RequestFault:
    return RequestFault(400, code, detail, errors=[{"header": name, "code": code, "detail": detail}])


def invalid_json(detail: str, *, pointer: str | None = None) -> RequestFault:
    errors = [] if pointer is None else [{"pointer": pointer, "code": "INVALID_JSON", "detail": detail}]
    return RequestFault(400, "INVALID_JSON", detail, errors=errors)


def unsupported_media_type(detail: str) -> RequestFault:
    return RequestFault(415, "UNSUPPORTED_MEDIA_TYPE", detail, headers={"Accept": "application/json"})
