"""Stock that moves while it is counted, in every order: the book ends as it was counted, and what has moved since.

A model that knows nothing of versions, instants or adjustments says what the books must come to. The histories are the
same on every run; `COUNT_HISTORIES=400` looks at that many new ones instead.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Q, Sum

from cycle_counts.counting import cancel_batch
from cycle_counts.models import BatchState, CountBatch, CountLine
from cycle_counts.planning import Scope
from cycle_counts.review import Resolved
from inventory.models import Movement, StockItem
from inventory.verification import verify
from tests.cycle_counts.conftest import SHELVES, Ground, Place
from tests.cycle_counts.reviewing import resolve
from warehouses import transactions
from warehouses.refusals import Refusal

pytestmark = pytest.mark.django_db

SEARCH = int(os.environ.get("COUNT_HISTORIES", "0"))
STEPS, SEEDS = 45, 6
PLACES: tuple[Place, ...] = (("GLOVES", "A-1"), ("MASKS", "A-1"), ("SALINE", "A-3", "L-1"))
#: Of these, what nobody had planned to find there.
FOUND: tuple[Place, ...] = (("TAPE", "A-1"), ("SALINE", "A-3", "L-NEW"))


@dataclass
class Model:
    """What is in the books, and of each batch what was counted beyond them at that moment."""

    books: dict[Place, int]
    off: list[dict[Place, int]] = field(default_factory=lambda: [{}, {}])
    #: Of which goods a difference was posted since they were counted for the other batch.
    posted_since: list[set[Place]] = field(default_factory=lambda: [set(), set()])

    def count(self, batch: int, where: Place, units: int) -> None:
        self.off[batch][where] = units - self.books.get(where, 0)
        self.posted_since[batch].discard(where)

    def begin(self, batch: int) -> None:
        self.off[batch], self.posted_since[batch] = {}, set()

    def take_back(self, batch: int, where: Place) -> None:
        self.off[batch].pop(where, None)

    def post(self, batch: int, accepted: list[Place]) -> bool:
        """False where the books do not allow it."""
        wanted = {where: self.books.get(where, 0) + self.off[batch][where] for where in accepted}
        if any(units < 0 for units in wanted.values()) or self.posted_since[batch] & set(accepted):
            return False
        for where, units in wanted.items():
            if self.off[batch][where]:
                self.posted_since[1 - batch].add(where)
            self.books[where] = units
        return True


class World:
    """Two batches over the same goods: one planned, and one that has found all of them."""

    def __init__(self, ground: Ground, seed: int, done: Counter[str]) -> None:
        self.ground = ground
        self.dice = random.Random(seed)
        self.done = done
        self.model = Model({where: SHELVES.get(where, 0) for where in (*PLACES, *FOUND)})
        self.batches = [ground.started(scope=self.shelves()), ground.started(scope=self.elsewhere(1))]

    def shelves(self) -> Scope:
        return Scope(bins=(self.ground.bin("A-1"), self.ground.bin("A-3")))

    def elsewhere(self, batch: int) -> Scope:
        return Scope(bins=(self.ground.bin(("A-2", "A-4")[batch]),))

    def step(self) -> None:
        """Most of the time something that the batch's state allows, else whatever comes to mind."""
        dice, batch = self.dice, self.dice.randrange(2)
        self.batches[batch].refresh_from_db()
        fitting = {
            BatchState.COUNTING: ["count"] * 6 + ["back", "move", "move", "submit", "submit"],
            BatchState.REVIEW: ["resolve"] * 4 + ["move", "cancel"],
        }.get(BatchState(self.batches[batch].state), ["begin"])
        if dice.random() < 0.1:
            fitting = ["count", "back", "move", "submit", "resolve", "cancel"]
        what = dice.choice(fitting)
        where = dice.choice((*PLACES, *PLACES, *FOUND))
        about: dict[str, tuple[Any, ...]] = {
            "count": (batch, where, dice.randint(0, 12)),
            "back": (batch, where),
            "move": (dice.choice(PLACES), dice.randint(-6, 6)),
            "resolve": (batch, dice.choices(("accept", "ignore", "recount"), (6, 1, 1), k=5)),
        }
        self.act(what, *about.get(what, (batch,)))

    def act(self, what: str, *about: Any) -> None:
        before = self.seen()
        try:
            with transaction.atomic():
                changes_model = getattr(self, what)(*about)
        except Refusal as refusal:
            self.done[refusal.code] += 1
            if self.seen() != before:
                pytest.fail(f"{what} was refused and has changed something.")
        else:
            self.done[what] += 1
            changes_model()

    def seen(self) -> list[Any]:
        return [
            Movement.objects.count(),
            list(CountBatch.objects.order_by("pk").values_list("pk", "state", "version")),
            list(CountLine.objects.order_by("pk").values_list("pk", "state", "counted", "expected")),
        ]

    # --- each does one thing and returns what it means to the model

    def move(self, where: Place, delta: int) -> Any:
        if delta:
            self.ground.stock_by(*where[:2], delta, *where[2:])

        def told() -> None:
            self.model.books[where] += delta

        return told

    def count(self, batch: int, where: Place, units: int) -> Any:
        self.ground.count(self.batches[batch], {where: units})
        return lambda: self.model.count(batch, where, units)

    def back(self, batch: int, where: Place) -> Any:
        self.ground.count(self.batches[batch], {where: None})
        return lambda: self.model.take_back(batch, where)

    def begin(self, batch: int) -> Any:
        """Another count in its place: of the same shelves, or where these are being counted, of another one."""
        try:
            self.batches[batch] = self.ground.started(scope=self.shelves())
        except Refusal:
            self.batches[batch] = self.ground.started(scope=self.elsewhere(batch))
        return lambda: self.model.begin(batch)

    def submit(self, batch: int) -> Any:
        self.ground.submit(self.batches[batch])
        return _nothing

    def cancel(self, batch: int) -> Any:
        transactions.run(
            lambda: cancel_batch(access=self.ground.access_of("manager"), batch=self.batches[batch])
        )
        return _nothing

    def resolve(self, batch: int, said: list[Any]) -> Any:
        """Something is said of the first lines, and the rest is accepted."""
        mine = self.batches[batch]
        counted = [where for where in (*PLACES, *FOUND) if where in self.model.off[batch]]
        shown = {where: self.line(mine, where).variance for where in counted}
        assert shown == self.model.off[batch], (
            "What is shown is what was counted beyond the books of that moment."
        )
        words = dict(zip(counted, said, strict=False))
        accepted = [where for where in counted if words.get(where, "accept") == "accept"]
        mine.refresh_from_db()
        is_possible = mine.state == BatchState.REVIEW and self.copy().post(batch, accepted)
        said_of = {self.line(mine, where): word for where, word in words.items()}
        done, refusal = _tried(lambda: resolve(self.ground, mine, said_of, accepts_rest=True))
        if refusal is not None:
            assert not is_possible, refusal.detail
            if mine.state == BatchState.REVIEW:
                assert refusal.code in ("NEGATIVE_QUANTITY", "COUNTED_ELSEWHERE"), refusal.detail
            raise refusal
        assert is_possible
        assert (done.recount is not None) == ("recount" in words.values())
        posted = (
            Movement.objects.filter(document_id=done.adjustment.pk)
            if done.adjustment
            else Movement.objects.none()
        )
        differing = [self.model.off[batch][where] for where in accepted if self.model.off[batch][where]]
        assert sorted(posted.values_list("delta", flat=True)) == sorted(differing), "The shown is the posted."
        self.done["posted" if differing else "exact"] += 1
        self.done["recounted"] += done.recount is not None
        return lambda: self.model.post(batch, accepted)

    def copy(self) -> Model:
        return Model(dict(self.model.books), self.model.off, [set(each) for each in self.model.posted_since])

    def line(self, batch: CountBatch, where: Place) -> CountLine:
        """Of a lot that nobody knew when it was counted there is only the code, until somebody makes it."""
        sku, shelf, *lot = where
        lines = CountLine.objects.filter(batch=batch, sku=self.ground.sku(sku), bin=self.ground.bin(shelf))
        lines = lines.filter(Q(lot__code=lot[0]) | Q(lot_code=lot[0])) if lot else lines
        return lines.get()

    def check(self) -> None:
        for (sku, shelf, *lot), units in self.model.books.items():
            items = StockItem.objects.filter(sku=self.ground.sku(sku), bin=self.ground.bin(shelf))
            items = items.filter(lot__code=lot[0]) if lot else items
            assert (items.aggregate(units=Sum("on_hand"))["units"] or 0) == units, (sku, shelf)
        assert list(verify()) == []


def _nothing() -> None:
    pass


def _tried(work: Callable[[], Resolved]) -> tuple[Resolved, Refusal | None]:
    try:
        return transactions.run(work), None
    except Refusal as refusal:
        return Resolved(CountBatch()), refusal


def _run(ground: Ground, seeds: Iterable[int]) -> Counter[str]:
    done: Counter[str] = Counter()
    for seed in seeds:
        point = transaction.savepoint()
        world = World(ground, seed, done)
        try:
            for _ in range(STEPS):
                world.step()
            world.check()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        transaction.savepoint_rollback(point)
    return done


@pytest.mark.timeout(600)
def test_the_books_end_as_counted_and_what_has_moved_since(ground: Ground) -> None:
    done = _run(ground, [random.randrange(10**9) for _ in range(SEARCH)] if SEARCH else range(SEEDS))
    seen = {"posted", "exact", "recounted", "move", "back", "COUNTED_ELSEWHERE", "INVALID_TRANSITION"}
    assert seen <= {name for name, times in done.items() if times}, done
