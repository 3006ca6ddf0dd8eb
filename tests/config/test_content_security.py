"""Which policy goes with which answer."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory
from django.urls import reverse

from config.content_security import ContentSecurityMiddleware


def policy(path: str, response: HttpResponse) -> dict[str, str]:
    def view(request: HttpRequest) -> HttpResponse:
        return response

    answered = ContentSecurityMiddleware(view)(RequestFactory().get(path))
    directives = answered["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


PAGE = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def test_a_page_runs_scripts_and_styles_of_this_host_alone() -> None:
    assert policy("/count/", HttpResponse("<p>")) == PAGE


def test_the_admin_may_compile_its_expressions_and_nothing_more() -> None:
    assert policy(reverse("admin:index"), HttpResponse("<p>")) == PAGE | {
        "script-src": "'self' 'unsafe-eval'",
        "style-src": "'self' 'unsafe-inline'",
    }


@pytest.mark.parametrize("path", ["/api/inventory", "/admin/"])
@pytest.mark.parametrize(
    "response",
    [
        JsonResponse({}),
        HttpResponse(content_type="application/problem+json"),
        HttpResponse(content_type="text/csv"),
        HttpResponse(content_type="image/svg+xml"),
    ],
)
def test_data_loads_nothing_wherever_it_comes_from(path: str, response: HttpResponse) -> None:
    assert policy(path, response) == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
