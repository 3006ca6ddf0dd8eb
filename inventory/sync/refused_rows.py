"""The refused rows of an earlier run as a feed: they are tried again from what was kept of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import simplejson

from inventory.imports.batches import BATCH
from inventory.models import Adapter, SyncProblem, SyncRun, SyncType
from inventory.sync.feeds import Page, Place
from inventory.sync.rows import Raw, Refused, json_cells

__all__ = ["RefusedRows"]


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """Those of `run` that no later run has taken over, in their order, under the numbers that they had."""

    run: SyncRun

    @contextmanager
    def page(self, place: Place) -> Iterator[Page | None]:
        after = int(place.get("after", 0))
        left = SyncProblem.objects.filter(run=self.run, is_resolved=False, pk__gt=after).order_by("pk")
        problems = list(left[:BATCH])
        if not problems:
            yield None
            return
        last = problems[-1].pk
        yield Page(rows=self._rows(problems), mark=str(last), following={"after": last})

    def _rows(self, problems: Sequence[SyncProblem]) -> Iterator[Raw]:
        for problem in problems:
            yield Raw(self._cells(problem), partial(str, problem.content), problem.row)

    def _cells(self, problem: SyncProblem) -> Mapping[str, str] | Refused:
        """Refused as before where what was kept is no whole row: a line that was no CSV, or was too long."""
        refused = Refused(problem.code, problem.detail)
        try:
            value = simplejson.loads(problem.content, use_decimal=True)
        except ValueError:
            return refused
        if self.run.adapter != Adapter.CSV_DROP:
            return json_cells(value, SyncType(self.run.sync_type))
        if isinstance(value, dict) and all(isinstance(text, str) for text in value.values()):
            return value
        return refused
