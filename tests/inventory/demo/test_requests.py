"""What the demonstration's places ask of each other: every state, believable times, and what the examples name."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.history import history_of
from inventory.verification import verify
from stock_requests.api.requests import documentation as documented_requests
from stock_requests.api.stocklists import documentation as documented_stocklists
from stock_requests.approvals.pending import pending_for
from stock_requests.approvals.standing import standings_of
from stock_requests.demo import documented
from stock_requests.demo.ground import VALUABLE_FROM, WATCHED
from stock_requests.figures import figures_of_many
from stock_requests.models import (
    ApprovalRule,
    Comment,
    Delegation,
    Department,
    Stocklist,
    StocklistLine,
    StockRequest,
)
from stock_requests.totals import totals_of
from tests.inventory.demo.conftest import Demo
from warehouses.access import Access, access_of_key, access_of_user
from warehouses.identifiers import decode
from warehouses.keys import find_key
from warehouses.models import Notice, User

#: The marks are what a database is made for; the demonstration in it is the module's.
pytestmark = pytest.mark.django_db


def requests_of(demo: Demo) -> list[StockRequest]:
    rows = StockRequest.objects.filter(organization=demo.organization)
    return list(rows.select_related("from_warehouse", "to_warehouse").order_by("number"))


def access_of(demo: Demo, name: str) -> Access:
    access = access_of_user(User.objects.get(email=f"{name}@demo.example"), demo.organization)
    assert access is not None
    return access


def test_they_are_of_every_state(demo: Demo) -> None:
    requests = requests_of(demo)
    assert Counter(request.state for request in requests) == {
        "draft": 4,
        "submitted": 14,
        "approved": 4,
        "picking": 3,
        "fulfilled": 8,
        "rejected": 3,
        "cancelled": 2,
    }
    assert [request.number for request in requests] == list(range(1, 39))
    assert list(verify()) == []


def test_some_are_late_and_one_is_more_than_there_is(demo: Demo) -> None:
    waiting = [request for request in requests_of(demo) if request.state == "submitted"]
    today = demo.organization.today()
    assert sum(1 for request in waiting if request.needed_by and request.needed_by < today) == 2
    risks = figures_of_many(waiting)
    assert sum(1 for request in waiting if risks[request.pk].is_short) == 1


def test_one_is_the_rest_of_another(demo: Demo) -> None:
    (rest,) = [request for request in requests_of(demo) if request.back_order_of is not None]
    assert (rest.state, rest.back_order_of.state) == ("submitted", "fulfilled")  # type: ignore[union-attr]
    totals = totals_of([rest.pk, rest.back_order_of_id])  # type: ignore[list-item]
    assert totals[rest.pk].requested == totals[rest.back_order_of_id].back_ordered == 4  # type: ignore[index]


def test_nothing_happens_before_its_time(demo: Demo) -> None:
    now = timezone.now()
    requests = requests_of(demo)
    histories = history_of(requests)
    for request in requests:
        times = [change.created_at for change in histories[request.pk]]
        assert times == sorted(times)
        assert times[-1] <= now
        instants = [request.created_at, request.submitted_at, request.decided_at, request.closed_at]
        known = [at for at in instants if at is not None]
        assert known == sorted(known)
    created = [request.created_at for request in requests]
    assert created == sorted(created)
    assert now - created[0] > timedelta(days=12)
    assert now - created[-1] < timedelta(hours=4)


def test_rules_and_a_delegation_decide_who_is_asked(demo: Demo) -> None:
    assert dict(ApprovalRule.objects.values_list("name", "approvals")) == {
        "Two pairs of eyes": 2,
        "Tools leave with the owner's word": 1,
    }
    delegation = Delegation.objects.get()
    today = demo.organization.today()
    assert delegation.starts_on < today < delegation.ends_on
    waiting = [request for request in requests_of(demo) if request.state == "submitted"]
    totals, standings = totals_of([request.pk for request in waiting]), standings_of(waiting)
    dear = [request for request in waiting if totals[request.pk].value >= VALUABLE_FROM]
    assert [(standings[each.pk].needed, standings[each.pk].given) for each in dear] == [(2, 1)]
    watched = [
        request for request in waiting if request.lines.filter(sku__product__category__name=WATCHED).exists()
    ]
    assert [each.name for each in standings[watched[0].pk].requirements] == [
        "Tools leave with the owner's word"
    ]
    assert len(watched) == 1
    # The approver asks for presents, and has said yes to the dear one; the owner is asked for all but for nothing else.
    assert pending_for(access_of(demo, "approver")).count() == 12
    assert pending_for(access_of(demo, "owner")).count() == 14
    assert pending_for(access_of_key_of(demo)).count() == 14
    for name in ("store.manager", "manager", "viewer"):
        assert not access_of(demo, name).may("stockrequests.approve")


def access_of_key_of(demo: Demo) -> Access:
    key = find_key(demo.key)
    assert key is not None
    return access_of_key(key)


def test_members_are_called_and_nobody_is_sent_mail(demo: Demo) -> None:
    assert Comment.objects.count() == 2
    assert {user.email for comment in Comment.objects.all() for user in comment.mentions.all()} == {
        "approver@demo.example",
        "owner@demo.example",
    }
    notices = Notice.objects.filter(organization=demo.organization)
    assert notices.filter(read_at__isnull=True).exists()
    assert not notices.filter(email_due_at__isnull=False).exists()
    old = notices.filter(created_at__lt=timezone.now() - timedelta(hours=24))
    assert old.exists()
    assert not old.filter(read_at__isnull=True).exists()


def test_the_examples_find_what_they_name(demo: Demo) -> None:
    states = {
        documented.DRAFT: "draft",
        documented.SPARE: "draft",
        documented.SUBMITTED: "submitted",
        documented.DOUBTFUL: "submitted",
        documented.REJECTED: "rejected",
        documented.APPROVED: "approved",
    }
    for public_id, state in states.items():
        request = StockRequest.objects.get(pk=decode("req", public_id))
        assert (request.state, request.from_warehouse.name, request.to_warehouse.name) == (  # type: ignore[union-attr]
            state,
            "Warehouse A",
            "Store Berlin Mitte",
        )
        if public_id in documented.LINES:
            assert request.lines.get().public_id == documented.LINES[public_id]
    weekly = Stocklist.objects.get(pk=decode("stl", documented.STOCKLIST))
    assert [line.public_id for line in weekly.lines.order_by("position")] == list(documented.STOCKLIST_LINES)
    assert not StockRequest.objects.filter(
        stocklist=Stocklist.objects.get(pk=decode("stl", documented.SPARE_STOCKLIST))
    ).exists()
    assert Department.objects.get(pk=decode("dep", documented.DEPARTMENT)).name == "Photo studio"
    assert (Department.objects.count(), Stocklist.objects.count(), StocklistLine.objects.count()) == (3, 3, 6)


def test_the_documentation_names_the_same() -> None:

    for name in ("DRAFT", "SPARE", "SUBMITTED", "DOUBTFUL", "REJECTED", "APPROVED"):
        assert getattr(documented_requests, name) == getattr(documented, name)
    assert (documented_stocklists.STOCKLIST, documented_stocklists.SPARE_STOCKLIST) == (
        documented.STOCKLIST,
        documented.SPARE_STOCKLIST,
    )
    assert documented.STOCKLIST_LINES[0] == documented_stocklists.LINE
