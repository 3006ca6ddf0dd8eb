"""What the books say is in no answer about a blind count before it is submitted, nor afterwards for mere counters."""

from __future__ import annotations

from typing import Any

import pytest

from cycle_counts.models import CountBatch
from inventory.models import Sku
from tests.cycle_counts.api.desk import PATH, Desk, done
from tests.inventory.api.callers import problem

BOOK = {
    *("abcClass", "expectedQuantity", "variance", "variancePercent", "varianceValue", "withinTolerance"),
    *("movedSince", "rootCause", "reviewNote", "reviewedBy", "reviewedAt", "firstCount"),
}
#: What lies in A-4, and what a unit of it costs: no number of an id, a date or a count here is like them.
TELLING, COST = 7919, "613.37"
#: What makes a count of A-4 exact.
EXACT = {("MASKS", "A-4"): TELLING - 40}
EVERYBODY = ("owner", "manager", "approver", "counter", "other_counter", "integrator")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.ground.stock_by("MASKS", "A-4", TELLING - 40)
    Sku.objects.filter(code="MASKS").update(unit_cost=COST)
    return desk


def has_book(shown: dict[str, Any]) -> bool:
    """Whether the lines have what the books say; either all of it or nothing of it."""
    found = [BOOK & line.keys() for line in shown["lines"]]
    assert all(some in (BOOK, set()) for some in found)
    assert len({len(some) for some in found}) == 1
    return found[0] == BOOK


def count_masks(desk: Desk, shown: dict[str, Any], units: int = 7000) -> dict[str, Any]:
    row = {"lineId": desk.line(shown, "MASKS", "A-4")["id"], "countedQuantity": units}
    return done(desk.act("counter", shown, "count", counts=[row]))


class TestOpen:
    def test_nobody_is_told_before_it_is_submitted(self, desk: Desk) -> None:
        shown = desk.created()
        answers: list[Any] = []
        answers.append(desk.act("counter", shown, "start"))
        counted = count_masks(desk, shown)
        assert not has_book(counted)
        for who in EVERYBODY:
            path = f"{PATH}/{shown['id']}"
            caller = desk.caller(who)
            read = done(caller.get(path))
            assert not has_book(read)
            assert "review" not in read
            assert desk.line(read, "MASKS", "A-4")["status"] == "counted"
            answers += [
                caller.get(path),
                caller.get(f"{path}?limit=6"),
                caller.get(PATH),
                caller.get(f"{PATH}/blind-form?batchId={shown['id']}"),
                caller.get(f"{PATH}/blind-form?batchId={shown['id']}", Accept="text/csv"),
                caller.post(path, {"action": "start"}),
                caller.post(f"{PATH}/resolve", {"batchId": shown["id"]}),
                caller.post(f"{PATH}/preview", desk.plan()),
            ]
        answers.append(desk.act("other_counter", shown, "count", counts=counted_again(desk, shown, 7)))
        answers.append(desk.act("counter", shown, "count", counts=counted_again(desk, shown, 10**9 + 7)))
        answers.append(desk.act("counter", shown, "update", tolerance={"units": 5}))
        answers.append(desk.act("owner", shown, "update", blind=False))
        answers.append(desk.act("counter", shown, "cancel"))
        for answer in (*answers, desk.caller("owner").get(f"{PATH}/{shown['id']}")):
            text = answer.content.decode()
            assert str(TELLING) not in text, text
            assert COST not in text, text

    def test_a_conflict_names_no_quantity(self, desk: Desk) -> None:
        shown = desk.started()
        count_masks(desk, shown, 4242)
        refused = desk.act("other_counter", shown, "count", counts=counted_again(desk, shown, 7))
        assert refused.status_code == 409
        body = problem(refused)
        assert (body["code"], body["by"]) == ("COUNTED_BY_ANOTHER", "counter@acme.example")
        assert "4242" not in refused.content.decode()

    def test_what_was_called_off_stays_blind(self, desk: Desk) -> None:
        shown = desk.started()
        count_masks(desk, shown)
        done(desk.act("counter", shown, "cancel"))
        assert not has_book(desk.read(shown))

    def test_one_that_is_not_blind_tells_those_who_count_it(self, desk: Desk) -> None:
        shown = desk.started(blind=False)
        counted = desk.line(count_masks(desk, shown), "MASKS", "A-4")
        assert (counted["expectedQuantity"], counted["variance"]) == (TELLING, 7000 - TELLING)
        assert counted["movedSince"] == {"then": TELLING, "now": TELLING}
        assert has_book(desk.read(shown, "counter"))
        assert "review" not in desk.read(shown)

    def test_a_condition_on_what_is_available_is_told_to_nobody(self, desk: Desk) -> None:
        """That a count is of what there is nothing of says what its books say."""
        body = {"locationId": desk.ground.warehouse.public_id, "availability": "zero", "skus": ["TAPE"]}
        blind = done(desk.caller("owner").post(PATH, body), 201)
        assert blind["scope"].keys() == {"skuIds"}
        assert "available" not in blind["scopeText"]
        done(desk.act("owner", blind, "cancel"))
        seen = done(desk.caller("owner").post(PATH, {**body, "blind": False}), 201)
        assert seen["scope"]["availability"] == "zero"
        assert "available" in seen["scopeText"]


