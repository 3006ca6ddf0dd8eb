"""What the palette finds: by a code that was typed or scanned, from whatever page one is on.

Each app says what it can find in a function `find(access, term) -> Iterable[Hit]` of its own; the setting PALETTE_PARTS
lists the dotted paths of these in the order in which hits are shown. A part starts from `access`, looks up indexes and
nothing else, and asks the same number of queries however much it finds: a scan is no reason to wait. Nothing that was
found is kept anywhere, for the next one to ask may be somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.module_loading import import_string

from warehouses.access import Access

__all__ = ["MOST_OF_A_KIND", "Found", "Hit", "find", "is_barcode", "is_whole", "says"]

#: How many rows of one kind are worth reading through.
MOST_OF_A_KIND: Final = 8
#: EAN-8, UPC-A, EAN-13, GTIN-14.
_BARCODE_LENGTHS: Final = (8, 12, 13, 14)
_ID: Final = re.compile(r"[0-9a-f]{32}|[a-z]+_[0-9a-z]{26}")


@dataclass(frozen=True, slots=True)
class Hit:
    """A row of the palette: a record, or something that one can do.

    `is_exact` says that the term is this record's own code, number or id, not only its beginning. `is_offer` is
    something to do with a term that nothing has: shown only where nothing is found. `facts` are short ("20 on hand").
    """

    title: str
    kind: str
    link: str
    icon: str
    detail: str = ""
    facts: tuple[str, ...] = ()
    is_exact: bool = False
    is_offer: bool = False
    is_act: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    hits: tuple[Hit, ...] = ()

    @property
    def only(self) -> Hit | None:
        """The one record that the term names, if it names one and no other."""
        exact = [hit for hit in self.hits if hit.is_exact]
        return exact[0] if len(exact) == 1 else None


Part = Callable[[Access, str], Iterable[Hit]]


def find(access: Access, term: str) -> list[Hit]:
    """What all apps find, the exact ones first."""
    parts: list[Part] = [import_string(name) for name in settings.PALETTE_PARTS]
    hits = [hit for part in parts for hit in part(access, term)]
    return sorted(hits, key=lambda hit: not hit.is_exact)


def says(title: str, term: str) -> bool:
    """Whether each word of the term begins a word of the title: "new tr" says "New transfer"; nothing says all."""
    words = title.casefold().split()
    return all(any(word.startswith(part) for word in words) for part in term.casefold().split())


def is_whole(term: str) -> bool:
    """Whether nobody would go on typing: a barcode, a public id, a request's id. What it names is opened at once."""
    return is_barcode(term) or _ID.fullmatch(term) is not None


def is_barcode(term: str) -> bool:
    """Whether it is a whole EAN, UPC or GTIN: digits, of which the last one checks the others."""
    if not (term.isascii() and term.isdigit()) or len(term) not in _BARCODE_LENGTHS:
        return False
    digits = [int(digit) for digit in reversed(term)]
    return (digits[0] + 3 * sum(digits[1::2]) + sum(digits[2::2])) % 10 == 0
