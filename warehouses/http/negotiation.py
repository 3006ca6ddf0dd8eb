"""JSON or CSV, by `Accept` (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.http import HttpRequest
from rest_framework.exceptions import NotAcceptable
from rest_framework.renderers import BaseRenderer

from warehouses.http.views import JsonOnly

__all__ = ["CSV", "JsonOrCsv"]

CSV: Final = "text/csv"
_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
_QUALITY: Final = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


class JsonOrCsv(JsonOnly):
    """CSV for a caller that would rather have it than JSON; JSON for one that does not care; 406 for one of neither."""

    def select_renderer(
        self, request: HttpRequest, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        ranges = list(_ranges(request.headers.get("Accept", "").strip() or "*/*"))
        # A caller that names our problems takes JSON.
        json = _quality(ranges, _JSON) or dict(ranges).get(_PROBLEM, 0.0)
        csv = _quality(ranges, CSV)
        if not json and not csv:
            raise NotAcceptable
        return renderers[0], CSV if csv > json else renderers[0].media_type


def _ranges(header: str) -> Iterator[tuple[str, float]]:
    """(media range in small letters, quality) of each range; one whose quality cannot be read counts in full."""
    for part in header.split(","):
        name, *parameters = (token.strip().lower() for token in part.split(";"))
        weights = (_QUALITY.fullmatch(parameter) for parameter in parameters)
        yield name, next((float(weight[1]) for weight in weights if weight), 1.0)


def _quality(ranges: Iterable[tuple[str, float]], media_type: str) -> float:
    """What the range that names `media_type` most exactly says of it; 0 where none does."""
    main = media_type.partition("/")[0]
    found = dict(ranges)
    return next((found[name] for name in (media_type, f"{main}/*", "*/*") if name in found), 0.0)
