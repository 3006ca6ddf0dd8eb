"""Pages for whoever builds on the API, open to everybody like the contracts' documents: guides and every error.

They hold nothing of any organization. A key that the reader has just made is put into the examples by the browser
alone.
"""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from config.contracts import CONTRACTS
from config.guides import Guide, guide_of, rendered, shelves, text_of
from config.problem_catalogue import Entry, catalogue, entry_of

__all__ = ["urlpatterns"]

_CACHED: Final = {"Cache-Control": "no-cache"}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return _page(request, "home", contracts=CONTRACTS.values(), shelves=shelves())


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Every code; `q` narrows, and one code or `type` written out opens its page."""
    term = request.GET.get("q", "").strip()[:100]
    if term and (found := entry_of(term)) is not None:
        return redirect("developers:error", code=found.code)
    rows = [entry for entry in catalogue().values() if _matches(entry, term)]
    return _page(request, "errors", rows=rows, term=term, count=len(catalogue()))


@require_safe
def error(request: HttpRequest, code: str) -> HttpResponse:
    entry = entry_of(code)
    if entry is None:
        raise Http404
    if code != entry.code:
        return redirect("developers:error", code=entry.code)
    return _page(request, "error", entry=entry, contracts=CONTRACTS)


@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    found = _found(slug)
    return _page(request, "guide", guide=found, page=rendered(found), shelves=shelves())


@require_safe
def guide_text(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as Markdown: for whoever hands it to a program that reads."""
    return HttpResponse(text_of(_found(slug)), content_type="text/markdown; charset=utf-8", headers=_CACHED)


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    """An index in Markdown of everything here, for programs that read (llmstxt.org)."""
    base = request.build_absolute_uri("/").rstrip("/")
    lines = [
        "# Tallyhouse",
        "",
        "> An inventory back office: one stock ledger and four documented HTTP contracts over it.",
    ]
    for shelf in shelves():
        lines += ["", f"## {shelf.title}", ""]
        lines += [
            f"- [{each.title}]({base}{reverse('developers:guide-text', args=(each.slug,))})"
            for each in shelf.guides
        ]
    lines += ["", "## Documents of the contracts (OpenAPI)", ""]
    lines += [
        f"- [{contract.title}]({base}{reverse(f'{name}-openapi')})" for name, contract in CONTRACTS.items()
    ]
    lines += ["", "## Errors", "", f"- [Every code]({base}{reverse('developers:errors')})", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8", headers=_CACHED)


def _page(request: HttpRequest, name: str, **context: object) -> HttpResponse:
    base = request.build_absolute_uri("/").rstrip("/")
    answer = render(request, f"developers/{name}.html", {"base": base, "section": name, **context})
    for header, value in _CACHED.items():
        answer[header] = value
    return answer


def _found(slug: str) -> Guide:
    found = guide_of(slug)
    if found is None:
        raise Http404
    return found


def _matches(entry: Entry, term: str) -> bool:
    text = f"{entry.code} {entry.title} {entry.status or ''} {entry.meaning}".casefold()
    return all(word in text for word in term.casefold().split())


app_name = "developers"
urlpatterns = [
    path("developers/", home, name="home"),
    path("developers/errors/", errors, name="errors"),
    path("developers/errors/<str:code>/", error, name="error"),
    path("developers/guides/<slug:slug>/", guide, name="guide"),
    path("developers/guides/<slug:slug>.md", guide_text, name="guide-text"),
    path("llms.txt", llms, name="llms"),
]
