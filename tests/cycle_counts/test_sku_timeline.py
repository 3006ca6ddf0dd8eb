"""What the timeline of a SKU tells of its counts, and what it keeps to itself."""

from __future__ import annotations

import pytest

from inventory.admin.stock_chart import chart_of
from inventory.sku_page.events import Event
from inventory.sku_page.over_time import read_course
from inventory.sku_page.timeline import walk_timeline
from tests.cycle_counts.conftest import Ground
from tests.cycle_counts.reviewing import resolve

pytestmark = pytest.mark.django_db


def counts(ground: Ground, *, by: str = "manager") -> list[Event]:
    rows = walk_timeline(access=ground.access_of(by), sku=ground.sku("GLOVES"), part="counts")
    return [row.event for row in rows]


def test_a_blind_count_is_told_without_a_number_until_it_is_handed_in(ground: Ground) -> None:
    """The page around it says what the books hold: what somebody has counted would say what differs."""
    batch = ground.started(is_blind=True)
    ground.count_all(batch, off={("GLOVES", "A-1"): 3131})
    for by in ("manager", "owner", "approver"):
        found = counts(ground, by=by)
        assert [(event.words, event.units, event.why) for event in found] == [("Being counted", None, "")] * 2
        assert "3141" not in str(found)
    ground.submit(batch)
    found = counts(ground)
    assert {event.words for event in found} == {
        "Counted 3,141, 3,131 more than in the books",
        "Counted 20, as in the books",
    }
    assert {event.units for event in found} == {3141, 20}
    assert {event.place for event in found} == {"North"}
    assert {event.where for event in found} == {"A-1", "A-2"}
    assert {event.record.name for event in found if event.record} == {batch.label}


def test_one_that_is_not_blind_is_told_while_it_goes_on(ground: Ground) -> None:
    batch = ground.started(is_blind=False)
    ground.count(batch, {("GLOVES", "A-1"): 9})
    assert [event.words for event in counts(ground)] == ["Counted 9, 1 fewer than in the books"]


def test_what_became_of_a_difference(ground: Ground) -> None:
    batch = ground.submitted(off={("GLOVES", "A-1"): -1})
    resolve(ground, batch)
    rows = list(walk_timeline(access=ground.access_of("manager"), sku=ground.sku("GLOVES")))
    words = [(row.event.part, row.event.words, row.event.on_hand) for row in rows]
    assert ("counts", "Counted 9, 1 fewer than in the books; accepted", 0) in words
    assert [row for row in words if row[2] == -1]
    assert rows[0].sums is not None
    assert rows[0].sums.on_hand == 29


def test_who_may_not_count_sees_none(ground: Ground) -> None:
    ground.submitted()
    assert counts(ground, by="viewer") == []
    assert len(counts(ground, by="approver")) == 2


def test_counts_are_marked_in_the_picture_of_the_stock(ground: Ground) -> None:
    ground.submitted()
    course = read_course(access=ground.access_of("manager"), sku=ground.sku("GLOVES"), days=30)
    marks = chart_of(course).marks
    assert {mark.words.partition(" (")[0] for mark in marks} == {
        "Counted 10, as in the books",
        "Counted 20, as in the books",
    }
    assert {mark.left for mark in marks} == {"98.33"}
    assert chart_of(read_course(access=ground.access_of("viewer"), sku=ground.sku("GLOVES"))).marks == []
