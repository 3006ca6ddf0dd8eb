"""The approvers' queue: filters with their counts, order, search, selection, views, and what an empty one says."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import StockLevel
from stock_requests.comments import add_comment
from stock_requests.decisions.approving import approve_request, reject_request
from stock_requests.models import ApprovalRule, Delegation, Priority, RequestState, StockRequest
from tests import factories
from tests.stock_requests.admin.test_approvals import (
    ACT,
    PAGE,
    asked,
    content,
    form,
    rows_of,
    signed_in,
)
from tests.stock_requests.conftest import Ground
from warehouses import transactions
from warehouses.models import SavedView

pytestmark = pytest.mark.django_db

VIEWS = f"{PAGE}views/"


@pytest.fixture
def approver(ground: Ground) -> Client:
    return signed_in(ground, "approver")


def shown(client: Client, **query: str) -> list[str]:
    return rows_of(content(client.get(PAGE, query)))


def counts_of(page: str) -> dict[str, int]:
    """What the filters say that they would show."""
    chips = re.search(r'<nav class="chips".*?</nav>', page, re.DOTALL)
    assert chips is not None
    return {
        name: int(count)
        for name, count in re.findall(
            r'<a [^>]*>([^<]+) <span class="chip-count">(\d+)</span>', chips.group(0)
        )
    }


# --- filters, order, search


def test_the_filters_say_how_many_they_show_and_show_as_many(ground: Ground, approver: Client) -> None:
    StockLevel.objects.filter(sku=ground.skus[1]).update(safety_stock=30)
    yesterday = ground.organization.today() - timedelta(days=1)
    safe, late = asked(ground, 5), asked(ground, 6, needed_by=ground.organization.today())
    StockRequest.objects.filter(pk=late.pk).update(needed_by=yesterday)
    short, low = asked(ground, 101), asked(ground, 0, 71)
    edge = asked(ground, 0, 70)
    rule = ApprovalRule.objects.create(
        organization=ground.organization, name="Seventy-one and more", minimum_quantity=71
    )
    rule.approvers.add(ground.people["approver"])
    asleep = asked(ground, 1)
    approver.post(ACT, form(approver, "snooze", f"{PAGE}?request={asleep.public_id}"))

    page = content(approver.get(PAGE))

    assert counts_of(page) == {
        "All": 5,
        "Asks for me by name": 2,
        "Late": 1,
        "Short": 1,
        "Safe": 3,
        "Put off": 1,
    }
    everything = [safe, late, short, low, edge]
    assert rows_of(page) == [one.public_id for one in everything]
    assert shown(approver, show="mine") == [short.public_id, low.public_id]
    assert shown(approver, show="late") == [late.public_id]
    assert shown(approver, show="short") == [short.public_id]
    assert shown(approver, show="safe") == [safe.public_id, late.public_id, edge.public_id]
    assert shown(approver, show="snoozed") == [asleep.public_id]
    flags = re.findall(r'class="flag flag-(\w+)"><span [^>]*>\w+</span>([^<]+)', page)
    assert flags == [("danger", "Late"), ("danger", "Short"), ("warning", "Below safety stock")]
    assert "This rule names you: Seventy-one and more." in page


def test_somebody_elses_rule_is_mine_while_i_stand_in_for_them(ground: Ground, approver: Client) -> None:
    rule = ApprovalRule.objects.create(organization=ground.organization, name="Ben only")
    rule.approvers.add(ground.people["second_approver"])
    request = asked(ground, 5)
    assert shown(approver) == []
    today = ground.organization.today()
    Delegation.objects.create(
        organization=ground.organization,
        delegator=ground.people["second_approver"],
        delegate=ground.people["approver"],
        starts_on=today,
        ends_on=today,
    )

    page = content(approver.get(PAGE, {"show": "mine"}))

    assert rows_of(page) == [request.public_id]
    assert "You stand in for second.approver@acme.example until" in page


def test_filters_by_source_priority_and_category(ground: Ground) -> None:
    owner = signed_in(ground, "owner")
    category = factories.make_category(ground.organization, "Consumables")
    plain = asked(ground, 5)
    urgent = asked(ground, 6, priority=Priority.URGENT)
    of_category = asked(ground, 7, category=category)
    factories.stock(ground.skus[0], ground.destination, 10)
    back = factories.submitted_request(ground.destination, ground.source, [(ground.skus[0], 1)])

    assert shown(owner, source=ground.destination.public_id) == [back.public_id]
    assert shown(owner, priority="urgent") == [urgent.public_id]
    assert shown(owner, category=category.public_id) == [of_category.public_id]
    assert shown(owner, source=ground.source.public_id, priority="normal") == [
        plain.public_id,
        of_category.public_id,
    ]
    assert shown(owner, priority="nonsense", show="nonsense", sort="nonsense") == [
        one.public_id for one in (plain, urgent, of_category, back)
    ]
    page = content(owner.get(PAGE))
    assert re.search(r'Clinic <span class="chip-count">1</span>', page)
    assert re.search(r'Urgent <span class="chip-count">1</span>', page)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", [0, 1, 2]),
        ("newest", [2, 1, 0]),
        ("needed", [1, 2, 0]),
        ("priority", [2, 1, 0]),
        ("value", [1, 0, 2]),
        ("units", [0, 1, 2]),
    ],
)
def test_the_order(ground: Ground, approver: Client, sort: str, order: list[int]) -> None:
    today = ground.organization.today()
    requests = [
        asked(ground, 30),
        asked(ground, 0, 0, 20, needed_by=today),
        asked(ground, 10, priority=Priority.HIGH, needed_by=today + timedelta(days=2)),
    ]

    assert shown(approver, sort=sort) == [requests[place].public_id for place in order]


def test_the_search_looks_at_numbers_people_places_articles_and_notes(
    ground: Ground, approver: Client
) -> None:
    first, second = asked(ground, 5, note="For the tombola"), asked(ground, 0, 6)

    for term in (first.name, "tombola", "GLOVES", "gloves"):
        assert shown(approver, q=term) == [first.public_id], term
    for term in ("requester@", "Clinic", "Central", " clinic "):
        assert shown(approver, q=term) == [first.public_id, second.public_id], term
    assert shown(approver, q="no such \x00thing%") == []


def test_what_is_filtered_out_says_so_and_how_to_see_it(ground: Ground, approver: Client) -> None:
    asked(ground, 5)

    page = content(approver.get(PAGE, {"q": "nothing", "show": "late"}))

    assert "No requests match" in page
    assert "1 waits for you with other filters." in page
    assert f'<a class="button-primary" href="{PAGE}">Clear filters (2)</a>' in page


def test_a_queue_in_which_nothing_ever_was_says_what_comes(ground: Ground, approver: Client) -> None:
    page = content(approver.get(PAGE))

    assert "Nothing to approve yet" in page
    assert "Queue clear" not in page


def test_old_decisions_are_told_with_what_was_said(ground: Ground, approver: Client) -> None:
    old = [asked(ground, number) for number in (1, 2, 3, 4)]
    for request in old[:3]:
        transactions.run(
            lambda one=request: approve_request(access=ground.second_approver, request=one)  # type: ignore[misc]
        )
    transactions.run(
        lambda: reject_request(access=ground.second_approver, request=old[3], reason="Wrong item")
    )
    asked(ground, 5)

    page = content(approver.get(PAGE))

    decisions = re.findall(r'">(SR-\d+)</a> <span class="decided-\w+">(\w+)</span>', page)
    assert decisions == [(old[3].name, "rejected"), (old[2].name, "approved"), (old[1].name, "approved")]
    assert "<small>Wrong item</small>" in page


def test_decisions_on_what_the_caller_may_not_see_are_not_told(ground: Ground, approver: Client) -> None:
    secret = factories.make_warehouse(ground.organization, "Vault")
    factories.stock(ground.skus[0], secret, 10)
    hidden = factories.submitted_request(secret, None, [(ground.skus[0], 1)], access=ground.owner)
    StockRequest.objects.filter(pk=hidden.pk).update(requested_by=ground.people["requester"])
    transactions.run(lambda: reject_request(access=_of_system(ground), request=hidden, reason="Hush"))
    asked(ground, 5)

    page = content(approver.get(PAGE))

    assert hidden.name not in page
    assert "Hush" not in page
    assert "Nothing yet: this is the first." in page


def _of_system(ground: Ground) -> Any:
    from warehouses.access import access_of_system

    return access_of_system(ground.organization)


# --- several at once


def test_selected_ones_are_approved_and_the_skipped_say_why(ground: Ground, approver: Client) -> None:
    first, short, third = asked(ground, 5), asked(ground, 500), asked(ground, 7)
    sent = form(approver, "bulk") | {
        "chosen": [f"{one.public_id}:{one.version}" for one in (first, short, third)]
    }

    page = content(approver.post(ACT, sent, follow=True))

    assert "2 approved, 1 skipped: see why." in page
    assert re.search(rf'<a href="[^"]*{short.public_id}">{short.name}</a>: [^<]*GLOVES', page)
    assert rows_of(page) == [short.public_id]
    assert len(re.findall(r'name="done" value="(req_\w+:\d+)"', page)) == 2
    done = {"do": "undo", "done": re.findall(r'name="done" value="([^"]+)"', page)}
    assert "Undone: 2 wait again." in content(approver.post(ACT, done, follow=True))
    assert not StockLevel.objects.exclude(reserved=0).exists()


def test_all_that_match_are_those_that_were_counted(ground: Ground, approver: Client) -> None:
    small, big = asked(ground, 5), asked(ground, 6, priority=Priority.URGENT)
    sent = form(approver, "bulk", f"{PAGE}?priority=normal") | {"all": "on"}
    later = asked(ground, 1)  # nobody has seen it when the button was pressed

    page = content(approver.post(ACT, sent, follow=True))

    assert "1 approved." in page
    states = {one.pk: one.state for one in StockRequest.objects.filter(pk__in=[small.pk, big.pk, later.pk])}
    assert states == {
        small.pk: RequestState.APPROVED,
        big.pk: RequestState.SUBMITTED,
        later.pk: RequestState.SUBMITTED,
    }


def test_a_selected_one_that_has_changed_is_skipped(ground: Ground, approver: Client) -> None:
    request = asked(ground, 5)
    sent = form(approver, "bulk") | {"chosen": f"{request.public_id}:{request.version - 1}"}

    page = content(approver.post(ACT, sent, follow=True))

    assert "0 approved, 1 skipped" in page
    assert "has changed since version" in page
    request.refresh_from_db()
    assert request.state == RequestState.SUBMITTED


def test_selecting_none_says_so_and_sending_twice_acts_once(ground: Ground, approver: Client) -> None:
    request = asked(ground, 5)
    empty = form(approver, "bulk")
    assert "Select requests first." in content(approver.post(ACT, empty, follow=True))
    sent = form(approver, "bulk") | {"chosen": f"{request.public_id}:{request.version}"}

    first = content(approver.post(ACT, sent, follow=True))
    second = content(approver.post(ACT, sent, follow=True))

    assert "1 approved." in first
    assert "1 approved." in second


# --- saved views


def test_filters_are_saved_as_a_tab_changed_and_deleted(ground: Ground, approver: Client) -> None:
    asked(ground, 5)
    answer = approver.post(
        VIEWS, {"do": "save_as", "name": "  My   urgent ", "back": "priority=urgent&sort=value"}
    )
    view = SavedView.objects.get()
    assert (view.name, view.query, view.is_shared) == ("My urgent", "priority=urgent&sort=value", False)
    assert answer["Location"] == f"{PAGE}?priority=urgent&sort=value&view={view.public_id}"

    page = content(approver.get(answer["Location"]))
    assert re.search(r'aria-current="page">My urgent</a>', page)
    assert "<em>changed</em>" not in page
    changed = f"{PAGE}?priority=high&view={view.public_id}"
    page = content(approver.get(changed))
    assert re.search(r'aria-current="page">My urgent <em>changed</em></a>', page)
    assert f'href="{PAGE}?priority=urgent&sort=value&view={view.public_id}">Reset</a>' in page

    sent = {"do": "save", "view": view.public_id, "back": f"priority=high&view={view.public_id}"}
    assert approver.post(VIEWS, sent)["Location"] == changed
    view.refresh_from_db()
    assert view.query == "priority=high"
    approver.post(VIEWS, {"do": "delete", "view": view.public_id, "back": "priority=high"})
    assert not SavedView.objects.exists()


def test_a_shared_view_is_everybodys_to_see_and_its_owners_to_change(
    ground: Ground, approver: Client
) -> None:
    other = signed_in(ground, "second_approver")
    approver.post(VIEWS, {"do": "save_as", "name": "Ours", "back": "show=late"})
    view = SavedView.objects.get()
    asked(ground, 5)
    assert "Ours" not in content(other.get(PAGE))
    for deed in ("save", "share", "delete"):
        assert other.post(VIEWS, {"do": deed, "view": view.public_id}).status_code == 404

    approver.post(VIEWS, {"do": "share", "view": view.public_id})

    assert "Ours" in content(other.get(PAGE))
    for deed in ("save", "share", "delete"):
        told = content(
            other.post(VIEWS, {"do": deed, "view": view.public_id, "back": "show=safe"}, follow=True)
        )
        assert "somebody else's" in told
    view.refresh_from_db()
    assert (view.query, view.is_shared) == ("show=late", True)
    outsider = factories.make_organization("Bolt")
    factories.make_person("eve@bolt.example", {outsider: ["Owner"]})
    client = Client()
    from warehouses.models import User

    client.force_login(User.objects.get(email="eve@bolt.example"))
    assert "Ours" not in content(client.get(PAGE))
    assert client.post(VIEWS, {"do": "delete", "view": view.public_id}).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_a_view_needs_a_name(ground: Ground, approver: Client, name: str) -> None:
    told = content(approver.post(VIEWS, {"do": "save_as", "name": name, "back": "show=late"}, follow=True))

    assert "Give the view a name of up to 60 characters." in told
    assert not SavedView.objects.exists()


def test_a_name_is_given_once(ground: Ground, approver: Client) -> None:
    approver.post(VIEWS, {"do": "save_as", "name": "Mine", "back": "show=late"})

    told = content(approver.post(VIEWS, {"do": "save_as", "name": "MINE", "back": "show=safe"}, follow=True))

    assert "You have a view “MINE” already." in told
    assert SavedView.objects.count() == 1


# --- how much it asks of the database


def test_the_queries_do_not_grow_with_the_queue(ground: Ground, approver: Client) -> None:
    def measure() -> int:
        with CaptureQueriesContext(connection) as found:
            content(approver.get(PAGE, headers={"X-Approvals": "part"}))  # without the shell around it
        return len(found)

    rule = ApprovalRule.objects.create(organization=ground.organization, name="Big", minimum_quantity=5)
    rule.approvers.add(ground.people["approver"])
    old = asked(ground, 1)
    transactions.run(lambda: approve_request(access=ground.second_approver, request=old))
    first = asked(ground, 5, 6)
    transactions.run(lambda: add_comment(access=ground.requester, request=first, text="Soon?"))
    approver.get(PAGE)
    one = measure()
    for number in (6, 7):
        asked(ground, number, 2, 3)
    assert (one, measure()) == (47, 47)


def test_of_very_many_those_that_wait_longest_are_shown_and_any_can_be_opened(
    ground: Ground, approver: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stock_requests.admin.approvals_queue.MOST_WAITING", 2)
    first, second, third = (asked(ground, 1) for _ in range(3))
    page = content(approver.get(PAGE))
    assert rows_of(page) == [first.public_id, second.public_id]
    assert "2 waiting<small>, of the 2 of 3 that wait longest</small>" in page
    page = content(approver.get(PAGE, {"request": third.public_id}))
    assert rows_of(page) == [first.public_id, second.public_id, third.public_id]
    assert 'name="do" value="approve"' in page
