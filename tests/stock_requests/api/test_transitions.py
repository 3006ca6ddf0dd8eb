"""Every state × every act, over HTTP: what is allowed with all of its effects, and what is refused without any."""

from __future__ import annotations

from typing import Any, Final

import pytest

from inventory.models import StateChange
from inventory.verification import verify
from tests.inventory.api.callers import problem
from tests.inventory.api.snapshots import everything
from tests.stock_requests.api.desk import PATH, Desk, done

STATES: Final = ("draft", "submitted", "approved", "picking", "fulfilled", "rejected", "cancelled")
#: What each state can become, as the design says it; written out, so that the code's own table is checked by it.
CAN_BECOME: Final = {
    "draft": {"submitted", "cancelled"},
    "submitted": {"approved", "rejected", "draft", "cancelled"},
    "approved": {"picking", "submitted", "cancelled"},
    "picking": {"fulfilled"},
    "fulfilled": set(),
    "rejected": {"submitted"},
    "cancelled": set(),
}
#: (state, target) → what the history calls the way there.
WAYS: Final = {
    ("draft", "submitted"): "submit",
    ("draft", "cancelled"): "cancel",
    ("submitted", "approved"): "approve",
    ("submitted", "rejected"): "reject",
    ("submitted", "draft"): "rollback",
    ("submitted", "cancelled"): "cancel",
    ("approved", "picking"): "pick",
    ("approved", "submitted"): "rollback",
    ("approved", "cancelled"): "cancel",
    ("picking", "fulfilled"): "fulfil",
    ("picking", "picking"): "pick",
    ("rejected", "submitted"): "rollback",
}
#: The routes of one act each: from which states, and where to.
ACTS: Final = {
    "submit": {"draft": "submitted"},
    "approve": {"submitted": "approved"},
    "reject": {"submitted": "rejected"},
    "rollback": {"approved": "submitted", "rejected": "submitted", "submitted": "draft"},
}
EDITABLE: Final = {"draft", "submitted"}
BODIES: Final = {"reject": {"reason": "Too many"}}


def effects(state: str) -> tuple[int, int]:
    """(on hand, reserved) at the source, of 100 units of which ten are asked for."""
    if state == "fulfilled":
        return 90, 0
    return 100, 10 if state in {"approved", "picking"} else 0


def check_done(desk: Desk, before: dict[str, Any], shown: dict[str, Any], target: str, action: str) -> None:
    assert (shown["status"], shown["version"]) == (target, before["version"] + 1)
    assert shown["history"][:-1] == before["history"]
    last = shown["history"][-1]
    assert (last["action"], last["fromState"], last["toState"]) == (action, before["status"], target)
    assert last["by"] == "owner@acme.example"
    assert desk.stock() == effects(target)
    is_reserved = [line["reservationId"] is not None for line in shown["lines"]]
    if target not in {"fulfilled", "cancelled"}:  # these still name what held their units
        assert is_reserved == [target in {"approved", "picking"} for _ in is_reserved]
    assert (shown["transferId"] is not None) == (target == "fulfilled")
    assert desk.read(shown) == shown
    assert list(verify()) == []


def check_refused(desk: Desk, shown: dict[str, Any], response: Any, before: Any) -> None:
    body = problem(response)
    assert (response.status_code, body["code"]) == (409, "INVALID_TRANSITION")
    assert body["state"] == shown["status"]
    assert body["allowed"] == sorted(CAN_BECOME[shown["status"]])
    last = [row for row in shown["history"] if row["fromState"] != row["toState"]][-1]
    assert (body["by"], body["at"], body["reason"]) == (last["by"], last["at"], last["note"])
    assert everything() == before
    assert desk.read(shown) == shown


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", STATES)
def test_acts(desk: Desk, state: str, act: str) -> None:
    shown = desk.brought_to(state)
    before = everything()

    response = desk.post("owner", shown, act, BODIES.get(act))

    if state in ACTS[act]:
        target = ACTS[act][state]
        check_done(desk, shown, done(response), target, WAYS[state, target])
    else:
        check_refused(desk, shown, response, before)


@pytest.mark.parametrize("target", STATES)
@pytest.mark.parametrize("state", STATES)
def test_setting_the_status(desk: Desk, state: str, target: str) -> None:
    shown = desk.brought_to(state)
    before = everything()

    response = desk.post("owner", shown, "status", {"status": target, "reason": "So it is"})

    if target in CAN_BECOME[state] or (state, target) == ("picking", "picking"):
        check_done(desk, shown, done(response), target, WAYS[state, target])
        assert response.json()["history"][-1]["note"].startswith("So it is")
    else:
        check_refused(desk, shown, response, before)


@pytest.mark.parametrize("state", STATES)
def test_changing(desk: Desk, state: str) -> None:
    shown = desk.brought_to(state)
    before = everything()
    body = {"version": shown["version"], "priority": "urgent", "lines": [{"sku": "MASKS", "quantity": 7}]}

    response = desk.caller("owner").send("PATCH", f"{PATH}/{shown['id']}", body)

    if state in EDITABLE:
        changed = done(response)
        check_done(desk, shown, changed, state, "edit")
        assert changed["priority"] == "urgent"
        assert [(line["sku"], line["requested"]) for line in changed["lines"]] == [("MASKS", 7)]
    else:
        check_refused(desk, shown, response, before)


