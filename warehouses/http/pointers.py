"""DRF's nested validation errors, flattened to a list of RFC 6901 pointers into the request body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings

__all__ = ["escape", "flatten"]


def escape(token: object) -> str:
    """One reference token of a JSON pointer."""
    return str(token).replace("~", "~0").replace("/", "~1")


def flatten(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """`{pointer, code, detail}` of every message in a ValidationError's `detail`, depth first.

    Rows of a list come as a dict keyed by index since DRF 3.18, and as a list with empty dicts for good rows before
    it and from hand-written validators: both are read.
    """
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            whole = key == api_settings.NON_FIELD_ERRORS_KEY
            yield from flatten(value, pointer if whole else f"{pointer}/{escape(key)}")
    elif isinstance(detail, list | tuple):
        for index, value in enumerate(detail):
            nested = isinstance(value, Mapping | list | tuple)
            yield from flatten(value, f"{pointer}/{index}" if nested else pointer)
    else:
        code = detail.code if isinstance(detail, ErrorDetail) else "invalid"
        yield {"pointer": pointer, "code": str(code).upper(), "detail": str(detail)}
