"""When it is tried again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from inventory.outgoing import retry_after
from inventory.webhooks import schedule

NOW = datetime(2026, 10, 21, 7, 28, tzinfo=UTC)


class Middle(random.Random):
    """No jitter: always in the middle."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def test_ten_tries_over_three_days() -> None:
    waits = [schedule.retry_in(tries, chance=Middle()) for tries in range(1, 10)]
    assert waits == [
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=14),
        timedelta(hours=20),
        timedelta(hours=24),
    ]
    assert schedule.retry_in(10, chance=Middle()) is None
    assert schedule.MOST_TRIES == 10


@pytest.mark.parametrize("tries", range(1, 10))
def test_jitter_is_a_fifth_either_way(tries: int) -> None:
    chance = random.Random(7)
    waits = [schedule.retry_in(tries, chance=chance) for _ in range(2000)]
    shares = [wait / schedule.GAPS[tries - 1] for wait in waits if wait is not None]
    assert len(shares) == 2000
    assert 0.8 <= min(shares) < 0.81
    assert 1.19 < max(shares) <= 1.2


def test_pauses_grow_to_five_minutes() -> None:
    seconds = [schedule.pause_after(failures).total_seconds() for failures in range(1, 2000)]
    assert seconds[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert all(earlier <= later for earlier, later in pairwise(seconds))
    assert seconds[-1] == 300


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("3600", 3600),
        ("7200", 3600),
        ("9" * 5000, 3600),
        ("Wed, 21 Oct 2026 07:29:00 GMT", 60),
        ("Wed, 21 Oct 2026 07:29:00 -0000", 60),
        ("Wed, 21 Oct 2026 09:29:00 +0200", 60),
        ("Wed, 21 Oct 2026 07:00:00 GMT", 0),
        ("Wed, 21 Oct 2037 07:28:00 GMT", 3600),
    ],
)
@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_retry_after_is_understood(status: int, header: str, seconds: int) -> None:
    assert retry_after(status, header, now=NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "soon",
        "-5",
        "1.5",
        "１２",
        "1e3",
        "Wed, 99 Oct 2026 07:29:00 GMT",
        "Wed, 21 Oct 99999 07:28:00 GMT",
        "Wed, 21 Oct 2026 07:29:00 +99999999999999",
    ],
)
def test_a_retry_after_that_says_nothing(header: str | None) -> None:
    assert retry_after(503, header, now=NOW) is None


@pytest.mark.parametrize("status", [None, 200, 301, 400, 404, 410, 500])
def test_retry_after_counts_only_where_it_means_later(status: int | None) -> None:
    assert retry_after(status, "120", now=NOW) is None
