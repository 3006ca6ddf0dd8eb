"""What is still to be done before an organization works here: steps that tick themselves.

Each app says its own in a function `steps(access) -> Iterable[Step]`; the setting FIRST_STEPS lists the dotted paths of
these. Nobody ticks a step: it is done when the database shows that somebody did it, whoever that was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db.models import Exists
from django.utils.module_loading import import_string

from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization
from warehouses.page_preferences import keep_preferences, read_preferences

__all__ = ["Checklist", "Step", "TickedStep", "checklist", "put_away_checklist"]

_PAGE: Final = "checklist"
#: Who may do fewer of them is not the one who sets the organization up.
_FEWEST: Final = 4


@dataclass(frozen=True, slots=True)
class Step:
    """`place` is where it stands among those of all apps. `done` is about an `OuterRef("pk")` of the organization.

    A step of `begins` is one without which there is nothing to look at yet.
    """

    place: int
    title: str
    text: str
    link: str
    done: Exists
    begins: bool = False


@dataclass(frozen=True, slots=True)
class TickedStep:
    step: Step
    is_done: bool


@dataclass(frozen=True, slots=True)
class Checklist:
    steps: tuple[TickedStep, ...]

    @property
    def done(self) -> int:
        return sum(ticked.is_done for ticked in self.steps)

    @property
    def next(self) -> Step | None:
        return next((ticked.step for ticked in self.steps if not ticked.is_done), None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there yet, so that one is asked how to begin."""
        return not any(ticked.is_done for ticked in self.steps if ticked.step.begins)


def checklist(access: Access) -> Checklist | None:
    """The steps that the caller may do; None where all are done, or few are the caller's, or they put it away.

    Two queries at most, however many steps there are.
    """
    parts: list[Callable[[Access], Iterable[Step]]] = [import_string(name) for name in settings.FIRST_STEPS]
    steps = sorted((step for part in parts for step in part(access)), key=lambda step: step.place)
    if len(steps) < _FEWEST or read_preferences(access=access, page=_PAGE).get("is_put_away"):
        return None
    asked = {f"step_{number}": step.done for number, step in enumerate(steps)}
    answers = Organization.objects.order_by().filter(pk=access.organization.pk).values_list(*asked.values())
    done = answers.get()
    if all(done):
        return None
    return Checklist(tuple(TickedStep(step, bool(each)) for step, each in zip(steps, done, strict=True)))


def put_away_checklist(*, access: Access) -> None:
    """For good, for this person in this organization. Raises Forbidden `PERSON_REQUIRED`."""
    transactions.run(lambda: keep_preferences(access=access, page=_PAGE, is_put_away=True))
