"""The approvers' queue without its script: what is shown to whom, and every act as a plain form."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from inventory.history import history_of
from inventory.models import Reservation, StockLevel
from inventory.verification import verify
from stock_requests.decisions.approving import approve_request, reject_request
from stock_requests.drafting import ChangedLine, update_request
from stock_requests.models import ApprovalRule, RequestState, Snooze, StockRequest
from tests import factories
from tests.stock_requests.conftest import Ground
from warehouses import transactions

pytestmark = pytest.mark.django_db

PAGE = "/admin/stock_requests/stockrequest/approvals/"
ACT = f"{PAGE}act/"


def signed_in(ground: Ground, name: str) -> Client:
    client = Client()
    client.force_login(ground.people[name])
    return client


@pytest.fixture
def approver(ground: Ground) -> Client:
    return signed_in(ground, "approver")


def asked(ground: Ground, *units: int, **fields: Any) -> StockRequest:
    """A submitted request of the requester: so many units of each article."""
    lines = [(sku, number) for sku, number in zip(ground.skus, units, strict=False) if number]
    return factories.submitted_request(
        ground.source, ground.destination, lines, access=ground.requester, **fields
    )


def content(response: Any) -> str:
    assert response.status_code in {200, 409, 422}, response.status_code
    return html.unescape(response.content.decode())


def fields_of(page: str, deed: str) -> dict[str, str]:
    """The hidden fields of the form on the page that does this."""
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", page, re.DOTALL):
        found = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        if found.get("do") == deed:
            return {name: html.unescape(value) for name, value in found.items()}
    raise AssertionError(f"There is no form to {deed}.")


def form(client: Client, deed: str, address: str = PAGE) -> dict[str, str]:
    return fields_of(client.get(address).content.decode(), deed)


def rows_of(page: str) -> list[str]:
    return re.findall(r'<li class="ask[^"]*" data-row data-key="(req_\w+)"', page)


def test_the_first_of_the_queue_is_open(ground: Ground, approver: Client) -> None:
    first, second = asked(ground, 5, note="For Monday"), asked(ground, 7, 120)

    page = content(approver.get(PAGE))

    assert rows_of(page) == [first.public_id, second.public_id]
    assert f'<h2 id="detail-title" tabindex="-1">{first.name}</h2>' in page
    assert "For Monday" in page


def test_what_is_asked_for_stands_beside_what_there_is(ground: Ground, approver: Client) -> None:
    StockLevel.objects.filter(sku=ground.skus[1]).update(safety_stock=30)
    asked(ground, 5, 80, 101)

    page = content(approver.get(PAGE))

    cells = re.findall(r'<td class="number[^"]*" data-label="([^"]+)">(-?[\d,]+)(?:<small>([^<]*))?', page)
    assert cells == [
        ("Asked", "5", ""),
        ("Available now", "100", ""),
        ("After", "95", ""),
        ("On order", "0", ""),
        ("Asked", "80", ""),
        ("Available now", "100", ""),
        ("After", "20", "safety stock 30"),
        ("On order", "0", ""),
        ("Asked", "101", ""),
        ("Available now", "100", ""),
        ("After", "-1", "too little"),
        ("On order", "0", ""),
    ]
    assert "EUR 755.00" in page or "755.00" in page


def test_only_what_waits_for_the_caller_is_in_the_queue(ground: Ground, approver: Client) -> None:
    mine = asked(ground, 1)
    approved, own = asked(ground, 2), asked(ground, 3)
    transactions.run(lambda: approve_request(access=ground.second_approver, request=approved))
    StockRequest.objects.filter(pk=own.pk).update(requested_by=ground.people["approver"])
    elsewhere = factories.submitted_request(
        ground.destination, ground.source, [(ground.skus[0], 1)], access=ground.owner
    )

    page = content(approver.get(PAGE))

    assert rows_of(page) == [mine.public_id]
    assert elsewhere.name not in page


@pytest.mark.parametrize("name", ["requester", "picker", "viewer"])
def test_whoever_approves_nowhere_is_turned_away(ground: Ground, name: str) -> None:
    request = asked(ground, 5)
    client = signed_in(ground, name)

    assert client.get(PAGE).status_code == 403
    sent = {"do": "approve", "request": request.public_id, "version": "2"}
    assert client.post(ACT, sent).status_code == 403
    assert client.post(f"{PAGE}views/", {"do": "save_as", "name": "Mine"}).status_code == 403
    request.refresh_from_db()
    assert request.state == RequestState.SUBMITTED


def test_another_organizations_request_is_like_one_that_does_not_exist(
    ground: Ground, approver: Client
) -> None:
    bolt = factories.make_organization("Bolt")
    sku = factories.make_sku(bolt, "BOLT-1")
    place = factories.make_warehouse(bolt, "Depot")
    factories.stock(sku, place, 10)
    foreign = factories.submitted_request(place, None, [(sku, 1)])

    for named in (foreign.public_id, "req_01hx000000e008000000000099", "nonsense", "wh_x"):
        assert approver.get(PAGE, {"request": named}).status_code == 404
        sent = {"do": "approve", "request": named, "version": str(foreign.version)}
        assert approver.post(ACT, sent).status_code == 404
        undone = {"do": "undo", "done": f"{named}:2"}
        assert approver.post(ACT, undone).status_code == 404
    told = approver.post(ACT, {"do": "bulk", "chosen": f"{foreign.public_id}:{foreign.version}"}, follow=True)
    assert "0 approved, 1 skipped" in content(told)
    assert foreign.name not in content(told)
    foreign.refresh_from_db()
    assert foreign.state == RequestState.SUBMITTED


# --- deciding


def test_approving_goes_on_to_the_next_and_offers_to_undo(ground: Ground, approver: Client) -> None:
    first, second, third = asked(ground, 5), asked(ground, 6), asked(ground, 7)
    address = f"{PAGE}?sort=newest&request={second.public_id}"

    answer = approver.post(ACT, form(approver, "approve", address))

    assert answer.status_code == 302
    assert answer["Location"] == f"{PAGE}?sort=newest&request={first.public_id}"
    page = content(approver.get(answer["Location"]))
    assert f"{second.name} approved." in page
    assert fields_of(page, "undo")["done"] == f"{second.public_id}:{second.version + 1}"
    assert rows_of(page) == [third.public_id, first.public_id]
    second.refresh_from_db()
    assert second.state == RequestState.APPROVED
    assert Reservation.objects.get(document_id=second.pk).quantity == 6
    assert "approved." not in content(approver.get(answer["Location"]))


def test_the_last_one_leaves_a_clear_queue_that_says_who_cleared_it(ground: Ground, approver: Client) -> None:
    asked(ground, 5)

    page = content(approver.post(ACT, form(approver, "approve"), follow=True))

    assert "Queue clear" in page
    assert "by approver@acme.example" in page
    assert rows_of(page) == []


def test_undoing_restores_what_is_available_and_opens_the_request_again(
    ground: Ground, approver: Client
) -> None:
    first, _second = asked(ground, 5, 7), asked(ground, 6)
    before = list(StockLevel.objects.order_by("pk").values_list("sku", "on_hand", "reserved", "held"))
    page = content(approver.post(ACT, form(approver, "approve"), follow=True))
    assert list(StockLevel.objects.order_by("pk").values_list("sku", "on_hand", "reserved", "held")) != before

    answer = approver.post(ACT, fields_of(page, "undo"))

    assert answer["Location"] == f"{PAGE}?request={first.public_id}"
    assert f"Undone: {first.name} waits again." in content(approver.get(answer["Location"]))
    first.refresh_from_db()
    assert first.state == RequestState.SUBMITTED
    assert list(StockLevel.objects.order_by("pk").values_list("sku", "on_hand", "reserved", "held")) == before
    actions = [(change.action, change.to_state) for change in history_of([first])[first.pk]]
    assert actions[-2:] == [("approve", "approved"), ("rollback", "submitted")]
    assert list(verify()) == []


def test_what_has_happened_since_is_not_undone(ground: Ground, approver: Client) -> None:
    first = asked(ground, 5)
    page = content(approver.post(ACT, form(approver, "approve"), follow=True))
    undo = fields_of(page, "undo")
    StockRequest.objects.filter(pk=first.pk).update(version=first.version + 5)

    told = content(approver.post(ACT, undo, follow=True))

    assert f"{first.name} cannot be undone:" in told
    first.refresh_from_db()
    assert first.state == RequestState.APPROVED


def test_a_rejection_takes_its_reason_from_the_list_and_is_undone(ground: Ground, approver: Client) -> None:
    request = asked(ground, 5)
    sent = form(approver, "reject") | {"reason": "2", "reason-text": "20 are enough"}

    page = content(approver.post(ACT, sent, follow=True))

    assert f"{request.name} rejected: Too many asked for: 20 are enough" in page
    request.refresh_from_db()
    assert request.state == RequestState.REJECTED
    assert history_of([request])[request.pk][-1].note == "Too many asked for: 20 are enough"
    approver.post(ACT, fields_of(page, "undo"))
    request.refresh_from_db()
    assert request.state == RequestState.SUBMITTED


@pytest.mark.parametrize("reason", [{}, {"reason": "9"}, {"reason": "12", "reason-text": "  "}])
def test_a_rejection_without_a_reason_comes_back_open(
    ground: Ground, approver: Client, reason: dict[str, str]
) -> None:
    request = asked(ground, 5)

    answer = approver.post(ACT, form(approver, "reject") | reason)

    assert answer.status_code == 422
    page = content(answer)
    assert f"Say why {request.name} is rejected." in page
    assert '<section id="reject" class="decide-panel is-open"' in page
    request.refresh_from_db()
    assert request.state == RequestState.SUBMITTED


def quantity(request: StockRequest, position: int) -> str:
    return f"quantity-{request.lines.order_by('position')[position].public_id}"


def edited(client: Client, **typed: str) -> dict[str, str]:
    return form(client, "approve") | {"edited": "1"} | typed


def test_less_is_approved_and_the_rest_is_back_ordered(ground: Ground, approver: Client) -> None:
    request = asked(ground, 5, 7)
    typed = {quantity(request, 0): "3", quantity(request, 1): "7"}

    page = content(
        approver.post(ACT, edited(approver, **typed, remainder="back_order", cut="1"), follow=True)
    )

    assert f"{request.name} approved, with less than asked for." in page
    lines = list(request.lines.order_by("position").values_list("approved", "back_ordered", "closed"))
    assert lines == [(3, 2, 0), (7, 0, 0)]
    assert request.lines.order_by("position")[0].change_reason == "Not enough stock"
    assert sum(Reservation.objects.filter(document_id=request.pk).values_list("quantity", flat=True)) == 10


@pytest.mark.parametrize(
    ("units", "told"),
    [
        ("x", "Enter a whole number of units, 0 or more."),
        ("-1", "Enter a whole number of units, 0 or more."),
        ("9" * 40, "Enter a whole number of units, 0 or more."),
        ("٣", "Enter a whole number of units, 0 or more."),
        ("6", "5"),
    ],
)
def test_a_bad_quantity_is_told_at_its_line_and_all_that_was_typed_is_kept(
    ground: Ground, approver: Client, units: str, told: str
) -> None:
    request = asked(ground, 5, 7)
    name = quantity(request, 0)

    answer = approver.post(ACT, edited(approver, **{name: units, quantity(request, 1): "7"}))

    page = content(answer)
    assert answer.status_code == 422
    assert "There is a problem" in page
    assert '<section id="edit" class="decide-panel is-open"' in page
    assert f'value="{units}"' in page
    fault = re.search(rf'id="fault-{name.removeprefix("quantity-")}">([^<]*)<', page)
    assert fault is not None
    assert told in fault.group(1)
    request.refresh_from_db()
    assert request.state == RequestState.SUBMITTED


def test_less_than_asked_for_needs_a_reason(ground: Ground, approver: Client) -> None:
    request = asked(ground, 5)

    answer = approver.post(ACT, edited(approver, **{quantity(request, 0): "4"}))

    assert answer.status_code == 422
    page = content(answer)
    assert re.search(r"<li>[^<]*GLOVES[^<]*</li>", page)
    assert '<section id="edit" class="decide-panel is-open"' in page
    assert 'value="4"' in page
    request.refresh_from_db()
    assert request.state == RequestState.SUBMITTED


def test_too_little_stock_opens_the_quantities_with_the_fault_at_its_line(
    ground: Ground, approver: Client
) -> None:
    request = asked(ground, 5, 101)

    answer = approver.post(ACT, form(approver, "approve"))

    assert answer.status_code == 422
    page = content(answer)
    assert '<section id="edit" class="decide-panel is-open"' in page
    faults = re.findall(r'id="fault-(rql_\w+)"', page)
    assert faults == [request.lines.order_by("position")[1].public_id]
    assert not Reservation.objects.exists()


def test_one_of_two_approvals_counts_and_is_taken_back(ground: Ground, approver: Client) -> None:
    ApprovalRule.objects.create(organization=ground.organization, name="Two of us", approvals=2)
    request = asked(ground, 5)

    page = content(approver.post(ACT, form(approver, "approve"), follow=True))

    assert f"{request.name}: your approval counts, more are needed." in page
    assert rows_of(page) == []
    other = signed_in(ground, "second_approver")
    assert '<span class="needs-count">1 of 2</span> Two of us: approver@acme.example' in content(
        other.get(PAGE)
    )
    approver.post(ACT, fields_of(page, "undo"))
    assert rows_of(content(approver.get(PAGE))) == [request.public_id]
    assert '<span class="needs-count">0 of 2</span>' in content(other.get(PAGE))


# --- others, at the same time


def test_what_somebody_else_has_decided_is_told_and_the_queue_goes_on(
    ground: Ground, approver: Client
) -> None:
    ground.people["second_approver"].name = "Ben"
    ground.people["second_approver"].save()
    first, second = asked(ground, 5), asked(ground, 6)
    sent = form(approver, "approve")
    transactions.run(
        lambda: reject_request(access=ground.second_approver, request=first, reason="Wrong item")
    )

    answer = approver.post(ACT, sent)

    assert answer["Location"] == f"{PAGE}?request={second.public_id}"
    page = content(approver.get(answer["Location"]))
    assert f"Ben rejected {first.name} just now." in page
    assert "told-alert" in page
    first.refresh_from_db()
    assert first.state == RequestState.REJECTED


def test_the_link_to_what_is_decided_says_by_whom_and_shows_no_forms(
    ground: Ground, approver: Client
) -> None:
    first, second = asked(ground, 5), asked(ground, 6)
    transactions.run(lambda: approve_request(access=ground.second_approver, request=first))

    page = content(approver.get(PAGE, {"request": first.public_id}))

    assert f"second.approver@acme.example approved {first.name} just now." in page
    assert f'<h2 id="detail-title" tabindex="-1">{first.name}</h2>' in page
    assert rows_of(page) == [second.public_id]
    with pytest.raises(AssertionError, match="no form to approve"):
        fields_of(page, "approve")


def test_a_request_that_has_changed_shows_what_was_and_what_is(ground: Ground, approver: Client) -> None:
    ground.people["requester"].name = "Rita"
    ground.people["requester"].save()
    request = asked(ground, 5, 7, note="Soon")
    name = quantity(request, 1)
    sent = edited(approver, **{quantity(request, 0): "3", name: "7"}, cut="2")
    line = request.lines.order_by("position")[0]

    lines = [
        ChangedLine(line.pk, None, 9),
        ChangedLine(None, ground.skus[2], 4, index=1),
    ]
    transactions.run(
        lambda: update_request(
            access=ground.requester, request=request, changes={"lines": lines, "note": "At once"}
        )
    )

    answer = approver.post(ACT, sent)

    assert answer.status_code == 409
    page = content(answer)
    assert "Rita changed it just now." in page
    changes = re.findall(
        r'<th scope="row">([^<]*)</th><td><del>([^<]*)</del></td><td><ins>([^<]*)</ins></td>', page
    )
    assert changes == [
        ("Note", "Soon", "At once"),
        ("GLOVES (line 1)", "5", "9"),
        ("SALINE (line 3)", "nothing", "4"),
        ("MASKS (line 2)", "7", "nothing"),
    ] or changes == [
        ("Note", "Soon", "At once"),
        ("GLOVES (line 1)", "5", "9"),
        ("SALINE (line 2)", "nothing", "4"),
        ("MASKS (line 2)", "7", "nothing"),
    ]
    assert 'value="3"' in page
    assert '<section id="edit" class="decide-panel is-open"' in page
    assert fields_of(page, "approve")["version"] == str(request.version + 1)
    request.refresh_from_db()
    assert request.state == RequestState.SUBMITTED


@pytest.mark.parametrize("seen", ["", "no json", "[1]", "null", '{"Note": {"a": [1]}}'])
def test_whatever_is_sent_as_seen_is_no_error(ground: Ground, approver: Client, seen: str) -> None:
    asked(ground, 5)
    sent = form(approver, "approve") | {"seen": seen, "version": "1"}

    assert approver.post(ACT, sent).status_code == 409


def test_a_form_without_the_version_that_was_seen_decides_nothing(ground: Ground, approver: Client) -> None:
    request = asked(ground, 5)
    for version in ("", "x", "-1", "9" * 30):
        sent = form(approver, "approve") | {"version": version}
        assert approver.post(ACT, sent).status_code == 422
    request.refresh_from_db()
    assert request.state == RequestState.SUBMITTED


def test_a_form_that_is_sent_twice_acts_once_and_tells_the_same(ground: Ground, approver: Client) -> None:
    request = asked(ground, 5)
    asked(ground, 6)
    sent = form(approver, "approve")

    first = content(approver.post(ACT, sent, follow=True))
    second = content(approver.post(ACT, sent, follow=True))

    for page in (first, second):
        assert f"{request.name} approved." in page
        assert fields_of(page, "undo")["done"] == f"{request.public_id}:{request.version + 1}"
    assert [change.action for change in history_of([request])[request.pk]].count("approve") == 1


def test_one_form_acts_without_the_token_too(ground: Ground, approver: Client) -> None:
    request = asked(ground, 5)
    sent = form(approver, "approve") | {"token": "none of ours"}

    approver.post(ACT, sent)

    request.refresh_from_db()
    assert request.state == RequestState.APPROVED


def test_a_post_without_the_cookie_of_the_site_is_refused(ground: Ground) -> None:
    request = asked(ground, 5)
    client = Client(enforce_csrf_checks=True)
    client.force_login(ground.people["approver"])

    sent = form(client, "approve")
    token = sent.pop("csrfmiddlewaretoken")
    assert client.post(ACT, sent).status_code == 403
    assert client.post(f"{PAGE}views/", {"do": "save_as", "name": "Mine"}).status_code == 403
    assert client.get(ACT).status_code == 405
    request.refresh_from_db()
    assert request.state == RequestState.SUBMITTED
    assert client.post(ACT, sent | {"csrfmiddlewaretoken": token}).status_code == 302


@pytest.mark.parametrize("deed", ["", "delete", "__class__"])
def test_an_act_that_there_is_not_is_a_bad_request(ground: Ground, approver: Client, deed: str) -> None:
    asked(ground, 5)

    assert approver.post(ACT, {"do": deed}).status_code == 400


# --- putting off


def test_what_is_put_off_leaves_the_queue_until_tomorrow(ground: Ground, approver: Client) -> None:
    first, second = asked(ground, 5), asked(ground, 6)

    page = content(approver.post(ACT, form(approver, "snooze"), follow=True))

    assert rows_of(page) == [second.public_id]
    snooze = Snooze.objects.get(request=first)
    until = timezone.localtime(snooze.until, ground.organization.zone)
    assert until.date() == ground.organization.today() + timedelta(days=1)
    assert until.hour == until.minute == 0
    asleep = content(approver.get(PAGE, {"show": "snoozed"}))
    assert rows_of(asleep) == [first.public_id]
    assert rows_of(content(signed_in(ground, "second_approver").get(PAGE))) == [
        first.public_id,
        second.public_id,
    ]
    approver.post(ACT, fields_of(page, "undo"))
    assert rows_of(content(approver.get(PAGE))) == [first.public_id, second.public_id]


def test_what_is_put_off_is_woken(ground: Ground, approver: Client) -> None:
    first = asked(ground, 5)
    page = content(approver.post(ACT, form(approver, "snooze"), follow=True))
    assert "1 request that you have put off comes back later" in page

    approver.post(ACT, form(approver, "wake", f"{PAGE}?show=snoozed"))

    assert rows_of(content(approver.get(PAGE))) == [first.public_id]


# --- for the script: the same addresses, answered with the part that changes


def test_the_script_is_answered_with_the_part_that_changes(ground: Ground, approver: Client) -> None:
    first, second = asked(ground, 5), asked(ground, 6)

    answer = approver.post(ACT, form(approver, "approve"), headers={"X-Approvals": "part"})

    assert answer.status_code == 200
    assert answer["X-Approvals-Address"] == f"{PAGE}?request={second.public_id}"
    page = content(answer)
    assert "<html" not in page
    assert f"{first.name} approved." in page
    assert f'<h2 id="detail-title" tabindex="-1">{second.name}</h2>' in page
    assert rows_of(page) == [second.public_id]
    assert "approved." not in content(approver.get(PAGE))  # told once, and not again by the session


def test_looking_ahead_answers_one_request_and_uses_nothing_up(ground: Ground, approver: Client) -> None:
    first, second, third = asked(ground, 5), asked(ground, 6), asked(ground, 7)
    approver.post(ACT, form(approver, "approve"))

    ahead = approver.get(PAGE, {"request": third.public_id}, headers={"X-Approvals": "detail"})

    page = content(ahead)
    assert f'<h2 id="detail-title" tabindex="-1">{third.name}</h2>' in page
    assert rows_of(page) == []
    assert second.name not in page
    assert f"{first.name} approved." in content(approver.get(PAGE))


def test_whoever_may_not_roll_back_is_not_offered_to_undo(ground: Ground) -> None:
    role = Group.objects.create(name="Only approves")
    reads = ("stockrequests_read", "stockrequests_approve")
    role.permissions.set(Permission.objects.filter(codename__in=reads, content_type__model="organization"))
    person = factories.make_person("nora@acme.example", {ground.organization: ["Only approves"]})
    request = asked(ground, 5)
    client = Client()
    client.force_login(person)

    page = content(client.post(ACT, form(client, "approve"), follow=True))

    assert f"{request.name} approved." in page
    with pytest.raises(AssertionError, match="no form to undo"):
        fields_of(page, "undo")


def test_the_stock_of_a_source_is_for_those_who_may_read_there(ground: Ground) -> None:
    role = Group.objects.create(name="Blind")
    role.permissions.set(Permission.objects.filter(codename="stockrequests_approve"))
    person = factories.make_person(
        "nora@acme.example",
        {ground.organization: [("Blind", ground.source), ("Viewer", ground.destination)]},
    )
    asked(ground, 500)
    client = Client()
    client.force_login(person)

    page = content(client.get(PAGE, headers={"X-Approvals": "part"}))

    assert "not yours to see" in page
    assert "Short" not in page
    assert 'data-label="Available now"' not in page
    assert "too little" not in page
