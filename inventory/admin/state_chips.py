"""Lists whose filters are always in sight, each with how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Q, TextChoices
from django.http import HttpRequest
from unfold.views import ChangeList

__all__ = ["Chip", "ChipList", "Switch"]


class Chip(NamedTuple):
    words: str
    number: int
    link: str
    is_chosen: bool


class Switch(NamedTuple):
    """A chip beside the states', which is on or off: the filter that it sets, and which rows it leaves."""

    words: str
    name: str
    value: str
    rows: Q


class ChipList(ChangeList):
    """A list's page, with the totals of each row and how many there are of each state: one query for each."""

    result_list: Any
    states: ClassVar[type[TextChoices]]
    #: What the chips are called for those who hear the page.
    chips_label: ClassVar[str]
    chips: list[Chip]

    def complete(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Set on the page's rows what their columns show."""
        raise NotImplementedError

    def switches(self, request: HttpRequest) -> Sequence[Switch]:
        raise NotImplementedError

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found: list[Any] = list(self.result_list)
        self.complete(request, found)
        self.result_list = found
        self.chips = self._chips(self.switches(request))

    def _chips(self, switches: Sequence[Switch]) -> list[Chip]:
        """Each keeps what else is searched and filtered for."""
        counted = self.root_queryset.order_by().aggregate(
            every=Count("pk"),
            **{f"{each.name}_{each.value}": Count("pk", filter=each.rows) for each in switches},
            **{state.value: Count("pk", filter=Q(state=state)) for state in self.states},
        )
        return [
            self._chip("All", counted["every"], "state__exact", None),
            *(
                self._chip(state.label, counted[state.value], "state__exact", state.value)
                for state in self.states
            ),
            *(
                self._chip(
                    each.words,
                    counted[f"{each.name}_{each.value}"],
                    each.name,
                    each.value,
                    is_switch=True,
                )
                for each in switches
            ),
        ]

    def _chip(self, words: str, count: int, name: str, value: str | None, *, is_switch: bool = False) -> Chip:
        kept = {key: given for key, given in self.filter_params.items() if key != name}
        if self.query:
            kept["q"] = [self.query]
        is_chosen = [value] == self.filter_params.get(name, [None])
        if value is not None and not (is_switch and is_chosen):
            kept[name] = [value]
        return Chip(words, count, f"?{urlencode(kept, doseq=True)}", is_chosen)
