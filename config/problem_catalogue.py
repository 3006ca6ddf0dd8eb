"""Every code that the product answers with: what it means, what to do about it, and which operations answer it.

The codes of the contracts are collected from what declares them, the operations from the contracts' own routes. Those
that no operation declares (an answer's `errors`, the rows of a sync, the nets under everything) are described here.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from django.utils.safestring import SafeString, mark_safe

from config.contracts import CONTRACTS
from config.markdown import render
from cycle_counts.api.problem_codes import CODES as CYCLE_COUNTS
from inventory.api.backoffice.problem_codes import BACKOFFICE
from inventory.api.problem_codes import STOCK
from stock_requests.api.problem_codes import CODES as STOCK_REQUESTS
from warehouses.http.operations import operation_of
from warehouses.http.problem_codes import SHARED, ProblemCode

__all__ = ["Entry", "Use", "catalogue", "entry_of", "type_of"]

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_TYPE: Final = "urn:tallyhouse:problem:"

#: Answered by what stands under every operation, or beside the contracts.
UNDERNEATH: Final = (
    ProblemCode(
        "ALREADY_EXISTS",
        409,
        "A record with these values exists already; somebody has made it in the same moment.",
        "Read it, and change it instead.",
    ),
    ProblemCode(
        "CONFLICT",
        409,
        "The change would break a rule that the database keeps, or a record that this one needs is gone.",
        "Read the records again. If nothing of yours explains it, report the request id.",
    ),
    ProblemCode(
        "ANSWER_LOST",
        409,
        "The request was done earlier under this Idempotency-Key, but its answer, which held a secret, cannot be read "
        "any more: the installation's own secret was changed.",
        "Do not repeat it. Read what it made, and replace the secret.",
    ),
    ProblemCode(
        "NOT_READY",
        503,
        "The installation is starting, or lacks its database or broker. Only /readyz answers it.",
        "Wait: send no requests here until it answers 200.",
    ),
)

#: Words for one field, row or line: in `errors` of an answer that has a code of its own, or in `problems` of a record.
INSIDE: Final[Mapping[str, tuple[str, str]]] = {
    "REQUIRED": ("It is missing.", "Send it."),
    "BLANK": ("It is empty.", "Send a text, or leave it out where it may be left out."),
    "EMPTY": ("The list has no rows, or the object no members.", "Send at least one."),
    "NULL": ("It is null, and may not be.", "Send a value, or leave it out."),
    "INVALID": ("It has not the form asked for.", "`detail` says which form that is."),
    "INVALID_CHOICE": ("It is none of the values that there are.", "`detail` names them."),
    "UNKNOWN_FIELD": (
        "There is no field or parameter of that name here.",
        "Check the spelling and its case.",
    ),
    "CONTROL": ("It holds a control character, such as a line break.", "Take it out."),
    "AMOUNT": ("It is no amount of money.", "Send a number from 0 up, with at most 4 decimals."),
    "OFFSET": ("It is no instant.", "Send date, time and offset, as in 2026-03-12T14:00:00Z."),
    "FORM": ("It is no day of the calendar.", "Send it as in 2026-01-27."),
    "ZERO": ("A change of 0 changes nothing.", "Leave the row out."),
    "REDUNDANT": ("Two fields say the same thing in two ways.", "Send one of them."),
    "CONTRADICTION": ("Two fields contradict each other.", "Send one of them."),
    "MAX_LENGTH": ("It is too long, or has too many rows.", "`detail` says how much there may be."),
    "MIN_LENGTH": ("It is too short, or has too few rows.", "`detail` says how much there has to be."),
    "MAX_VALUE": ("The number is too large.", "`detail` says how large it may be."),
    "MIN_VALUE": ("The number is too small.", "`detail` says how small it may be."),
    "CENTS": ("The amount has more decimals than the currency.", "Round it."),
    "REPEATED": ("The same thing is there twice.", "Send it once."),
    "MAX_DIGITS": ("The number has too many digits.", "Send fewer."),
    "NOT_A_LIST": ("It is not a list.", "Send a JSON array."),
    "DUPLICATE": ("The same thing is there twice.", "Send it once."),
    "FUTURE": ("The instant lies in the future: what will be there is not known.", "Give one up to now."),
    "TOO_LONG": ("The text is too long.", "`detail` says how long it may be."),
    "INVALID_RANGE": ("The beginning lies after the end, or the span is too long.", "Give another one."),
    "INVALID_ENDPOINT": ("A webhook endpoint cannot be kept as it is.", "Mend what `errors` names."),
    "URL": ("The address of a webhook cannot be read, or is too long.", "Write the whole of it, encoded."),
    "SCHEME": ("The address does not begin with https://.", "Use https, with a certificate that is valid."),
    "USERINFO": (
        "The address has a user name or password in it.",
        "Check the signature of what comes instead.",
    ),
    "HOST": ("The address names no host that could be called.", "Write a name in its ASCII form."),
    "PORT": ("The port is none that may be called.", "Use the one that `detail` names."),
    "PRIVATE_ADDRESS": (
        "The host's address lies in a network that may not be called from here.",
        "Use one that is reachable from the internet, or ask the operator to open the network.",
    ),
    "UNRESOLVED": ("The host's name was not found.", "Check its spelling and its DNS records."),
    "UNKNOWN_EVENT": (
        "There is no event of that name to subscribe to.",
        "Use one of those in the guide on webhooks.",
    ),
    "LOT_UNKNOWN": ("The SKU has no lot of that code.", "Check the label; receive the lot first."),
    "LOT_EXPIRED": ("The lot is past its day.", "Take another lot."),
    "LOT_ON_HOLD": ("The lot is on hold.", "Take another lot, or have the hold released."),
    "LOT_SHORT": ("The lot has fewer units than that.", "Take the rest from another lot."),
    "NOT_FEFO": ("Another lot expires sooner, and should leave first.", "Take that one; this is a warning."),
    "INVALID_ROW": (
        "A row of a feed cannot be read.",
        "Mend it in the point of sale; the next sync reads it again.",
    ),
    "ROW_CUT_OFF": (
        "A file ends in the middle of a row.",
        "Write the whole file before it is put into the folder.",
    ),
    "STALE_ROW": ("A row is older than what is known of its item.", "Nothing: newer rows stay."),
    "NOTHING_TO_RETRY": ("No refused row of the sync is left.", "Nothing."),
}


@dataclass(frozen=True, slots=True)
class Use:
    """An operation that answers a code; `address` is where its reference is."""

    contract: str
    summary: str
    address: str


@dataclass(frozen=True, slots=True)
class Entry:
    """`status` is None for words that only stand in `errors`; `is_general`: any operation may answer it."""

    code: str
    status: int | None
    meaning: str
    remedy: str
    uses: tuple[Use, ...] = ()
    is_general: bool = False

    @property
    def title(self) -> str:
        return self.code.replace("_", " ").capitalize()

    @property
    def phrase(self) -> str:
        return (
            f"{self.status} {HTTPStatus(self.status).phrase}" if self.status else "Inside of other problems"
        )

    @property
    def told_meaning(self) -> SafeString:
        return _told(self.meaning)

    @property
    def told_remedy(self) -> SafeString:
        return _told(self.remedy)

    @property
    def example(self) -> str:
        """A problem with this code, as JSON."""
        shown = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.meaning.replace("`", ""),
            "instance": "0193a4f1c2d87b0e9f3a6c5d4e2b1a08",
            "code": self.code,
        }
        return json.dumps(shown, indent=2, ensure_ascii=False)

    @property
    def type(self) -> str:
        return type_of(self.code)


def type_of(code: str) -> str:
    """The `type` of a problem, as the contracts document it."""
    return f"{_TYPE}{code.lower().replace('_', '-')}"


def entry_of(name: str) -> Entry | None:
    """The entry of a code, in whatever case, or of a problem's `type`."""
    code = name.strip().removeprefix(_TYPE).upper().replace("-", "_")
    return catalogue().get(code)


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every code → its entry: those with a status first, in the order of statuses and codes."""
    uses = _uses()
    general = {code.code for code in (*SHARED, *UNDERNEATH)}
    known = {
        code.code: code
        for code in (*SHARED, *STOCK, *BACKOFFICE, *STOCK_REQUESTS, *CYCLE_COUNTS, *UNDERNEATH)
    }
    answers = sorted(known.values(), key=lambda code: (code.status, code.code))
    found = {
        code.code: Entry(
            code.code,
            code.status,
            code.meaning,
            code.remedy,
            uses.get(code.code, ()),
            code.code in general,
        )
        for code in answers
    }
    for code, (meaning, remedy) in sorted(INSIDE.items()):
        found.setdefault(code, Entry(code, None, meaning, remedy))
    return found


def _told(words: str) -> SafeString:
    return mark_safe(render(words).html)  # noqa: S308 - our own words, and the renderer escapes them


def _uses() -> Mapping[str, tuple[Use, ...]]:
    found: dict[str, list[Use]] = defaultdict(list)
    for name, contract in CONTRACTS.items():
        for handler in _handlers(get_resolver(contract.urlconf).url_patterns):
            operation = operation_of(handler)
            use = Use(name, operation.summary, f"/{name}/docs/#/{operation.tag}/{operation.id}")
            for problem in operation.problems:
                if use not in found[problem.code]:
                    found[problem.code].append(use)
    return {code: tuple(rows) for code, rows in found.items()}


def _handlers(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[Any]:
    """Every method of every view, once."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _handlers(pattern.url_patterns)
            continue
        view: Any = getattr(pattern.callback, "view_class", getattr(pattern.callback, "cls", None))
        for method in _METHODS:
            if (handler := getattr(view, method, None)) is not None:
                yield handler
