"""What a feed is: pages of rows, one after the other, and two ways to go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from inventory.sync.rows import Raw

__all__ = ["Broken", "Feed", "Page", "Place", "Unavailable"]

#: Where a page is, in its feed's own words; `{}` is the first. It is stored with the run, so it is JSON.
Place = Mapping[str, Any]


class Broken(Exception):
    """Trying again would not help: the run fails with this sentence. `aside` is done once it has."""

    def __init__(self, reason: str, *, aside: Callable[[], None] | None = None) -> None:
        super().__init__(reason)
        self.aside = aside


class Unavailable(Exception):
    """It may work later, after `retry_after` seconds where the other end says so."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


def _nothing() -> None:
    pass


@dataclass(slots=True)
class Page:
    """A page that is here in full, and whose form has been checked; its rows are read as they are asked for.

    `mark` tells whether the same place gave the same rows again: only then can a page that was taken over in part be
    gone on with. `following` is the place of the next one, None on the last; `cursor` is for the next feed of changes.
    `finish` is called when the rows have been committed. A page that `lasts` can be left in the middle and read again.
    """

    rows: Iterator[Raw]
    mark: str
    following: Place | None
    cursor: str = ""
    lasts: bool = False
    finish: Callable[[], None] = field(default=_nothing)


class Feed(Protocol):
    def page(self, place: Place) -> AbstractContextManager[Page | None]:
        """The page at `place`; None where there is nothing (more). Called outside of any transaction.

        Raises Broken and Unavailable.
        """
