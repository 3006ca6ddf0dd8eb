"""`/api/inventory/cycle-count`: planned, previewed, listed, read and changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cycle_counts.api.batches import documentation
from cycle_counts.api.reviews.documentation import OTHER_REVIEW
from cycle_counts.demo import documented as demo
from cycle_counts.models import Classification, CountBatch, CountLine
from inventory.demo.documented import WAREHOUSE_A
from tests import factories
from tests.cycle_counts.api.desk import PATH, PREFIXED, Desk, done
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.models import IdempotencyRecord

SCOPE = ("inventory.cyclecount",)


class TestCreating:
    def test_the_whole_of_it(self, desk: Desk) -> None:
        ground = desk.ground
        counter = ground.people["counter"]
        body = desk.plan(
            skus=["gloves", "SALINE"],
            blind=False,
            tolerance={"units": 2, "percent": 2.5, "value": 10},
            assigneeIds=[counter.public_id],
            dueOn="2026-03-16",
            name="Weekly",
            note="Mind the step",
        )

        response = desk.caller("manager").post(PATH, body)

        shown = done(response, 201)
        batch = CountBatch.objects.get()
        assert response["Location"] == f"{PREFIXED}/{batch.public_id}"
        got = desk.caller("manager").get(response["Location"])
        assert (got.json(), got["ETag"]) == (shown, response["ETag"])
        bins = [bin.public_id for bin in ground.bins.values()]
        assert shown == {
            "id": batch.public_id,
            "number": "CC-00001",
            "name": "Weekly",
            "locationId": ground.warehouse.public_id,
            "locationName": "North",
            "status": "draft",
            "version": 1,
            "blind": False,
            "origin": "planned",
            "scopeText": "Bins A-1, A-2, A-3, A-4; SKUs GLOVES, SALINE",
            "tolerance": {"units": 2, "percent": 2.5, "value": 10},
            "dueOn": "2026-03-16",
            "isLate": True,
            "assignees": [{"id": counter.public_id, "name": counter.email, "email": counter.email}],
            "note": "Mind the step",
            "recountOfId": None,
            "recountIds": [],
            "adjustmentId": None,
            "createdBy": "manager@acme.example",
            "createdAt": shown["createdAt"],
            "startedAt": None,
            "submittedAt": None,
            "closedAt": None,
            "progress": {"lines": 4, "counted": 0, "pending": 4, "found": 0},
            "scope": {
                "binIds": bins,
                "skuIds": [ground.sku("GLOVES").public_id, ground.sku("SALINE").public_id],
            },
            "allowedTransitions": ["counting", "cancelled"],
            "lines": [
                self.line(desk, shown, 1, "GLOVES", "A-1"),
                self.line(desk, shown, 2, "GLOVES", "A-2"),
                self.line(desk, shown, 3, "SALINE", "A-3", "L-1"),
                self.line(desk, shown, 4, "SALINE", "A-3", "L-2"),
            ],
        }

    def line(
        self, desk: Desk, shown: dict[str, Any], position: int, sku: str, bin: str, lot: str | None = None
    ) -> dict[str, Any]:
        """As it is shown before it is counted, of a count that is not blind."""
        ground = desk.ground
        known = ground.lot(lot) if lot else None
        nothing = dict.fromkeys(("code", "countedQuantity", "countedAt", "countedBy", "remark", "note"))
        book = dict.fromkeys(
            (
                *("abcClass", "expectedQuantity", "variance", "variancePercent", "varianceValue"),
                *("movedSince", "rootCause", "reviewNote", "reviewedBy", "reviewedAt", "firstCount"),
            )
        )
        return {
            "id": shown["lines"][position - 1]["id"],
            "position": position,
            "binId": ground.bin(bin).public_id,
            "binCode": bin,
            "sku": sku,
            "skuId": ground.sku(sku).public_id,
            "title": ground.sku(sku).title,
            "lotId": known.public_id if known else None,
            "lotCode": lot,
            "expiresOn": known.expires_on.isoformat() if known and known.expires_on else None,
            "isFound": False,
            "status": "pending",
            "withinTolerance": False,
            **nothing,
            **book,
        }

    @pytest.mark.parametrize(
        ("given", "lines"),
        [
            ({}, 6),
            ({"roomIds": ["Back"]}, 3),
            ({"binIds": ["A-1"]}, 2),
            ({"skus": ["MASKS"]}, 2),
            ({"categoryId": "Fluids"}, 2),
            ({"classes": ["A", "C"]}, 2),
            ({"dueOnly": True}, 6),
            ({"expiringWithinDays": 3650}, 0),
            ({"availability": "zero"}, 0),
            ({"notCountedForDays": 30}, 6),
            ({"sample": 2}, 2),
            ({"limit": 5}, 5),
        ],
        ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
    )
    def test_each_condition(self, desk: Desk, given: dict[str, Any], lines: int) -> None:
        ground = desk.ground
        names: dict[str, Any] = {
            "Back": ground.rooms["Back"].public_id,
            "A-1": ground.bin("A-1").public_id,
            "Fluids": self.category(desk),
        }
        body = {name: self.named(value, names) for name, value in given.items()}
        self.classify(desk)
        plan = {"locationId": ground.warehouse.public_id, **body}

        preview = done(desk.caller("owner").post(f"{PATH}/preview", plan))
        response = desk.caller("owner").post(PATH, plan)

        assert preview["lines"] == lines
        if not lines:
            assert problem_of(response)[:2] == (422, "NOTHING_TO_COUNT")
            assert preview["reasons"] != []
            return
        shown = done(response, 201)
        assert len(shown["lines"]) == lines
        if "sample" in given:  # drawn anew
            return
        assert preview["bins"] == len({line["binId"] for line in shown["lines"]})
        assert preview["skus"] == len({line["sku"] for line in shown["lines"]})

    def named(self, value: Any, names: dict[str, Any]) -> Any:
        if isinstance(value, list):
            return [names.get(entry, entry) for entry in value]
        return names.get(value, value) if isinstance(value, str) else value

    def category(self, desk: Desk) -> str:
        category = factories.make_category(desk.ground.organization, "Fluids")
        product = desk.ground.sku("SALINE").product
        product.category = category
        product.save()
        return str(category.public_id)

    def classify(self, desk: Desk) -> None:
        for rank, (code, letter) in enumerate(
            (("GLOVES", "B"), ("MASKS", "B"), ("SALINE", "A"), ("TAPE", "B")), start=1
        ):
            Classification.objects.create(
                sku=desk.ground.sku(code),
                organization=desk.ground.organization,
                abc_class=letter,
                rank=rank,
                units=rank,
                value=rank,
                share=25,
                cumulative_share=25 * rank,
                classified_at=timezone.now(),
            )

    def test_what_is_refused_and_where(self, desk: Desk) -> None:
        ground = desk.ground
        elsewhere = factories.make_warehouse(ground.organization, "Elsewhere")
        marketplace = factories.make_warehouse(
            ground.organization, "FBA", type="FBA", marketplace="amazon_eu"
        )
        shelf = factories.make_bin(elsewhere, "E-1")
        market_bin = factories.make_bin(marketplace, "M-1")
        viewer = ground.people["viewer"].public_id
        before = everything()
        for changed, expected in (
            ({"locationId": "wh_nothing"}, (404, "WAREHOUSE_NOT_FOUND", ["/locationId"])),
            (
                {"locationId": marketplace.public_id, "binIds": [market_bin.public_id]},
                (403, "READONLY_WAREHOUSE", ["/locationId"]),
            ),
            (
                {"binIds": [ground.bin("A-1").public_id, shelf.public_id, "bin_nothing"]},
                (404, "BIN_NOT_FOUND", ["/binIds/1", "/binIds/2"]),
            ),
            ({"roomIds": [shelf.room.public_id]}, (404, "ROOM_NOT_FOUND", ["/roomIds/0"])),
            ({"categoryId": "cat_nothing"}, (404, "CATEGORY_NOT_FOUND", ["/categoryId"])),
            ({"skus": ["MASKS", "NOTHING"]}, (404, "INVENTORY_NOT_FOUND", ["/skus/1"])),
            ({"assigneeIds": ["usr_nothing"]}, (422, "ASSIGNEE_MAY_NOT_COUNT", ["/assigneeIds/0"])),
            ({"assigneeIds": [viewer]}, (422, "ASSIGNEE_MAY_NOT_COUNT", ["/assigneeIds/0"])),
            ({"skus": ["MASKS", "MASKS"]}, (400, "INVALID_REQUEST", ["/skus"])),
            ({"sample": 1, "limit": 1}, (400, "INVALID_REQUEST", ["/limit"])),
            ({"classes": ["D"]}, (400, "INVALID_REQUEST", ["/classes/0"])),
            ({"tolerance": {}}, (400, "INVALID_REQUEST", ["/tolerance"])),
            ({"tolerance": {"percent": 2.555}}, (400, "INVALID_REQUEST", ["/tolerance/percent"])),
            ({"tolerance": {"percent": 10_000}}, (400, "INVALID_REQUEST", ["/tolerance/percent"])),
        ):
            response = desk.caller("owner").post(PATH, desk.plan(**changed))
            status, code, where = problem_of(response)
            assert (status, code, [place for place, _ in where]) == expected, changed
        assert everything() == before

    def test_who_may(self, desk: Desk) -> None:
        """Whoever only counts plans what is blind, and neither chooses the tolerance nor asks what is available."""
        body = {"locationId": desk.ground.warehouse.public_id}
        assert done(desk.caller("counter").post(PATH, body), 201)["blind"] is True
        before = everything()
        for changed, code, where in (
            ({"blind": False}, "BLIND_REQUIRED", "/blind"),
            ({"tolerance": {"units": 5}}, "PERMISSION_DENIED", "/tolerance"),
            ({"availability": "zero"}, "PERMISSION_DENIED", "/availability"),
        ):
            response = desk.caller("counter").post(PATH, {**body, **changed})
            assert problem_of(response) == (403, code, [(where, code)])
        assert problem_of(desk.caller("viewer").post(PATH, body))[:2] == (403, "PERMISSION_DENIED")
        assert everything() == before

    def test_what_is_being_counted_is_not_planned_again(self, desk: Desk) -> None:
        desk.created(skus=["MASKS"])
        refused = problem(desk.caller("manager").post(PATH, desk.plan(skus=["MASKS"])))
        assert refused["code"] == "NOTHING_TO_COUNT"
        assert "CC-00001" in refused["detail"]
        rest = done(desk.caller("manager").post(f"{PATH}/preview", desk.plan()))
        assert (rest["lines"], rest["reasons"]) == (4, ["2 are in CC-00001 already."])

    def test_the_same_request_again(self, desk: Desk) -> None:
        sent = {"Idempotency-Key": "K-1"}
        first = desk.caller("integrator").post(PATH, desk.plan(), sent)
        again = desk.caller("integrator").post(PATH, desk.plan(), sent)
        assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
        assert (CountBatch.objects.count(), IdempotencyRecord.objects.count()) == (1, 1)


class TestReading:
    def test_a_page_of_lines(self, desk: Desk) -> None:
        shown = desk.created()
        path = f"{PATH}/{shown['id']}"

        page = done(desk.caller("owner").get(f"{path}?page=2&limit=4"))

        assert page["lines"] == shown["lines"][4:]
        assert page["pagination"] == {"page": 2, "limit": 4, "total": 6, "totalPages": 2}
        assert done(desk.caller("owner").get(f"{path}?page=3&limit=4"))["lines"] == []
        assert "pagination" not in done(desk.caller("owner").get(path))
        refused = desk.caller("owner").get(f"{path}?limit=1001")
        assert problem_of(refused) == (400, "INVALID_REQUEST", [("limit", "INVALID")])

    def test_not_modified(self, desk: Desk) -> None:
        path = f"{PATH}/{desk.created()['id']}"
        tag = desk.caller("owner").get(path)["ETag"]
        assert desk.caller("owner").get(path, If_None_Match=tag).status_code == 304

    def test_another_organizations_count_is_none(self, desk: Desk) -> None:
        shown = desk.created()
        rival = factories.make_organization("Rival")
        theirs = Caller(factories.make_key(rival, SCOPE))
        before = everything()
        for path in (shown["id"], "cc_nothing", f"cc_{shown['id'][3:-1]}"):
            for response in (
                theirs.get(f"{PATH}/{path}"),
                theirs.get(f"{PATH}/blind-form?batchId={path}"),
                theirs.post(f"{PATH}/{path}", {"action": "start"}),
                theirs.post(f"{PATH}/{path}/sheet", {"csv": "line_id,counted\n"}),
                theirs.post(f"{PATH}/resolve", {"batchId": path}),
            ):
                assert problem_of(response) == (404, "CYCLE_COUNT_NOT_FOUND", [])
        assert done(theirs.get(PATH))["data"] == []
        assert everything() == before

    def test_another_location_is_out_of_sight(self, desk: Desk) -> None:
        """Of a key for another location, and of a counter there."""
        shown = desk.created()
        elsewhere = factories.make_warehouse(desk.ground.organization, "Elsewhere")
        limited = Caller(factories.make_key(desk.ground.organization, SCOPE, warehouses=[elsewhere]))
        person = factories.make_person(
            "elsewhere@acme.example", {desk.ground.organization: [("Counter", elsewhere)]}
        )
        for caller in (limited, Caller.person(person)):
            assert problem_of(caller.get(f"{PREFIXED}/{shown['id']}"))[0] == 404
            assert done(caller.get(PREFIXED))["data"] == []
            plan = caller.post(PREFIXED, desk.plan())
            assert problem_of(plan) == (404, "WAREHOUSE_NOT_FOUND", [("/locationId", "WAREHOUSE_NOT_FOUND")])


class TestListing:
    def test_what_it_is_narrowed_by(self, desk: Desk) -> None:
        ground = desk.ground
        counter = ground.people["counter"].public_id
        first = desk.created(skus=["MASKS"], name="Weekly", dueOn="2026-03-16", assigneeIds=[counter])
        second = desk.started(skus=["GLOVES"], blind=False, dueOn="2126-03-16")
        other = factories.make_warehouse(ground.organization, "South")
        factories.stock(ground.sku("TAPE"), other, 3)
        body = {"locationId": other.public_id, "limit": 1}
        third = done(desk.caller("owner").post(PATH, body), 201)
        yesterday = (timezone.now() - timedelta(days=2)).date().isoformat()
        CountBatch.objects.filter(number=1).update(created_at=timezone.now() - timedelta(days=5))
        numbers = [shown["number"] for shown in (first, second, third)]
        for query, expected in (
            ("", "321"),
            (f"locationId={other.public_id}", "3"),
            ("locationId=wh_nothing", ""),
            ("status=draft", "31"),
            ("status=draft,counting", "321"),
            ("origin=planned", "321"),
            ("origin=spot", ""),
            (f"assigneeId={counter}", "1"),
            ("assigneeId=usr_nothing", ""),
            (f"recountOfId={first['id']}", ""),
            ("blind=false", "2"),
            ("late=true", "1"),
            ("late=false", "32"),
            ("search=weekly", "1"),
            ("search=cc-00003", "3"),
            ("search=2", "2"),
            ("dueFrom=2026-03-17", "2"),
            ("dueTo=2026-03-17", "1"),
            (f"startDate={yesterday}", "32"),
            (f"endDate={yesterday}", "1"),
            ("sort=number", "123"),
            ("sort=-locationName", "321"),
            ("limit=1&page=2", "2"),
        ):
            found = done(desk.caller("owner").get(f"{PATH}?{query}"))["data"]
            assert [row["number"] for row in found] == [numbers[int(place) - 1] for place in expected], query
        assert "lines" not in found[0]

    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ("status=open", "status"),
            ("status=draft,", "status"),
            ("origin=nowhere", "origin"),
            ("late=maybe", "late"),
            ("dueFrom=soon", "dueFrom"),
            ("sort=value", "sort"),
            ("expected=5", "expected"),
        ],
    )
    def test_what_it_cannot_be(self, desk: Desk, query: str, parameter: str) -> None:
        refused = desk.caller("owner").get(f"{PATH}?{query}")
        assert [place for place, _ in problem_of(refused)[2]] == [parameter]


class TestChanging:
    def test_what_can_be_changed(self, desk: Desk) -> None:
        shown = desk.created(name="Weekly", dueOn="2026-03-16", note="Mind the step")
        counter = desk.ground.people["counter"]
        changes = {
            "name": "Monthly",
            "dueOn": "2126-01-31",
            "assigneeIds": [counter.public_id],
            "note": "By hand",
            "blind": False,
            "tolerance": {"percent": 2.5},
        }
        changed = done(desk.act("manager", shown, "update", version=1, **changes))
        names = ("name", "dueOn", "note", "blind", "version", "isLate")
        assert [changed[name] for name in names] == ["Monthly", "2126-01-31", "By hand", False, 2, False]
        assert changed["tolerance"] == {"units": None, "percent": 2.5, "value": None}
        assert [each["id"] for each in changed["assignees"]] == [counter.public_id]
        assert len(changed["lines"]) == 6

        nothing = {"name": None, "dueOn": None, "assigneeIds": None, "note": None, "tolerance": None}
        bare = done(desk.act("manager", shown, "update", **nothing))

        assert [bare[name] for name in ("name", "dueOn", "note", "assignees")] == [None, None, None, []]
        assert bare["tolerance"] == dict.fromkeys(("units", "percent", "value"))

    def test_of_two_who_change_it_one_succeeds(self, desk: Desk) -> None:
        shown = desk.created()
        path = f"{PATH}/{shown['id']}"
        tag = desk.caller("manager").get(path)["ETag"]
        done(desk.act("owner", shown, "update", name="First"))
        before = everything()

        stale = desk.act("manager", shown, "update", {"If-Match": tag}, name="Second")
        old = desk.act("manager", shown, "update", version=1, name="Second")

        assert problem_of(stale)[:2] == (412, "PRECONDITION_FAILED")
        assert problem_of(old)[:2] == (409, "VERSION_CONFLICT")
        assert old.json()["version"] == 2
        assert everything() == before
        current = desk.caller("manager").get(path)["ETag"]
        done(desk.act("manager", shown, "update", {"If-Match": current}, name="Second"))

    @pytest.mark.parametrize(
        ("action", "body", "where"),
        [
            ("start", {"counts": []}, ["/counts"]),
            ("start", {"reason": "x"}, ["/reason"]),
            ("submit", {"visited": []}, ["/visited"]),
            ("cancel", {"name": "x"}, ["/name"]),
            ("count", {}, ["/counts"]),
            ("count", {"sentAt": "2026-03-12T10:00:00Z"}, ["/counts"]),
            ("update", {}, [""]),
            ("update", {"reason": "x", "name": "y"}, ["/reason"]),
            ("resolve", {}, ["/action"]),
        ],
    )
    def test_each_act_takes_its_own(
        self, desk: Desk, action: str, body: dict[str, Any], where: list[str]
    ) -> None:
        shown = desk.created()
        refused = desk.act("manager", shown, action, **body)
        status, code, places = problem_of(refused)
        assert (status, code) == (400, "INVALID_REQUEST")
        assert [place for place, _ in places] == where

    def test_cancelling(self, desk: Desk) -> None:
        shown = desk.started()
        gone = done(desk.act("counter", shown, "cancel", reason="The room is closed"))
        assert (gone["status"], gone["allowedTransitions"]) == ("cancelled", [])
        refused = problem(desk.act("counter", shown, "start"))
        assert (refused["code"], refused["state"], refused["by"]) == (
            "INVALID_TRANSITION",
            "cancelled",
            "counter@acme.example",
        )
        assert refused["reason"] == "The room is closed"


class TestAtRoot:
    def test_the_same_views(self, desk: Desk) -> None:
        for prefix in ("", "/backoffice"):
            for slash in ("", "/"):
                caller = desk.caller("manager")
                shown = done(caller.post(f"{prefix}/cycle-count{slash}", desk.plan(skus=["MASKS"])), 201)
                path = f"{prefix}/cycle-count/{shown['id']}{slash}"
                got = caller.get(path)
                assert got.json() == shown
                assert got["X-API-Contract"] == "backoffice"
                assert caller.get(f"{PATH}/{shown['id']}")["ETag"] == got["ETag"]
                listed = done(caller.get(f"{prefix}/cycle-count{slash}"))["data"]
                assert listed[0]["id"] == shown["id"]
                assert done(caller.post(path, {"action": "start"}))["status"] == "counting"
                row = {"lineId": shown["lines"][0]["id"], "countedQuantity": 5}
                done(caller.post(path, {"action": "count", "counts": [row]}))
                done(caller.post(path, {"action": "submit"}))
                body = {"batchId": shown["id"]}
                ended = done(caller.post(f"{prefix}/cycle-count/resolve{slash}", body))
                assert ended["status"] == "resolved"


def test_examples_name_what_the_demonstration_has() -> None:
    assert (documentation.DRAFT, documentation.COUNTING, documentation.REVIEW, OTHER_REVIEW) == (
        demo.DRAFT,
        demo.COUNTING,
        demo.REVIEW,
        demo.OTHER_REVIEW,
    )
    assert {documentation.COUNTING_LINE, documentation.REVIEW_LINE} <= set(demo.LINES.values())
    assert documentation.LOCATION == WAREHOUSE_A
    assert CountLine.prefix == "ccl"
