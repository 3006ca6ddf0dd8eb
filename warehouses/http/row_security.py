"""Requests are confined to the organization that they turn out to be of (`warehouses.row_security`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from warehouses.row_security import Confinement, confined

__all__ = ["RowSecurityMiddleware"]


class RowSecurityMiddleware:
    """Goes outside of whatever asks the database. Not there where no role is named."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.DATABASE_APP_ROLE:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        confinement = Confinement()
        with confined(confinement):
            response: Any = self.get_response(request)
        if response.streaming:
            response.streaming_content = _piece_by_piece(iter(response.streaming_content), confinement)
        answer: HttpResponseBase = response
        return answer


def _piece_by_piece(content: Iterator[bytes], confinement: Confinement) -> Iterator[bytes]:
    """What is sent while it is read from the database is read with the same confinement, and the server is not."""
    while True:
        with confined(confinement):
            try:
                piece = next(content)
            except StopIteration:
                return
        yield piece
