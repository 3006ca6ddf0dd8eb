"""The guides for integrators: the project's own documents, as pages."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.urls import reverse

from config.contracts import CONTRACTS
from config.markdown import Rendered, render

__all__ = ["Guide", "Shelf", "guide_of", "rendered", "shelves", "text_of"]


@dataclass(frozen=True, slots=True)
class Guide:
    """`path` is that of the document below docs/; `title` is its first heading."""

    slug: str
    path: str
    title: str

    @property
    def address(self) -> str:
        return reverse("developers:guide", args=(self.slug,))


@dataclass(frozen=True, slots=True)
class Shelf:
    title: str
    guides: tuple[Guide, ...]


_TASKS: Final = ("sync-stock", "reserve-safely", "react-to-low-stock", "change-contract")
_PAGES: Final = (("api", "api/README.md"), ("webhooks", "webhooks.md"), ("pos-feed", "pos-feed.md"))


@cache
def shelves() -> Sequence[Shelf]:
    """Every guide, in the order in which they are shown. One whose document is not installed is left out."""
    parts = sorted(path.name for path in (_folder() / "api" / "backoffice").glob("*.md"))
    found = (
        Shelf("Tasks", _guides((name, f"guides/{name}.md") for name in _TASKS)),
        Shelf("The whole of it", _guides(_PAGES)),
        Shelf("Backoffice, part by part", _guides((name[:-3], f"api/backoffice/{name}") for name in parts)),
    )
    return tuple(shelf for shelf in found if shelf.guides)


def guide_of(slug: str) -> Guide | None:
    return next((guide for shelf in shelves() for guide in shelf.guides if guide.slug == slug), None)


def text_of(guide: Guide) -> str:
    return (_folder() / guide.path).read_text(encoding="utf-8")


@cache
def rendered(guide: Guide) -> Rendered:
    return render(text_of(guide), link_of=lambda target: _address(guide, target))


def _folder() -> Path:
    return Path(settings.BASE_DIR) / "docs"


def _guides(listed: object) -> tuple[Guide, ...]:
    found = []
    for slug, path in listed:  # type: ignore[attr-defined]
        document = _folder() / path
        if document.is_file():
            first = document.read_text(encoding="utf-8").partition("\n")[0]
            found.append(Guide(slug, path, first.removeprefix("# ").strip()))
    return tuple(found)


def _address(guide: Guide, target: str) -> str | None:
    """Where a link of a document leads on the site: another guide, a contract's document, or nowhere."""
    if target.startswith(("#", "http://", "https://", "/")):
        return target
    path, _, anchor = target.partition("#")
    document = posixpath.normpath(posixpath.join(posixpath.dirname(guide.path), path))
    for name in CONTRACTS:
        if document == f"api/{name}.openapi.json":
            return reverse(f"{name}-openapi")
    for shelf in shelves():
        for other in shelf.guides:
            if other.path == document:
                return f"{other.address}#{anchor}" if anchor else other.address
    return None