@pytest.mark.parametrize("state", STATES)
def test_adding_a_line(desk: Desk, state: str) -> None:
    shown = desk.brought_to(state)
    before = everything()

    response = desk.post("owner", shown, "lines", {"sku": "MASKS", "quantity": 7, "note": "Blue ones"})

    if state in EDITABLE:
        line = done(response, 201)
        changed = desk.read(shown)
        check_done(desk, shown, changed, state, "add_line")
        assert changed["lines"] == [
            *shown["lines"],
            {name: line[name] for name in line if name not in {"requestId", "requestVersion"}},
        ]
        assert (line["sku"], line["requested"], line["note"], line["position"]) == (
            "MASKS",
            7,
            "Blue ones",
            2,
        )
        assert (line["requestId"], line["requestVersion"]) == (shown["id"], changed["version"])
        assert response["ETag"] == desk.caller("owner").get(f"{PATH}/{shown['id']}")["ETag"]
    else:
        check_refused(desk, shown, response, before)


@pytest.mark.parametrize("state", STATES)
def test_deleting(desk: Desk, state: str) -> None:
    shown = desk.brought_to(state)
    before = everything()

    response = desk.caller("owner").send("DELETE", f"{PATH}/{shown['id']}")

    if state != "draft":
        check_refused(desk, shown, response, before)
        return
    assert (response.status_code, response.content) == (204, b"")
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/lines", None),
        ("GET", "/status", None),
        ("PATCH", "", {"version": 2, "note": "x"}),
        ("DELETE", "", None),
        ("POST", "/submit", {}),
        ("POST", "/comment", {"text": "x"}),
        ("POST", "/status", {"status": "submitted"}),
    ):
        gone = desk.caller("owner").send(method, f"{PATH}/{shown['id']}{path}", body)
        assert (gone.status_code, problem(gone)["code"]) == (404, "STOCK_REQUEST_NOT_FOUND"), (method, path)
    assert done(desk.caller("owner").get(PATH))["data"] == []
    actions = StateChange.objects.filter(subject_type="req").order_by("created_at", "id")
    assert [change.action for change in actions] == ["create", "delete"]
    assert desk.created()["number"] == "SR-00002"


@pytest.mark.parametrize("state", STATES)
def test_commenting(desk: Desk, state: str) -> None:
    """Whatever the state, and it stays as it is: version, history and stock."""
    shown = desk.brought_to(state)
    stock = desk.stock()

    response = desk.post("owner", shown, "comment", {"text": "One\ntwo @viewer@acme.example."})

    comment = done(response, 201)
    assert response["Location"] == f"/backoffice{PATH}/{shown['id']}"
    assert (comment["text"], comment["mentions"], comment["by"]) == (
        "One\ntwo @viewer@acme.example.",
        ["viewer@acme.example"],
        "owner@acme.example",
    )
    assert desk.read(shown) == {**shown, "comments": [comment]}
    assert desk.stock() == stock


class TestStatus:
    @pytest.mark.parametrize("state", STATES)
    def test_what_it_says(self, desk: Desk, state: str) -> None:
        shown = desk.brought_to(state)
        told = done(desk.caller("viewer").get(f"{PATH}/{shown['id']}/status"))
        last = shown["history"][-1]
        assert told == {
            **{name: shown[name] for name in ("id", "number", "status", "version", "approvals", "history")},
            **{name: shown[name] for name in ("submittedAt", "decidedAt", "closedAt")},
            "allowedTransitions": [],
            "by": last["by"],
            "at": last["at"],
            "reason": last["note"],
        }

    @pytest.mark.parametrize("state", STATES)
    def test_where_each_can_bring_it(self, desk: Desk, state: str) -> None:
        """The requester writes at the destination, the picker at the source, the approver decides and writes there."""
        shown = desk.brought_to(state)
        of = {
            "owner": CAN_BECOME[state],
            "viewer": set(),
            "requester": CAN_BECOME[state] & {"draft", "submitted", "cancelled"},
            "picker": CAN_BECOME[state] - {"approved", "rejected"},
            "approver": CAN_BECOME[state],
        }
        if state == "approved":
            of["requester"] -= {"submitted"}  # an approval is taken back at the source
        for who, targets in of.items():
            assert set(desk.read(shown, who)["allowedTransitions"]) == targets, who

    def test_the_wrong_fields(self, desk: Desk) -> None:
        shown = desk.brought_to("approved")
        row = {"lineId": shown["lines"][0]["id"], "quantity": 1}
        before = everything()
        for body, pointers in (
            ({"status": "cancelled", "lines": [row]}, ["/lines"]),
            ({"status": "submitted", "remainder": "closed"}, ["/remainder"]),
            ({"status": "picking", "remainder": "closed"}, ["/remainder"]),
            (
                {"status": "picking", "lines": [row, {**row, "remainder": "closed", "reason": "x"}]},
                ["/lines/1/remainder", "/lines/1/reason"],
            ),
            ({"status": "gone"}, ["/status"]),
            ({}, ["/status"]),
        ):
            response = desk.post("owner", shown, "status", body)
            assert response.status_code == 400, body
            assert [error["pointer"] for error in problem(response)["errors"]] == pointers
        assert everything() == before
