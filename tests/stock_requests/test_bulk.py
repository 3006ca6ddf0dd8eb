"""Several requests at once: each by itself, and why not."""

from __future__ import annotations

import pytest

from stock_requests.decisions.bulk import MOST_AT_ONCE, Outcome, approve_many
from stock_requests.models import StockRequest
from tests import factories
from tests.stock_requests.conftest import Ground
from tests.stock_requests.deciding import approve, available, history, make_rule, sound, submitted
from warehouses.refusals import Forbidden, InvalidInput


def told(outcome: Outcome) -> tuple[list[str], list[tuple[str, str]]]:
    return (
        [request.name for request in outcome.approved],
        [(skipped.name, skipped.code) for skipped in outcome.skipped],
    )


def ids(*requests: StockRequest) -> list[tuple[str, int | None]]:
    return [(request.public_id, None) for request in requests]


def test_what_can_be_approved_is_and_the_rest_is_named(ground: Ground) -> None:
    plain, stale = submitted(ground, 1), submitted(ground, 2)
    decided, own = submitted(ground, 3), submitted(ground, 4, access=ground.owner)
    short, last = submitted(ground, 101), submitted(ground, 5)
    approve(ground.approver, decided)
    wanted = [
        (plain.public_id, plain.version),
        (stale.public_id, stale.version - 1),
        *ids(decided, own, short, plain),
        ("nonsense", None),
        (f"req_{'0' * 26}", 1),
        *ids(last),
    ]
    outcome = approve_many(access=ground.owner, wanted=wanted, note="Monday")
    assert told(outcome) == (
        [plain.name, last.name],
        [
            (stale.name, "VERSION_CONFLICT"),
            (decided.name, "INVALID_TRANSITION"),
            (own.name, "SELF_APPROVAL"),
            (short.name, "STOCK_UNAVAILABLE"),
            ("", "DUPLICATE_ROW"),
            ("", "STOCK_REQUEST_NOT_FOUND"),
            ("", "STOCK_REQUEST_NOT_FOUND"),
        ],
    )
    assert [skipped.public_id for skipped in outcome.skipped][-3:] == [
        plain.public_id,
        "nonsense",
        f"req_{'0' * 26}",
    ]
    assert "approver@acme.example" in outcome.skipped[1].why
    assert all(skipped.why for skipped in outcome.skipped)
    assert history(plain)[-1][3:5] == (1, "Monday")
    assert available(ground) == [100 - 1 - 3 - 5, 100, 100]
    assert sound()


def test_two_that_want_the_same_last_units_are_served_in_order(ground: Ground) -> None:
    first, second = submitted(ground, 60), submitted(ground, 41)
    outcome = approve_many(access=ground.approver, wanted=ids(second, first))
    assert told(outcome) == ([second.name], [(first.name, "STOCK_UNAVAILABLE")])
    assert available(ground)[0] == 59


def test_what_waits_for_another_too_is_approved_by_this_one(ground: Ground) -> None:
    make_rule(ground, "Four eyes", approvals=2)
    request = submitted(ground)
    outcome = approve_many(access=ground.approver, wanted=ids(request))
    assert [each.state for each in outcome.approved] == ["submitted"]
    outcome = approve_many(access=ground.approver, wanted=ids(request))
    assert told(outcome) == ([], [(request.name, "ALREADY_APPROVED")])


def test_a_request_of_another_organization_is_not_there(ground: Ground) -> None:
    elsewhere = factories.make_organization("Elsewhere")
    place = factories.make_warehouse(elsewhere)
    foreign = factories.submitted_request(place, None, [(factories.make_sku(elsewhere), 1)])
    outcome = approve_many(access=ground.approver, wanted=ids(foreign))
    assert told(outcome) == ([], [("", "STOCK_REQUEST_NOT_FOUND")])


def test_one_that_the_caller_sees_and_may_not_approve_is_named(ground: Ground) -> None:
    person = factories.make_person(
        "clinic@acme.example",
        {ground.organization: [("Approver", ground.destination), ("Viewer", ground.source)]},
    )
    ground.people["clinic"] = person
    request = submitted(ground)
    outcome = approve_many(access=ground.access("clinic"), wanted=ids(request))
    assert told(outcome) == ([], [(request.name, "PERMISSION_DENIED")])


def test_who_may_approve_nowhere_is_refused_as_a_whole(ground: Ground) -> None:
    with pytest.raises(Forbidden, match=r"stockrequests\.approve"):
        approve_many(access=ground.requester, wanted=ids(submitted(ground)))


def test_there_are_not_too_many_at_once(ground: Ground) -> None:
    request = submitted(ground)
    with pytest.raises(InvalidInput) as caught:
        approve_many(access=ground.approver, wanted=ids(request) * (MOST_AT_ONCE + 1))
    assert caught.value.code == "INVALID_REQUEST"
    assert history(request)[-1][0] == "submit"
