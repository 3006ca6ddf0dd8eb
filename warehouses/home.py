"""The overview: what needs somebody now, whether today is normal, and how it has been.

Each app declares its part as a function of an `Access` that gives a `Part`; the setting HOME_PARTS lists their dotted
paths. A part shows nothing that the caller may not see, asks a constant number of queries, and counts no further than
`MOST`: nobody works off more than that from a page, and no page waits until a million rows are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Final, Literal

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from warehouses.access import Access
from warehouses.charts import Drawing

__all__ = [
    "MOST",
    "Activity",
    "Card",
    "Chart",
    "Home",
    "Key",
    "Part",
    "Work",
    "against_the_usual",
    "bounded_count",
    "checklist_of",
    "home_of",
]

MOST: Final = 1000
#: Days that make what is usual.
_USUAL: Final = 28

Tone = Literal["wrong", "waits", "moves"]


@dataclass(frozen=True, slots=True)
class Work:
    """Something that the caller can do something about, and how much of it there is; `link` is the list of it.

    With a count of 0 it is only named among what is clear.
    """

    label: str
    count: int
    link: str
    icon: str
    tone: Tone = "waits"
    note: str = ""
    rank: int = 0

    @property
    def told(self) -> str:
        """How many, for people; no more is counted than `MOST`."""
        return f"{MOST:,}+" if self.count > MOST else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Card:
    """A figure, how it compares with what is usual, and the way that it has come."""

    label: str
    value: str
    link: str
    note: str = ""
    delta: str = ""
    spark: Drawing | None = None
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Key:
    """What a colour of a chart stands for; with `link` the list of what it stands for."""

    words: str
    kind: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, the same in a sentence, and the same as a table, whose first column are the names of its rows."""

    key: str
    title: str
    summary: str
    drawing: Drawing
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    keys: Sequence[Key] = ()
    link: str = ""
    link_words: str = ""
    note: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """The last thing that happened where the caller may see it."""

    at: datetime
    words: str
    link: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one app has to say. `as_of`: when the figures of its cards and charts were read, where they are kept."""

    work: Sequence[Work] = ()
    cards: Sequence[Card] = ()
    charts: Sequence[Chart] = ()
    activity: Activity | None = None
    as_of: datetime | None = None
    #: What stands in the place of figures that are not there yet.
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """All parts together. `work` is what there is something of; `clear` names what there is nothing of."""

    work: Sequence[Work]
    clear: Sequence[Work]
    cards: Sequence[Card]
    charts: Sequence[Chart]
    activity: Activity | None
    as_of: datetime | None
    hints: Sequence[str]


def home_of(access: Access) -> Home:
    """The overview of the caller: what each part gives, put in order by the ranks."""
    declared: list[Callable[[Access], Part]] = [import_string(path) for path in settings.HOME_PARTS]
    parts = [part(access) for part in declared]
    work = sorted((each for part in parts for each in part.work), key=lambda each: each.rank)
    activities = [part.activity for part in parts if part.activity is not None]
    instants = [part.as_of for part in parts if part.as_of is not None]
    return Home(
        work=[each for each in work if each.count],
        clear=[each for each in work if not each.count],
        cards=sorted((each for part in parts for each in part.cards), key=lambda each: each.rank),
        charts=sorted((each for part in parts for each in part.charts), key=lambda each: each.rank),
        activity=max(activities, key=lambda each: each.at, default=None),
        as_of=min(instants, default=None),
        hints=[part.hint for part in parts if part.hint],
    )


def checklist_of(access: Access) -> Any:
    """What the caller still has to do to begin, as the function that HOME_CHECKLIST names says it; None: nothing."""
    return import_string(settings.HOME_CHECKLIST)(access) if settings.HOME_CHECKLIST else None


def bounded_count(rows: QuerySet[Any]) -> int:
    """How many there are, or `MOST` + 1 where there are more. One query, which reads no more than that."""
    return rows.order_by()[: MOST + 1].count()


def against_the_usual(value: float | None, before: Sequence[float | None], *, points: bool = False) -> str:
    """How far a figure is from the median of the four weeks before it, in words: `+4% on usual`.

    With `points` the figure is a percentage, and the difference is told in percentage points. Nothing where there are
    fewer than seven days to compare with, or nothing to divide by.
    """
    known = [each for each in before[-_USUAL:] if each is not None]
    if value is None or len(known) < 7:
        return ""
    usual = median(known)
    if points:
        difference = round(value - usual, 1)
        return "as usual" if not difference else f"{_signed(difference)} points on usual"
    if not usual:
        return ""
    percent = round((value - usual) * 100 / abs(usual))
    return "as usual" if not percent else f"{_signed(percent)}% on usual"


def _signed(number: float) -> str:
    """With a real minus, and no more decimals than it has."""
    return f"{number:+,g}".replace("-", "−")
