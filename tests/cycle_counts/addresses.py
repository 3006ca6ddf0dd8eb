"""Every address of the product, read from its URL resolvers: what is added later is among them by itself."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from config.dispatch import CONTRACTS

__all__ = ["ADMIN", "Address", "addresses"]

ADMIN: Final = "/admin/"
#: `<path:object_id>` and `(?P<id>[^/]+)`.
_CONVERTED = re.compile(r"<(?:\w+:)?(\w+)>")
_CAPTURED = re.compile(r"\(\?P<(\w+)>([^()]*)\)")
_LEFT_OUT = re.compile(r"^\^|/\?\$$|\$$")
_OF_A_MODEL = re.compile(rf"^{ADMIN}(\w+)/(\w+)/")
_DISPATCHED: Final = "dispatch"


class Address(NamedTuple):
    """`route` is the pattern that it was made of."""

    path: str
    route: str

    @property
    def is_api(self) -> bool:
        return "/api/" in self.path or "/cycle-count" in self.path

    @property
    def is_of_counts(self) -> bool:
        return "cycle" in self.route or self.route.startswith("/count")


def addresses(ids: Sequence[str], *, rows: Mapping[type[Any], Sequence[Any]]) -> list[Address]:
    """Each route once for every id in `ids` that its address could hold; a page of a model in the back office once for
    each of the `rows` that there are of it, or for the first ids.
    """
    found: dict[str, Address] = {}
    for route in _routes(get_resolver(), "/"):
        for path in _filled(route, ids, rows):
            found.setdefault(path, Address(path, route))
    return list(found.values())


def _routes(resolver: URLResolver, before: str) -> Iterator[str]:
    for each in resolver.url_patterns:
        route = before + _text(each)
        if isinstance(each, URLResolver):
            yield from _routes(each, route)
        elif each.name == _DISPATCHED:
            # It looks at the contracts' own routes, which answer without their prefix too.
            for contract in CONTRACTS.values():
                yield from _routes(get_resolver(contract), "/")
        else:
            yield route


def _text(pattern: URLPattern | URLResolver) -> str:
    text = str(pattern.pattern)
    return _LEFT_OUT.sub("", text) if isinstance(pattern.pattern, RegexPattern) else text


def _filled(route: str, ids: Sequence[str], rows: Mapping[type[Any], Sequence[Any]]) -> Iterator[str]:
    names = [*_CONVERTED.findall(route), *(name for name, _ in _CAPTURED.findall(route))]
    patterns = dict(_CAPTURED.findall(route))
    frame = _CONVERTED.sub(r"{\1}", _CAPTURED.sub(r"{\1}", route))
    assert not set("()<>^$?*") & set(frame), f"Teach this walk to fill {route}"
    choices = []
    for name in names:
        written = patterns.get(name, "").split("|")
        model = _OF_A_MODEL.match(route)
        if len(written) > 1:
            choices.append(written)
        elif model and name in {"object_id", "id"}:
            keys = [str(row.pk) for row in rows.get(apps.get_model(model[1], model[2]), ())]
            choices.append(keys or list(ids[:1]))
        else:
            choices.append(list(ids))
    # Of a route with several ids, each id once: what belongs to another is not found.
    several = zip(*choices, strict=True) if len({len(some) for some in choices}) == 1 else None
    for values in several if len(names) > 1 and several else itertools.product(*choices):
        yield frame.format(**dict(zip(names, values, strict=True)))
