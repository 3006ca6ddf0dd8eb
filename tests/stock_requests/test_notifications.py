"""Who is told what of a stock request: those whom it concerns, once, and not of what they did themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from stock_requests import notifications
from stock_requests.approvals.deciders import deciders_of
from stock_requests.drafting import submit_request
from stock_requests.models import (
    Approval,
    ApprovalRule,
    Comment,
    Delegation,
    Priority,
    RequestLine,
    RequestSettings,
    RequestState,
    StockRequest,
)
from tests import factories
from tests.stock_requests.conftest import Ground
from warehouses import notices, transactions
from warehouses.access import Access, access_of_key
from warehouses.models import ApiKey, Notice, User
from warehouses.notice_mail import send_due

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def asked(ground: Ground, **fields: Any) -> StockRequest:
    """10 gloves of 2.00 and 5 masks of 3.00, asked for by the requester, for the clinic."""
    lines = [(ground.skus[0], 10), (ground.skus[1], 5)]
    given: dict[str, Any] = {"access": ground.requester} | fields
    return factories.submitted_request(ground.source, ground.destination, lines, **given)


def tell(
    what: Callable[..., None],
    ground: Ground,
    request: StockRequest,
    *,
    by: Access | None = None,
    **fields: Any,
) -> None:
    request.refresh_from_db()
    with transaction.atomic():
        what(access=by or ground.approver, request=request, at=NOW, **fields)


def told(kind: str = "") -> dict[str, bool]:
    """Whom (the part before the @) and whether also by e-mail; everybody at most once."""
    rows = Notice.objects.filter(**({"kind": f"stock_request.{kind}"} if kind else {}))
    found = {
        row.user.email.partition("@")[0]: row.email_due_at is not None for row in rows.select_related("user")
    }
    assert len(found) == len(rows)
    return found


def forget() -> None:
    Notice.objects.all().delete()


def rule(ground: Ground, name: str, *approvers: str, approvals: int = 1, **fields: Any) -> ApprovalRule:
    made = ApprovalRule.objects.create(
        organization=ground.organization, name=name, approvals=approvals, **fields
    )
    made.approvers.set([ground.people[each] for each in approvers])
    return made


def delegate(ground: Ground, delegator: str, delegate: str, **fields: Any) -> Delegation:
    today = ground.organization.today()
    given: dict[str, Any] = {"starts_on": today, "ends_on": today} | fields
    return Delegation.objects.create(
        organization=ground.organization,
        delegator=ground.people[delegator],
        delegate=ground.people[delegate],
        **given,
    )


def deciders(ground: Ground, request: StockRequest) -> set[str]:
    request.refresh_from_db()
    found = deciders_of(request, organization=ground.organization)
    names = {user.pk: name for name, user in ground.people.items()}
    assert len({user.pk for user in found}) == len(found)
    return {names[user.pk] for user in found}


class TestSubmitted:
    def test_those_who_may_decide_by_mail_too(self, ground: Ground) -> None:
        asked(ground)
        assert told() == {"owner": True, "approver": True, "second.approver": True}

    def test_what_they_read(self, ground: Ground) -> None:
        request = asked(ground, priority=Priority.URGENT, needed_by=date(2026, 4, 2), note="For the weekend")
        row = Notice.objects.get(user=ground.people["approver"])
        assert row.kind == "stock_request.waits"
        assert row.title == "SR-00001 waits for your decision"
        assert row.text == (
            "Central → Clinic: 2 lines, 15 units, worth 35.00 EUR; priority urgent; needed by 2 April 2026.\n"
            "Asked for by requester@acme.example: For the weekend"
        )
        assert row.path == (
            f"{reverse('admin:stock_requests_stockrequest_approvals')}?request={request.public_id}"
        )

    def test_the_mail_says_why(self, ground: Ground, settings: Any) -> None:
        settings.PUBLIC_URL = "https://stock.example.com"
        request = factories.make_request(
            ground.source, ground.room, [(ground.skus[2], 1)], access=ground.requester
        )
        at = datetime.now(UTC)
        transactions.run(
            lambda: submit_request(access=ground.requester, request=request, note="please", at=at)
        )
        send_due(at)
        message = next(each for each in mail.outbox if each.to == ["approver@acme.example"])
        notice = Notice.objects.get(user=ground.people["approver"])
        assert message.subject == "SR-00001 waits for your decision"
        assert message.body == (
            "SR-00001 waits for your decision\n"
            "\n"
            "Central → Clinic / Pharmacy: 1 line, 1 unit, worth 5.00 EUR.\n"
            "Asked for by requester@acme.example.\n"
            "requester@acme.example: please\n"
            "\n"
            f"https://stock.example.com/admin/notices/{notice.public_id}/\n"
            "\n"
            "You get this message because you may decide on this stock request (Acme).\n"
        )

    def test_neither_who_asked_nor_who_submitted(self, ground: Ground) -> None:
        asked(ground, access=ground.owner, submitter=ground.requester)
        assert told() == {"approver": True, "second.approver": True}

    def test_unless_that_is_allowed_but_never_of_ones_own_act(self, ground: Ground) -> None:
        RequestSettings.objects.create(organization=ground.organization, allows_self_approval=True)
        asked(ground, access=ground.owner, submitter=ground.requester)
        assert told() == {"owner": True, "approver": True, "second.approver": True}
        forget()
        asked(ground, access=ground.owner)
        assert told() == {"approver": True, "second.approver": True}

    def test_not_who_made_the_key_that_submitted(self, ground: Ground) -> None:
        factories.make_key(ground.organization, ["stockrequests.read", "stockrequests.write"])
        ApiKey.objects.update(created_by=ground.people["owner"])
        asked(ground, submitter=access_of_key(ApiKey.objects.get()))
        assert told() == {"approver": True, "second.approver": True}

    def test_somebody_who_approves_elsewhere_is_not_asked(self, ground: Ground) -> None:
        factories.make_person(
            "elsewhere@acme.example", {ground.organization: [("Approver", ground.destination)]}
        )
        asked(ground)
        assert "elsewhere" not in told()

    def test_again_what_still_asks_is_replaced(self, ground: Ground) -> None:
        request = asked(ground)
        tell(notifications.tell_submitted, ground, request, by=ground.requester)
        unread = Notice.objects.filter(read_at__isnull=True)
        assert sorted(row.user.email.partition("@")[0] for row in unread) == [
            "approver",
            "owner",
            "second.approver",
        ]
        assert Notice.objects.filter(read_at__isnull=False, email_due_at__isnull=True).count() == 3


class TestDeciders:
    def test_whoever_asks_later_neither_who_asked_nor_who_submitted(self, ground: Ground) -> None:
        assert deciders(ground, asked(ground, submitter=ground.owner)) == {"approver", "second_approver"}
        request = asked(ground, access=ground.owner, submitter=ground.requester)
        assert deciders(ground, request) == {"approver", "second_approver"}

    def test_named_ones_only(self, ground: Ground) -> None:
        rule(ground, "Dear", "second_approver", minimum_value=35)
        assert deciders(ground, asked(ground)) == {"second_approver"}

    def test_a_rule_that_is_not_met_names_nobody(self, ground: Ground) -> None:
        rule(ground, "Dear", "second_approver", minimum_value=36)
        rule(ground, "Asleep", "second_approver", is_active=False)
        assert deciders(ground, asked(ground)) == {"owner", "approver", "second_approver"}

    def test_whoever_counts_for_any_rule(self, ground: Ground) -> None:
        rule(ground, "One", "second_approver")
        rule(ground, "Two", "approver")
        assert deciders(ground, asked(ground)) == {"approver", "second_approver"}

    def test_who_is_named_without_the_right_is_not_asked(self, ground: Ground) -> None:
        rule(ground, "Dear", "second_approver", "viewer")
        assert deciders(ground, asked(ground)) == {"second_approver"}

    def test_who_stands_in_today_is_asked_too(self, ground: Ground) -> None:
        rule(ground, "Dear", "second_approver")
        delegate(ground, "second_approver", "approver")
        assert deciders(ground, asked(ground)) == {"second_approver", "approver"}

    @pytest.mark.parametrize(
        "fields",
        [
            {"revoked_at": NOW},
            {"starts_on": date(2020, 1, 1), "ends_on": date(2020, 1, 2)},
            {"starts_on": date(2120, 1, 1), "ends_on": date(2120, 1, 2)},
        ],
    )
    def test_not_on_other_days(self, ground: Ground, fields: dict[str, Any]) -> None:
        rule(ground, "Dear", "second_approver")
        delegate(ground, "second_approver", "approver", **fields)
        assert deciders(ground, asked(ground)) == {"second_approver"}

    def test_days_are_those_of_the_organization(self, ground: Ground) -> None:
        ground.organization.time_zone = "Pacific/Kiritimati"
        ground.organization.save()
        today = ground.organization.today()
        rule(ground, "Dear", "second_approver")
        delegate(ground, "second_approver", "approver", starts_on=today, ends_on=today)
        assert deciders(ground, asked(ground)) == {"second_approver", "approver"}

    def test_standing_in_takes_the_right(self, ground: Ground) -> None:
        rule(ground, "Dear", "second_approver")
        delegate(ground, "second_approver", "viewer")
        assert deciders(ground, asked(ground)) == {"second_approver"}

    def test_nobody_stands_in_for_who_asked(self, ground: Ground) -> None:
        rule(ground, "Dear", "owner", "second_approver")
        delegate(ground, "owner", "approver")
        assert deciders(ground, asked(ground, access=ground.owner)) == {"second_approver"}

    def test_who_has_approved_already_is_not_asked_again(self, ground: Ground) -> None:
        rule(ground, "Two of us", approvals=2)
        request = asked(ground)
        Approval.objects.create(
            organization=ground.organization,
            request=request,
            user=ground.people["approver"],
            version=request.version,
            actor_type="user",
            actor_id=ground.people["approver"].pk,
            actor_name="approver@acme.example",
        )
        assert deciders(ground, request) == {"owner", "second_approver"}


class TestDecided:
    def test_approved(self, ground: Ground) -> None:
        request = asked(ground)
        forget()
        RequestLine.objects.filter(request=request, sku=ground.skus[0]).update(approved=8, closed=2)
        RequestLine.objects.filter(request=request, sku=ground.skus[1]).update(approved=5)
        StockRequest.objects.filter(pk=request.pk).update(state=RequestState.APPROVED)
        tell(notifications.tell_approved, ground, request, reason="eight will do")
        assert told() == {"requester": True, "owner": False, "picker": False}
        row = Notice.objects.get(user=ground.people["requester"])
        assert (row.kind, row.title) == ("stock_request.approved", "SR-00001 is approved")
        assert row.text == (
            "Central → Clinic: 13 of 15 units, worth 35.00 EUR.\napprover@acme.example: eight will do"
        )
        assert row.path == reverse("admin:stock_requests_stockrequest_change", args=[request.pk])
        row = Notice.objects.get(user=ground.people["picker"])
        assert (row.kind, row.title) == ("stock_request.to_pick", "SR-00001 is ready to be picked")

    def test_a_requester_who_picks_is_told_once(self, ground: Ground) -> None:
        lines = [(ground.skus[0], 10)]
        request = factories.submitted_request(ground.source, ground.ward, lines, access=ground.picker)
        forget()
        tell(notifications.tell_approved, ground, request)
        assert told("approved") == {"picker": True}
        assert told() == {"picker": True, "owner": False}

    def test_a_requester_who_approves_for_themselves_is_not_told(self, ground: Ground) -> None:
        request = asked(ground, access=ground.owner)
        forget()
        tell(notifications.tell_approved, ground, request, by=ground.owner)
        assert told() == {"picker": False}

    @pytest.mark.parametrize(
        ("what", "kind", "title"),
        [
            (notifications.tell_rejected, "rejected", "SR-00001 is rejected"),
            (notifications.tell_cancelled, "cancelled", "SR-00001 is cancelled"),
        ],
    )
    def test_rejected_and_cancelled(
        self, ground: Ground, what: Callable[..., None], kind: str, title: str
    ) -> None:
        request = asked(ground)
        unread = Notice.objects.filter(read_at__isnull=True)
        assert unread.count() == 3
        tell(what, ground, request, reason="No budget")
        # Whoever was asked is not any more, and the mail that was not sent yet stays here.
        assert [row.user.email for row in unread] == ["requester@acme.example"]
        assert not Notice.objects.filter(kind="stock_request.waits", email_due_at__isnull=False).exists()
        assert told(kind) == {"requester": True}
        row = unread.get()
        assert (row.title, row.text) == (title, "Central → Clinic.\napprover@acme.example: No budget")
        assert row.path == reverse("admin:stock_requests_stockrequest_change", args=[request.pk])

    @pytest.mark.parametrize(
        "what",
        [notifications.tell_fulfilled, notifications.tell_cancelled, notifications.tell_rolled_back],
    )
    def test_there_is_nothing_to_pick_any_more(self, ground: Ground, what: Callable[..., None]) -> None:
        request, another = asked(ground), asked(ground)
        for each in (request, another):
            tell(notifications.tell_approved, ground, each)
        to_pick = Notice.objects.filter(kind="stock_request.to_pick", read_at__isnull=True)
        assert to_pick.count() == 4
        tell(what, ground, request)
        page = reverse("admin:stock_requests_stockrequest_change", args=[another.pk])
        assert [row.path for row in to_pick] == [page, page]

    def test_cancelled_by_the_requester(self, ground: Ground) -> None:
        request = asked(ground)
        tell(notifications.tell_cancelled, ground, request, by=ground.requester)
        assert not Notice.objects.filter(read_at__isnull=True).exists()
        assert told("cancelled") == {}

    def test_fulfilled(self, ground: Ground) -> None:
        request = asked(ground)
        forget()
        lines = RequestLine.objects.filter(request=request)
        lines.filter(sku=ground.skus[0]).update(approved=9, fulfilled=7, back_ordered=2, closed=1)
        lines.filter(sku=ground.skus[1]).update(approved=5, fulfilled=5)
        tell(notifications.tell_fulfilled, ground, request, by=ground.picker)
        assert told() == {"requester": True}
        row = Notice.objects.get()
        assert (row.kind, row.title) == ("stock_request.fulfilled", "SR-00001 is fulfilled")
        assert row.text == (
            "Central → Clinic: 12 of 15 units, 2 back-ordered, 1 not to come.\nBy picker@acme.example."
        )

    def test_substitutes_are_counted_once(self, ground: Ground) -> None:
        request = asked(ground)
        forget()
        lines = RequestLine.objects.filter(request=request)
        lines.filter(sku=ground.skus[0]).update(approved=0, substituted=10)
        lines.filter(sku=ground.skus[1]).update(approved=5)
        original = lines.get(sku=ground.skus[0])
        RequestLine.objects.create(
            request=request,
            position=3,
            sku=ground.skus[2],
            requested=10,
            approved=10,
            substitute_for=original,
        )
        tell(notifications.tell_approved, ground, request)
        text = Notice.objects.get(user=ground.people["requester"]).text
        assert text.startswith("Central → Clinic: 15 units, worth 65.00 EUR.\n")

    def test_nobody_is_behind_it(self, ground: Ground) -> None:
        request = factories.submitted_request(ground.source, ground.destination, [(ground.skus[0], 1)])
        forget()
        tell(notifications.tell_rejected, ground, request, reason="No")
        assert told() == {}


class TestRolledBack:
    def test_to_be_decided_again(self, ground: Ground) -> None:
        request = asked(ground)
        forget()
        tell(notifications.tell_rolled_back, ground, request, by=ground.picker, reason="Wrong lot")
        assert told("rolled_back") == {"requester": True}
        assert told("waits") == {"owner": True, "approver": True, "second.approver": True}
        assert {row.title for row in Notice.objects.all()} == {"SR-00001 waits for a decision again"}
        assert Notice.objects.get(kind="stock_request.rolled_back").text == (
            "Central → Clinic.\npicker@acme.example: Wrong lot"
        )

    def test_to_a_draft(self, ground: Ground) -> None:
        request = asked(ground)
        StockRequest.objects.filter(pk=request.pk).update(state=RequestState.DRAFT)
        tell(notifications.tell_rolled_back, ground, request, by=ground.owner)
        row = Notice.objects.get(read_at__isnull=True)
        assert (row.user, row.title) == (ground.people["requester"], "SR-00001 is draft again")


class TestMentioned:
    def mention(self, ground: Ground, request: StockRequest, by: Access, *names: str) -> None:
        comment = Comment.objects.create(
            organization=ground.organization,
            request=request,
            text="@viewer@acme.example how many are left?",
            actor_type="user",
            actor_id=by.actor.id,
            actor_name=by.actor.name,
        )
        users: list[User] = [ground.people[name] for name in names]
        tell(notifications.tell_mentioned, ground, request, by=by, comment=comment, users=users)

    def test_those_who_are_named(self, ground: Ground) -> None:
        request = asked(ground)
        forget()
        self.mention(ground, request, ground.requester, "viewer", "requester", "viewer")
        assert told() == {"viewer": True}
        row = Notice.objects.get()
        assert (row.kind, row.title) == (
            "stock_request.mentioned",
            "requester@acme.example names you on SR-00001",
        )
        assert row.text == "Central → Clinic.\n@viewer@acme.example how many are left?"
        assert row.path == reverse("admin:stock_requests_stockrequest_change", args=[request.pk])


def test_every_kind_says_why(ground: Ground) -> None:
    request = asked(ground)
    for what in (
        notifications.tell_approved,
        notifications.tell_rejected,
        notifications.tell_rolled_back,
        notifications.tell_cancelled,
        notifications.tell_fulfilled,
    ):
        tell(what, ground, request)
    TestMentioned().mention(ground, request, ground.requester, "viewer")
    mailed = set(Notice.objects.exclude(kind="stock_request.to_pick").values_list("kind", flat=True))
    assert len(mailed) == 7
    assert mailed == set(notifications.REASONS)
    assert all(notices.reasons[kind] for kind in mailed)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (notifications.tell_submitted, 12),
        (notifications.tell_approved, 8),
        (notifications.tell_rejected, 3),
        (notifications.tell_rolled_back, 15),
        (notifications.tell_cancelled, 4),
        (notifications.tell_fulfilled, 4),
    ],
)
def test_statements_do_not_grow_with_people_and_lines(
    ground: Ground, what: Callable[..., None], expected: int
) -> None:
    rule(ground, "Many", "approver", "second_approver", approvals=2)
    requests = [asked(ground)]
    lines = [(factories.make_sku(ground.organization), 1) for _ in range(20)]
    requests.append(
        factories.submitted_request(ground.source, ground.destination, lines, access=ground.requester)
    )
    access = ground.approver
    found = []
    for request in requests:
        request.refresh_from_db()
        loaded = StockRequest.objects.select_related(
            "from_warehouse", "to_warehouse", "to_room", "department", "requested_by"
        ).get(pk=request.pk)
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            what(access=access, request=loaded, at=NOW)
        found.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
        for number in range(15):
            person = factories.make_person(
                f"{request.name}-{number}@acme.example",
                {ground.organization: [("Approver", ground.source), ("Warehouse manager", ground.source)]},
            )
            ApprovalRule.objects.get().approvers.add(person)
    assert found == [expected, expected]


def test_what_is_told_fits_however_long_the_words_are(ground: Ground) -> None:
    request = asked(ground, note="x" * 500)
    tell(notifications.tell_rejected, ground, request, reason="y" * 500)
    assert max(len(row.text) for row in Notice.objects.all()) == 500
