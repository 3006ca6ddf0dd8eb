"""Good lines kept: a batch that is refused is tried again without the lines that were to blame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Protocol, TypeVar

from django.db import IntegrityError, transaction

from warehouses import transactions
from warehouses.refusals import Problem, Refusal

__all__ = ["BATCH", "chunks", "keep_good", "rehearsal"]

#: Lines per transaction: what the ledger is fastest with, and little to repeat where one is cut short.
BATCH = 500
_COLLISIONS = 3


class _Indexed(Protocol):
    @property
    def index(self) -> int: ...


Item = TypeVar("Item")
Entry = TypeVar("Entry", bound=_Indexed)
Result = TypeVar("Result")


def chunks(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def keep_good(
    entries: Sequence[Entry], work: Callable[[Sequence[Entry]], Result]
) -> tuple[Result | None, list[tuple[Entry, str]]]:
    """Run `work` on the entries in a transaction of its own, again without those that a refusal names, until it passes.

    Returns what `work` returned (None when no entry was left) and the entries that were dropped, with the reason.
    A refusal that names no entry, such as `CONTENTION`, is raised.
    """
    left = list(entries)
    dropped: list[tuple[Entry, str]] = []
    collisions = 0
    while left:
        try:
            return transactions.run(partial(work, left)), dropped
        except IntegrityError:
            # Somebody else wrote one of these rows between our look and our write; the next look finds it.
            collisions += 1
            if collisions == _COLLISIONS:
                raise
        except Refusal as refusal:
            problems: dict[int | None, list[Problem]] = {}
            for problem in refusal.problems:
                problems.setdefault(problem.index, []).append(problem)
            bad = [entry for entry in left if entry.index in problems]
            if not bad:
                raise
            dropped += [(entry, _words(problems[entry.index])) for entry in bad]
            left = [entry for entry in left if entry.index not in problems]
    return None, dropped


@contextmanager
def rehearsal(is_one: bool) -> Iterator[None]:
    """Everything inside is really done, and undone at the end. Other writers wait for as long as it lasts."""
    if not is_one:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _words(problems: Sequence[Problem]) -> str:
    return "; ".join(
        f"{problem.field}: {problem.detail.rstrip('.')}" if problem.field else problem.detail
        for problem in problems
    )
