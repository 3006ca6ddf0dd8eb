"""Whose count it is: a line is counted by one, and counted again by somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cycle_counts.models import CountLine, LineState
from warehouses.access import Access
from warehouses.actors import Actor
from warehouses.http.instants import instant
from warehouses.refusals import Conflict, Forbidden, Problem
from warehouses.who_may import person_behind

__all__ = ["Counter", "counters_before"]


@dataclass(frozen=True, slots=True)
class Counter:
    """Who counts: the actor, and the person behind it; a key that nobody made is nobody but itself."""

    actor: Actor
    person: UUID | None

    @classmethod
    def of(cls, access: Access) -> Counter:
        """One query for a key, else none."""
        return cls(access.actor, person_behind(access.actor))

    def is_of(self, line: CountLine) -> bool:
        """Whether the line's count is this counter's own."""
        if self.person is not None and line.counted_by_id == self.person:
            return True
        return (line.counter_type, line.counter_id) == (self.actor.type.value, self.actor.id)

    def counted_before(self, line: CountLine, index: int) -> Conflict | None:
        """A refusal where somebody else has counted the line. It says who and when, and not what."""
        if line.state != LineState.COUNTED or line.counted_at is None or self.is_of(line):
            return None
        at = instant(line.counted_at)
        detail = f"{line.counter_name} has counted this at {at}."
        return Conflict(
            "COUNTED_BY_ANOTHER",
            detail,
            problems=[Problem("COUNTED_BY_ANOTHER", detail, index, "line")],
            extra={"by": line.counter_name, "at": at},
        )

    def may_not_recount(self, earlier: Iterable[CountLine], index: int) -> Forbidden | None:
        """A refusal where one of the counts that the line is to check was this counter's own."""
        if not any(self.is_of(line) for line in earlier):
            return None
        detail = "Somebody else counts this: you have counted it before."
        return Forbidden(
            "RECOUNT_BY_ANOTHER", detail, problems=[Problem("RECOUNT_BY_ANOTHER", detail, index, "line")]
        )


def counters_before(lines: Iterable[CountLine]) -> Mapping[UUID, list[CountLine]]:
    """The lines that each of `lines` counts again, and those that these counted again, and so on; by its key.

    One query for each time that something was counted again, none where nothing was.
    """
    known: dict[UUID, CountLine] = {}
    recounts: dict[UUID, UUID] = {line.pk: line.recount_of_id for line in lines if line.recount_of_id}
    wanted: set[Any] = set(recounts.values())
    while wanted:
        rows = CountLine.objects.filter(pk__in=wanted).order_by()
        rows = rows.only("recount_of", "counter_type", "counter_id", "counted_by", "state")
        found = {line.pk: line for line in rows}
        known |= found
        wanted = {line.recount_of_id for line in found.values() if line.recount_of_id} - known.keys()
    earlier: dict[UUID, list[CountLine]] = {}
    for key, before in recounts.items():
        chain = []
        following: UUID | None = before
        while following is not None:
            line = known[following]
            chain.append(line)
            following = line.recount_of_id
        earlier[key] = chain
    return earlier
