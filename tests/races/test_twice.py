"""What can be done once is asked for many times at once: it is done once, and the others are told that it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Adjustment, Movement, StateChange, StockLevel
from inventory.verification import verify
from tests.races.backoffice import Business, Wish
from tests.races.conftest import Answer, Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

TIMES = 6


class Once:
    """Ten units of a SKU, and of each kind something that can be done once with it; further ways to end it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.business = business = Business()
        business.stock(10)
        (self.sku,) = business.skus

    def _made(self, wish: Wish) -> Callable[..., Wish]:
        made = self.business.make(self.server, wish)
        return lambda action, **more: self.business.act(made, action, **more)

    def ship(self) -> list[Wish]:
        return [self._made(self.business.transfer([self.sku], 4))("ship")]

    def ship_or_cancel(self) -> list[Wish]:
        act = self._made(self.business.transfer([self.sku], 4))
        return [act("ship"), act("cancel")]

    def receive(self) -> list[Wish]:
        act = self._made(self.business.transfer([self.sku], 4))
        assert self.business.send(self.server, act("ship")).status == 200
        return [act("receive")]

    def release_a_reservation(self) -> list[Wish]:
        return [self._made(self.business.reserve(self.sku, 4))("release")]

    def fulfil_a_reservation(self) -> list[Wish]:
        return [self._made(self.business.reserve(self.sku, 4))("fulfil")]

    def fulfil_or_release(self) -> list[Wish]:
        act = self._made(self.business.reserve(self.sku, 4))
        return [act("fulfil"), act("release")]

    def release_a_hold(self) -> list[Wish]:
        made = self.business.make(self.server, self.business.hold(self.sku, 4))
        return [Wish("/backoffice/api/inventory/holds/release", {"holdId": made.body["id"]})]

    def complete_a_put_away(self) -> list[Wish]:
        return [self._put_away()("complete")]

    def complete_or_cancel(self) -> list[Wish]:
        act = self._put_away()
        return [act("complete"), act("cancel")]

    def reverse(self) -> list[Wish]:
        made = self.business.send(self.server, self.business.issue(self.sku, 4))
        assert made.status == 200, made
        adjustment = Adjustment.objects.latest("created_at")
        path = f"/backoffice/api/inventory/adjustments/{adjustment.public_id}"
        return [Wish(path, {"action": "reverse"})]

    def _put_away(self) -> Callable[..., Wish]:
        source = self.business.north.bins.get(is_default=True)
        return self._made(self.business.put_away(self.sku, 4, source, self.business.bin("A-1")))


def outcome(answers: list[Answer]) -> Counter[tuple[bool, str | None]]:
    return Counter((answer.status < 300, answer.code) for answer in answers)


ACTS = [name for name in vars(Once) if not name.startswith("_")]


def test_of_many_at_once_one_does_it(server: Server, at_once: Callable[..., list[Any]]) -> None:
    """Each act by many, and all acts at once; each of them in a business of its own."""
    scenes = {act: Once(server) for act in ACTS}
    wishes = {act: getattr(once, act)() for act, once in scenes.items()}
    before = {act: counts(once) for act, once in scenes.items()}
    sent = [(act, wish) for act in ACTS for wish in wishes[act] * (TIMES // len(wishes[act]))]
    answers = at_once(lambda each: scenes[each[0]].business.send(server, each[1]), sent)
    for act, once in scenes.items():
        mine = [answer for (name, _), answer in zip(sent, answers, strict=True) if name == act]
        refusal = "ALREADY_REVERSED" if act == "reverse" else "INVALID_TRANSITION"
        assert outcome(mine) == {(True, None): 1, (False, refusal): TIMES - 1}, (act, mine)
        assert {answer.status for answer in mine if answer.code} == {409}
        movements, changes = (after - old for after, old in zip(counts(once), before[act], strict=True))
        assert movements <= 2
        assert changes <= 2  # each line of a put-away has a line of its own in its history
        levels = StockLevel.objects.filter(sku=once.sku)
        assert all(level.on_hand >= 0 and level.reserved == level.held == 0 for level in levels)
    assert list(verify()) == []


def counts(once: Once) -> tuple[int, int]:
    """Movements and lines of histories."""
    mine = {"organization": once.business.organization}
    return Movement.objects.filter(**mine).count(), StateChange.objects.filter(**mine).count()


def test_without_the_locks_it_would_be_done_twice(
    transactional_db: None, start_server: Callable[[str], Server], at_once: Callable[..., list[Any]]
) -> None:
    """Or the database's own constraints hold the second one up, and then nobody is told that it is done already."""
    server = start_server("lock-no-document")
    for act in ("ship", "release_a_hold", "complete_a_put_away"):
        once = Once(server)
        answers = once.business.send_at_once(server, at_once, getattr(once, act)() * TIMES)
        assert outcome(answers) != {(True, None): 1, (False, "INVALID_TRANSITION"): TIMES - 1}, act
        assert outcome(answers)[True, None] == 1 or list(verify()) != []
