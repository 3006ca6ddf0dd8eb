"""A seed says what happens; what cannot be meant is refused before anything is started."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.chaos.__main__ import parsed
from tests.chaos.schedule import VICTIMS, draw


def test_a_seed_draws_the_same_schedule_each_time() -> None:
    assert draw(7, 60) == draw(7, 60)
    assert draw(7, 60) != draw(8, 60)


def test_longer_is_more_of_the_same() -> None:
    assert draw(7, 60)[: len(draw(7, 20))] == draw(7, 20)


@pytest.mark.parametrize("seed", range(20))
def test_everybody_is_killed_before_anybody_is_killed_again(seed: int) -> None:
    kills = draw(seed, 60)
    assert {kill.victim for kill in kills[: len(VICTIMS)]} == set(VICTIMS)
    assert all(first.at <= second.at < 60 for first, second in pairwise(kills))


def test_only_those_who_are_named_are_killed() -> None:
    assert {kill.victim for kill in draw(7, 60, ["redis", "beat"])} == {"redis", "beat"}


def test_it_is_printed_as_it_will_happen() -> None:
    for kill in draw(7, 60):
        assert f"{kill.at:.1f} s  kill -9 {kill.victim}" in str(kill)
        assert ("back" in str(kill)) == kill.has_to_be_started


def test_without_a_seed_there_is_another_one_each_time() -> None:
    assert len({parsed([]).seed for _ in range(5)}) > 1
    assert parsed(["--seed", "7"]).seed == 7


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--victims", "web,proxy"], "nobody is called proxy"),
        (["--seconds", "0"], "--seconds is from 1 to 3600"),
        (["--seed", "x"], "invalid int value"),
        (["--synchronous-commit", "maybe"], "invalid choice"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        parsed(arguments)
    assert refused.value.code == 2
    assert said in capsys.readouterr().err
