"""At the documented root paths, the contract that answers.

Four documents describe routes under `/api/…`, and two paths are in more than one of them. Each contract is a whole
URLConf of its own, mounted under a prefix that is never ambiguous; here one is picked for the bare path (DESIGN.md,
section 4): a path or method that only one contract has reaches that one, a path that is spelt out more wins over
`{sku}`, then the request's `X-API-Contract` header decides, then the key's pin, then the documented default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, get_resolver
from django.views.decorators.csrf import csrf_exempt

from warehouses.http.credentials import identify
from warehouses.refusals import InvalidInput, NotFound

__all__ = ["CONTRACTS", "choose", "dispatch"]

CONTRACTS: Mapping[str, str] = settings.API_CONTRACTS

# What only the backoffice contract's list takes; any of them means that contract.
_BACKOFFICE_PARAMETERS = frozenset({"page", "locationId", "productMasterId", "lotId", "binId"})


@csrf_exempt  # a contract's own session authentication checks CSRF, with an answer in the contract's form
def dispatch(request: HttpRequest, contracts: Mapping[str, str] = CONTRACTS) -> HttpResponseBase:
    """Answer with the view of the contract that `choose` picks."""
    match = choose(request, contracts)
    request.resolver_match = match
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response


def choose(request: HttpRequest, contracts: Mapping[str, str] = CONTRACTS) -> ResolverMatch:
    """The match of the contract that answers. Raises NotFound where no contract has the path."""
    found = _matches(request.path_info, contracts)
    if not found:
        raise NotFound("NOT_FOUND", f"There is nothing at {request.path_info}.")
    least = min(map(_captured, found.values()))
    found = {name: match for name, match in found.items() if _captured(match) == least}
    fitting = {name: match for name, match in found.items() if _takes(match, request.method or "GET")}
    found = fitting or found
    for name in (_named(request, contracts), _pinned(request) if len(found) > 1 else None):
        if name in found:
            return found[name]
    return next(found[name] for name in [*_defaults(request), *found] if name in found)


def _matches(path: str, contracts: Mapping[str, str]) -> dict[str, ResolverMatch]:
    """The matches by contract. Those of paths that some contract spells out, of which there are few, are kept."""
    known = _literal.get(path) if contracts is CONTRACTS else None
    if known is None:
        known = _resolved(path, contracts)
        if contracts is CONTRACTS and not all(match.kwargs for match in known.values()):
            _literal[path] = known
    return dict(known)


_literal: dict[str, dict[str, ResolverMatch]] = {}


def _resolved(path: str, contracts: Mapping[str, str]) -> dict[str, ResolverMatch]:
    found = {}
    for name, urlconf in contracts.items():
        try:
            found[name] = get_resolver(urlconf).resolve(path)
        except Resolver404:
            continue
    return found


def _captured(match: ResolverMatch) -> int:
    """How much of the path stands for arguments: `/sync/{id}` fits `/sync/sync_1` better than `/{sku}` does."""
    return sum(len(str(value)) for value in match.kwargs.values())


def _takes(match: ResolverMatch, method: str) -> bool:
    view: Any = getattr(match.func, "view_class", getattr(match.func, "cls", None))
    if method == "HEAD":
        method = "GET"
    return view is not None and hasattr(view, method.lower())


def _named(request: HttpRequest, contracts: Mapping[str, str]) -> str | None:
    name = request.headers.get("X-API-Contract")
    if name is not None and name not in contracts:
        raise InvalidInput(
            "INVALID_REQUEST", f"X-API-Contract is one of {', '.join(contracts)}, not {name[:40]!r}."
        )
    return name


def _pinned(request: HttpRequest) -> str | None:
    key = identify(request).key
    return key.contract if key is not None and key.contract else None


def _defaults(request: HttpRequest) -> list[str]:
    """The documented table: the header form and the parameters tell the contracts apart."""
    if request.path_info.startswith("/api/v1/"):
        bearer = request.headers.get("Authorization", "").lower().startswith("bearer ")
        return ["pos", "gateway"] if bearer and "X-API-Key" not in request.headers else ["gateway", "pos"]
    keyed = "X-API-Key" in request.headers or "Authorization" in request.headers
    if not keyed or _BACKOFFICE_PARAMETERS & request.GET.keys():
        return ["backoffice", "nexus"]
    return ["nexus", "backoffice"]