class TestSubmitted:
    def test_who_is_told(self, desk: Desk) -> None:
        shown = desk.started()
        count_masks(desk, shown)
        done(desk.act("counter", shown, "submit"))
        for who in EVERYBODY:
            caller = desk.caller(who)
            read = desk.read(shown, who)
            listed = done(caller.get(PATH))["data"][0]
            is_told = who not in {"counter", "other_counter"}
            assert has_book(read) is is_told
            assert ("review" in read, "review" in listed) == (is_told, is_told)
            answers = (
                caller.get(f"{PATH}/{shown['id']}"),
                caller.get(PATH),
                caller.get(f"{PATH}/{shown['id']}?limit=6"),
                caller.get(f"{PATH}/blind-form?batchId={shown['id']}"),
            )
            assert any(str(TELLING) in answer.content.decode() for answer in answers) is is_told

    def test_what_the_tolerance_accepted_is_not_told_to_counters(self, desk: Desk) -> None:
        """A line that is accepted by itself was right."""
        shown = desk.started()
        rows = [
            {"lineId": desk.line(shown, "GLOVES", "A-1")["id"], "countedQuantity": 10},
            {"lineId": desk.line(shown, "MASKS", "A-1")["id"], "countedQuantity": 4},
        ]
        done(desk.act("counter", shown, "count", counts=rows))
        done(desk.act("counter", shown, "submit"))
        states = [line["status"] for line in desk.read(shown)["lines"]]
        assert states == ["accepted", "counted", *["pending"] * 4]
        for who in ("counter", "other_counter"):
            states = [line["status"] for line in desk.read(shown, who)["lines"]]
            assert states == ["counted", "counted", *["pending"] * 4]

    def test_nor_is_what_the_review_has_made_of_it(self, desk: Desk) -> None:
        shown = desk.submitted(off={**EXACT, ("MASKS", "A-1"): -1, ("GLOVES", "A-2"): -2})
        rows = [
            {"lineId": desk.line(shown, "MASKS", "A-1")["id"], "resolution": "recount"},
            {"lineId": desk.line(shown, "GLOVES", "A-2")["id"], "resolution": "ignore", "note": "Odd"},
        ]
        done(desk.resolve("owner", shown, lines=rows[:1]))
        assert {line["status"] for line in desk.read(shown, "counter")["lines"]} == {"counted"}
        ended = done(desk.resolve("owner", shown, lines=rows[1:]))
        assert ended["status"] == "resolved"
        seen = desk.read(shown, "counter")
        assert {line["status"] for line in seen["lines"]} == {"counted"}
        assert (seen["adjustmentId"], seen["recountIds"]) == (None, [])
        assert "Odd" not in str(seen)


class TestRecounts:
    @pytest.fixture
    def recount(self, desk: Desk) -> dict[str, Any]:
        shown = desk.submitted(off={**EXACT, ("MASKS", "A-1"): -1}, name="Weekly")
        rows = [{"lineId": desk.line(shown, "MASKS", "A-1")["id"], "resolution": "recount"}]
        ended = done(desk.resolve("owner", shown, lines=rows))
        assert ended["status"] == "resolved"
        return done(desk.caller("owner").get(f"{PATH}/{ended['recountIds'][0]}"))

    def test_it_looks_like_any_other_task_to_those_who_count(
        self, desk: Desk, recount: dict[str, Any]
    ) -> None:
        assert (recount["origin"], recount["name"]) == ("recount", "Recount of CC-00001")
        assert recount["recountOfId"] == CountBatch.objects.get(number=1).public_id
        seen = desk.read(recount, "other_counter")
        assert (seen["origin"], seen["name"], seen["recountOfId"]) == ("planned", None, None)
        assert "recount" not in str(seen).replace("recountOfId", "").replace("recountIds", "").lower()
        for who, query, expected in (
            ("owner", "origin=recount", 1),
            ("other_counter", "origin=recount", 0),
            ("owner", "origin=planned", 1),
            ("other_counter", "origin=planned", 2),
            ("owner", f"recountOfId={recount['recountOfId']}", 1),
            ("other_counter", f"recountOfId={recount['recountOfId']}", 0),
            ("owner", "search=recount", 1),
            ("other_counter", "search=recount", 0),
            ("other_counter", "search=weekly", 1),
        ):
            found = done(desk.caller(who).get(f"{PATH}?{query}"))
            assert found["pagination"]["total"] == expected, (who, query)

    def test_the_first_count_is_told_to_reviewers_and_not_before_the_second(
        self, desk: Desk, recount: dict[str, Any]
    ) -> None:
        done(desk.act("other_counter", recount, "start"))
        rows = [{"lineId": recount["lines"][0]["id"], "countedQuantity": 5}]
        refused = desk.act("counter", recount, "count", counts=rows)
        assert problem(refused)["code"] == "RECOUNT_BY_ANOTHER"
        done(desk.act("other_counter", recount, "count", counts=rows))
        assert not has_book(desk.read(recount))
        done(desk.act("other_counter", recount, "submit"))
        first = desk.read(recount)["lines"][0]["firstCount"]
        assert (first["countedQuantity"], first["expectedQuantity"], first["variance"]) == (4, 5, -1)
        assert first["countedBy"] == "counter@acme.example"

    def test_nor_where_it_is_not_blind(self, desk: Desk) -> None:
        shown = desk.submitted(off={**EXACT, ("MASKS", "A-1"): -1}, blind=False)
        rows = [{"lineId": desk.line(shown, "MASKS", "A-1")["id"], "resolution": "recount"}]
        (again,) = done(desk.resolve("owner", shown, lines=rows))["recountIds"]
        read = done(desk.caller("owner").get(f"{PATH}/{again}"))
        assert read["blind"] is False
        assert read["lines"][0]["firstCount"] is None


def counted_again(desk: Desk, shown: dict[str, Any], units: int) -> list[dict[str, Any]]:
    return [{"lineId": desk.line(shown, "MASKS", "A-4")["id"], "countedQuantity": units}]
