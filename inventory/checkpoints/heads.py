"""Heads: the newest checkpoint of each organization, to be kept where whoever changes the database does not get."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from inventory.checkpoints.making import newest_of
from warehouses.identifiers import decode, encode
from warehouses.models import Organization

__all__ = ["Head", "UnreadableHead", "heads", "read_heads"]

_FIELDS = 3
_DIGITS = 64


class UnreadableHead(ValueError):
    """A line is neither a head nor a line of the log."""


@dataclass(frozen=True, slots=True)
class Head:
    """`digest` is that of the organization's checkpoint `number`."""

    organization_id: UUID
    number: int
    digest: str

    def __str__(self) -> str:
        return f"{encode(Organization.prefix, self.organization_id)} {self.number} {self.digest}"


def heads() -> Iterator[Head]:
    """The newest of each organization that has one, in the order of their keys."""
    keys = Organization.objects.order_by("pk").values_list("pk", flat=True)
    for organization_id, (number, digest) in newest_of(keys).items():
        yield Head(organization_id, number, digest)


def read_heads(lines: Iterable[str]) -> Iterator[Head]:
    """The heads in what `ledger_head` has printed, or in lines of a JSON log, of which all others are passed over.

    Raises UnreadableHead with the number of the line.
    """
    for place, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        if text.startswith("{"):
            yield from _logged(text, place)
            continue
        fields = text.split()
        if len(fields) != _FIELDS:
            raise UnreadableHead(f"Line {place} is not a head: organization, number and digest.")
        yield _head(*fields, place=place)


def _logged(text: str, place: int) -> Iterator[Head]:
    try:
        line = json.loads(text)
    except ValueError as error:
        raise UnreadableHead(f"Line {place} begins like JSON and is none.") from error
    if line.get("event") == "ledger.checkpoint":
        yield _head(*(str(line.get(name)) for name in ("organization", "number", "digest")), place=place)


def _head(organization: str, number: str, digest: str, *, place: int) -> Head:
    key = decode(Organization.prefix, organization)
    if key is None or not number.isdecimal() or len(digest) != _DIGITS:
        raise UnreadableHead(f"Line {place} is not a head: organization, number and digest.")
    return Head(key, int(number), digest)
