"""When what is killed: drawn from a seed, printed before it happens, and the same each time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["VICTIMS", "Kill", "draw"]

#: Whole services, with all that they have started, and children of those that look after their children themselves.
VICTIMS = ("postgresql", "web", "worker", "redis", "beat", "web-children", "worker-children")
#: Seconds before the first one, so that there is something to be killed; between two; until one is started again.
_FIRST, _PAUSE, _DOWN = (1.0, 2.0), (0.8, 3.0), (0.1, 1.5)
#: So often a second one is killed before the first one is back.
_TOGETHER = 0.25


@dataclass(frozen=True, slots=True)
class Kill:
    """`at` seconds after the load has begun, whoever `victim` is is killed, and started again `down` seconds later."""

    at: float
    victim: str
    down: float

    @property
    def has_to_be_started(self) -> bool:
        """Children are put in their place by whoever has started them."""
        return not self.victim.endswith("-children")

    def __str__(self) -> str:
        again = f", back {self.down:.1f} s later" if self.has_to_be_started else ""
        return f"{self.at:6.1f} s  kill -9 {self.victim}{again}"


def draw(seed: int, seconds: float, victims: Sequence[str] = VICTIMS) -> list[Kill]:
    """What happens in so many seconds. Everybody has had a turn before anybody has a second one."""
    dice = random.Random(f"schedule {seed}")
    kills: list[Kill] = []
    bag: list[str] = []
    at = dice.uniform(*_FIRST)
    while at < seconds:
        if not bag:
            bag = list(victims)
            dice.shuffle(bag)
        down = round(dice.uniform(*_DOWN), 1)
        kills.append(Kill(round(at, 1), bag.pop(), down))
        at += 0.05 if dice.random() < _TOGETHER else dice.uniform(*_PAUSE)
    return kills
