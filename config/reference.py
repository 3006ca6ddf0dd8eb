"""Each contract's OpenAPI document and its reference page, open to everybody: they hold no tenant's data.

The page is Swagger UI from our own static files, under the strict policy of pages: no inline script, no other host.
"""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, re_path
from django.views.decorators.http import condition, require_safe

from config.contracts import CONTRACTS
from warehouses.http.openapi import render_document

__all__ = ["document", "page", "urlpatterns"]


def _tag(request: HttpRequest, contract: str) -> str:
    return f'"{hashlib.sha256(render_document(CONTRACTS[contract])).hexdigest()[:32]}"'


@require_safe
@condition(etag_func=_tag)
def document(request: HttpRequest, contract: str) -> HttpResponse:
    """The contract's OpenAPI document."""
    return HttpResponse(
        render_document(CONTRACTS[contract]),
        content_type="application/json",
        headers={"Cache-Control": "no-cache"},
    )


@require_safe
def page(request: HttpRequest, contract: str) -> HttpResponse:
    """The contract's reference page, from which its routes can be tried with a key or the reader's session."""
    return render(
        request, "reference.html", {"contract": CONTRACTS[contract], "contracts": CONTRACTS.values()}
    )


urlpatterns = [
    pattern
    for name in CONTRACTS
    for pattern in (
        path(f"{name}/openapi.json", document, {"contract": name}, name=f"{name}-openapi"),
        re_path(rf"^{name}/docs/?$", page, {"contract": name}, name=f"{name}-docs"),
    )
]
