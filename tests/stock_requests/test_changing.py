"""Changing a request: as a draft freely, while it waits at the price of the approvals so far."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.history import history_of
from inventory.models import StateChange
from stock_requests import drafting
from stock_requests.drafting import MOST_LINES, ChangedLine, Destination, WantedLine, add_line, update_request
from stock_requests.models import Approval, Priority, RequestLine, RequestState, StockRequest
from stock_requests.states import require_version
from tests import factories
from tests.stock_requests.conftest import Ground
from tests.stock_requests.refusals import refused
from warehouses import transactions
from warehouses.access import Access, access_of_key
from warehouses.models import ApiKey

pytestmark = pytest.mark.django_db


def draft(ground: Ground, **fields: Any) -> StockRequest:
    gloves, masks, _saline = ground.skus
    return factories.make_request(
        ground.source, ground.destination, [(gloves, 10), (masks, 5)], access=ground.requester, **fields
    )


def submitted(ground: Ground) -> StockRequest:
    gloves, masks, _saline = ground.skus
    return factories.submitted_request(
        ground.source, ground.destination, [(gloves, 10), (masks, 5)], access=ground.requester
    )


def update(access: Access, request: StockRequest, **changes: Any) -> StockRequest:
    return transactions.run(lambda: update_request(access=access, request=request, changes=changes))


def decided(request: StockRequest, ground: Ground) -> RequestLine:
    """As if one of two had approved: the first line cut, and one of its units coming as another article."""
    Approval.objects.create(
        organization=ground.organization,
        request=request,
        user=ground.people["approver"],
        version=request.version,
        actor_type="user",
        actor_id=ground.people["approver"].pk,
        actor_name="approver@acme.example",
    )
    first, second = request.lines.order_by("position")
    RequestLine.objects.filter(pk=first.pk).update(
        approved=6, substituted=1, back_ordered=2, closed=1, change_reason="Too many"
    )
    RequestLine.objects.filter(pk=second.pk).update(approved=5)
    return RequestLine.objects.create(
        request=request,
        position=3,
        sku=ground.skus[2],
        requested=1,
        approved=1,
        substitute_for=first,
    )


def content(request: StockRequest) -> list[tuple[int, str, int, str]]:
    return list(request.lines.values_list("position", "sku__code", "requested", "note"))


def last(request: StockRequest) -> StateChange:
    return history_of([request])[request.pk][-1]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Who may decide is told, as (number, reason)."""
    calls: list[tuple[str, str]] = []

    def tell(*, request: StockRequest, reason: str, **_others: Any) -> None:
        calls.append((request.name, reason))

    monkeypatch.setattr("stock_requests.drafting.changing.tell_submitted", tell)
    return calls


# --- fields


def test_every_field_changes_at_once(ground: Ground) -> None:
    request = draft(ground)
    category = factories.make_category(ground.organization, "Consumables")
    changed = update(
        ground.owner,
        request,
        from_warehouse=ground.destination,
        to=Destination(room=ground.ward),
        category=category,
        priority=Priority.URGENT,
        needed_by=date(2031, 1, 2),
        note="Changed",
    )
    request.refresh_from_db()
    assert request.version == changed.version == 2
    assert (request.from_warehouse, request.to_warehouse, request.to_room) == (
        ground.destination,
        ground.source,
        ground.ward,
    )
    assert (request.category, request.priority, request.needed_by, request.note, request.state) == (
        category,
        Priority.URGENT,
        date(2031, 1, 2),
        "Changed",
        "draft",
    )
    change = last(request)
    assert (change.action, change.from_state, change.to_state) == ("edit", "draft", "draft")
    assert (change.actor_name, change.quantity) == ("owner@acme.example", 15)
    assert change.note == (
        "from Central → Clinic; to Clinic → Central, Ward 3; category none → Consumables;"
        " priority normal → urgent; needed by no day → 2031-01-02; note"
    )
    assert content(request) == [(1, "GLOVES", 10, ""), (2, "MASKS", 5, "")]


def test_what_can_be_empty_is_emptied(ground: Ground) -> None:
    category = factories.make_category(ground.organization)
    request = draft(ground, category=category, needed_by=date(2031, 1, 2), note="Note")
    update(ground.owner, request, to=Destination(), category=None, needed_by=None, note="")
    request.refresh_from_db()
    assert (request.to_warehouse, request.category, request.needed_by, request.note) == (None, None, None, "")


def test_what_is_not_named_stays(ground: Ground) -> None:
    category = factories.make_category(ground.organization)
    request = draft(ground, category=category, needed_by=date(2031, 1, 2), note="Note")
    update(ground.requester, request, priority=Priority.LOW)
    request.refresh_from_db()
    assert (request.to_warehouse, request.category, request.needed_by, request.note, request.priority) == (
        ground.destination,
        category,
        date(2031, 1, 2),
        "Note",
        Priority.LOW,
    )


def test_a_change_that_changes_nothing_writes_nothing(ground: Ground) -> None:
    request = submitted(ground)
    decided(request, ground)
    first, second = request.lines.filter(substitute_for=None).order_by("position")
    same = [ChangedLine(first.pk, None, 10), ChangedLine(second.pk, second.sku, 5, index=1)]
    changed = update(
        ground.requester,
        request,
        from_warehouse=ground.source,
        to=Destination(ground.destination),
        priority=Priority.NORMAL,
        note="",
        lines=same,
    )
    assert changed.version == request.version == 2
    assert [change.action for change in history_of([request])[request.pk]] == ["create", "submit"]
    assert request.approvals.get().withdrawn_at is None
    assert request.lines.count() == 3


# --- lines


def test_lines_are_changed_added_removed_and_reordered(ground: Ground) -> None:
    _gloves, _masks, saline = ground.skus
    request = draft(ground)
    first, second = request.lines.order_by("position")
    update(
        ground.requester,
        request,
        lines=[
            ChangedLine(None, saline, 3, "new", index=0),
            ChangedLine(second.pk, None, 7, "more", index=1),
        ],
    )
    assert content(request) == [(1, "SALINE", 3, "new"), (2, "MASKS", 7, "more")]
    assert request.lines.get(position=2).pk == second.pk
    assert not RequestLine.objects.filter(pk=first.pk).exists()
    assert last(request).note == "lines: 1 added, 1 changed, 1 removed"
    assert last(request).quantity == 10
    request.refresh_from_db()
    assert request.version == 2


def test_lines_are_put_into_another_order(ground: Ground) -> None:
    request = draft(ground)
    first, second = request.lines.order_by("position")
    update(
        ground.requester,
        request,
        lines=[ChangedLine(second.pk, None, 5), ChangedLine(first.pk, None, 10, index=1)],
    )
    assert list(request.lines.values_list("pk", "position")) == [(second.pk, 1), (first.pk, 2)]
    assert last(request).note == "lines: in another order"


def test_a_line_gets_another_sku(ground: Ground) -> None:
    request = draft(ground)
    first = request.lines.get(position=1)
    update(ground.requester, request, lines=[ChangedLine(first.pk, ground.skus[2], 10)])
    assert content(request) == [(1, "SALINE", 10, "")]


def test_all_lines_may_go(ground: Ground) -> None:
    request = draft(ground)
    update(ground.requester, request, lines=[])
    assert content(request) == []
    assert (last(request).note, last(request).quantity) == ("lines: 2 removed", 0)


def test_every_bad_line_is_named(ground: Ground) -> None:
    request = draft(ground)
    first, second = request.lines.order_by("position")
    others = factories.make_request(ground.source, ground.destination, [(ground.skus[0], 1)])
    foreign = factories.make_sku(factories.make_organization("Other"), "THEIRS")
    lines = [
        ChangedLine(first.pk, None, 0, index=0),
        ChangedLine(first.pk, None, 1, index=1),
        ChangedLine(others.lines.get().pk, None, 1, index=2),
        ChangedLine(None, None, 1, index=3),
        ChangedLine(None, foreign, 1, index=4),
        ChangedLine(second.pk, foreign, 1, index=5),
        ChangedLine(None, ground.skus[0], 1, "x" * 201, index=6),
    ]
    assert refused(
        lambda: update_request(access=ground.requester, request=request, changes={"lines": lines})
    ) == (
        "RuleBroken",
        "BATCH_REFUSED",
        [
            ("INVALID_QUANTITY", 0, "quantity"),
            ("DUPLICATE_ROW", 1, "line"),
            ("REQUEST_LINE_NOT_FOUND", 2, "line"),
            ("INVALID_REQUEST", 3, "sku"),
            ("INVENTORY_NOT_FOUND", 4, "sku"),
            ("INVENTORY_NOT_FOUND", 5, "sku"),
            ("INVALID_INPUT", 6, "note"),
        ],
    )
    assert content(request) == [(1, "GLOVES", 10, ""), (2, "MASKS", 5, "")]
    request.refresh_from_db()
    assert request.version == 1


def test_a_request_keeps_to_its_most_lines(ground: Ground) -> None:
    request = draft(ground)
    lines = [ChangedLine(None, ground.skus[0], 1, index=index) for index in range(MOST_LINES + 1)]
    assert refused(
        lambda: update_request(access=ground.owner, request=request, changes={"lines": lines})
    ) == ("InvalidInput", "INVALID_REQUEST", [])
    update(ground.owner, request, lines=lines[:-1])
    assert refused(
        lambda: add_line(access=ground.owner, request=request, line=WantedLine(ground.skus[0], 1))
    ) == ("RuleBroken", "TOO_MANY_LINES", [])
    assert request.lines.count() == MOST_LINES


def test_a_note_that_cannot_be_kept_is_refused(ground: Ground) -> None:
    request = draft(ground)
    assert refused(
        lambda: update_request(access=ground.owner, request=request, changes={"note": "x" * 501})
    ) == ("InvalidInput", "INVALID_INPUT", [("INVALID_INPUT", None, "note")])
    request.refresh_from_db()
    assert (request.note, request.version) == ("", 1)


# --- one line more


def test_a_line_is_added_at_the_end(ground: Ground) -> None:
    request = draft(ground)
    line = transactions.run(
        lambda: add_line(access=ground.requester, request=request, line=WantedLine(ground.skus[2], 4, "cold"))
    )
    assert (line.position, line.sku.code, line.requested, line.approved, line.note) == (
        3,
        "SALINE",
        4,
        None,
        "cold",
    )
    assert content(request) == [(1, "GLOVES", 10, ""), (2, "MASKS", 5, ""), (3, "SALINE", 4, "cold")]
    request.refresh_from_db()
    assert request.version == 2
    change = last(request)
    assert (change.action, change.from_state, change.to_state, change.quantity, change.note) == (
        "add_line",
        "draft",
        "draft",
        4,
        "4 × SALINE",
    )


def test_a_bad_line_is_not_added(ground: Ground) -> None:
    request = draft(ground)
    foreign = factories.make_sku(factories.make_organization("Other"), "THEIRS")
    for line, kind, code, field in (
        (WantedLine(ground.skus[0], 0), "InvalidInput", "INVALID_QUANTITY", "quantity"),
        (WantedLine(foreign, 1), "NotFound", "INVENTORY_NOT_FOUND", "sku"),
    ):
        assert refused(lambda line=line: add_line(access=ground.owner, request=request, line=line)) == (
            kind,
            code,
            [(code, 0, field)],
        )
    assert request.lines.count() == 2


# --- while it waits


def test_an_edit_while_it_waits_withdraws_the_approvals(ground: Ground, told: list[tuple[str, str]]) -> None:
    request = submitted(ground)
    decided(request, ground)
    update(ground.requester, request, priority=Priority.HIGH)
    approval = request.approvals.get()
    request.refresh_from_db()
    assert (request.state, request.version) == ("submitted", 3)
    assert approval.withdrawn_at is not None
    columns = "approved substituted back_ordered closed change_reason".split()
    assert list(request.lines.values_list("sku__code", *columns)) == [
        ("GLOVES", None, 0, 0, 0, ""),
        ("MASKS", None, 0, 0, 0, ""),
    ]
    change = last(request)
    assert (change.action, change.from_state, change.to_state) == ("edit", "submitted", "submitted")
    assert change.note == ("priority normal → high; 1 approval withdrawn; no longer substituted: 1 × SALINE")
    assert told == [("SR-00001", change.note)]


def test_lines_changed_while_it_waits_are_asked_for_anew(ground: Ground) -> None:
    request = submitted(ground)
    substitute = decided(request, ground)
    first = request.lines.get(position=1)
    # A substitute is the approver's, not a line that the requester has.
    lines = [ChangedLine(first.pk, None, 9), ChangedLine(substitute.pk, None, 1, index=1)]
    assert refused(
        lambda: update_request(access=ground.requester, request=request, changes={"lines": lines})
    ) == ("NotFound", "REQUEST_LINE_NOT_FOUND", [("REQUEST_LINE_NOT_FOUND", 1, "line")])
    assert request.approvals.get().withdrawn_at is None
    update(ground.requester, request, lines=lines[:1])
    line = request.lines.get()
    assert (line.pk, line.requested, line.approved, line.substituted, line.change_reason) == (
        first.pk,
        9,
        None,
        0,
        "",
    )
    assert request.approvals.get().withdrawn_at is not None


def test_a_line_added_while_it_waits_withdraws_the_approvals(
    ground: Ground, told: list[tuple[str, str]]
) -> None:
    request = submitted(ground)
    decided(request, ground)
    transactions.run(
        lambda: add_line(access=ground.requester, request=request, line=WantedLine(ground.skus[0], 1))
    )
    assert request.approvals.get().withdrawn_at is not None
    assert set(request.lines.values_list("approved", flat=True)) == {None}
    assert content(request) == [(1, "GLOVES", 10, ""), (2, "MASKS", 5, ""), (3, "GLOVES", 1, "")]
    assert last(request).note == "1 × GLOVES; 1 approval withdrawn; no longer substituted: 1 × SALINE"
    assert len(told) == 1


def test_nobody_is_told_of_an_edit_that_withdraws_nothing(
    ground: Ground, told: list[tuple[str, str]]
) -> None:
    update(ground.requester, submitted(ground), priority=Priority.HIGH)
    assert told == []


# --- who, and when


def test_whoever_may_write_at_either_end_changes_it(ground: Ground) -> None:
    request = draft(ground)
    for version, name in enumerate(("requester", "picker", "approver", "owner"), start=2):
        note = f"of {name}"
        assert update(ground.access(name), request, note=note).version == version
    assert refused(lambda: update_request(access=ground.viewer, request=request, changes={"note": "x"})) == (
        "Forbidden",
        "PERMISSION_DENIED",
        [],
    )
    assert refused(
        lambda: add_line(access=ground.viewer, request=request, line=WantedLine(ground.skus[0], 1))
    ) == ("Forbidden", "PERMISSION_DENIED", [])
    request.refresh_from_db()
    assert (request.note, request.version) == ("of owner", 5)


def test_another_organizations_request_is_not_there(ground: Ground) -> None:
    request = draft(ground)
    other = factories.make_organization("Other")
    factories.make_key(other, ["stockrequests.read", "stockrequests.write"])
    access = access_of_key(ApiKey.objects.get(organization=other))
    for work in (
        lambda: update_request(access=access, request=request, changes={"note": "x"}),
        lambda: add_line(access=access, request=request, line=WantedLine(ground.skus[0], 1)),
        lambda: drafting.submit_request(access=access, request=request),
        lambda: drafting.delete_request(access=access, request=request),
    ):
        assert refused(work) == ("NotFound", "STOCK_REQUEST_NOT_FOUND", [])
    request.refresh_from_db()
    assert (request.version, request.state, request.deleted_at) == (1, "draft", None)


def test_new_ends_must_be_seen_and_one_of_them_ones_own(ground: Ground) -> None:
    request = draft(ground)
    hidden = factories.make_warehouse(ground.organization, "Hidden")
    foreign = factories.make_organization("Other").warehouses.get()
    for changes, kind, code, field in (
        ({"from_warehouse": hidden}, "NotFound", "WAREHOUSE_NOT_FOUND", "from_warehouse"),
        ({"from_warehouse": foreign}, "NotFound", "WAREHOUSE_NOT_FOUND", "from_warehouse"),
        ({"to": Destination(hidden)}, "NotFound", "WAREHOUSE_NOT_FOUND", "to_warehouse"),
        ({"to": Destination(foreign)}, "NotFound", "WAREHOUSE_NOT_FOUND", "to_warehouse"),
        # What is left are two ends at which the requester may only read.
        ({"to": Destination()}, "Forbidden", "PERMISSION_DENIED", "from_warehouse"),
        ({"to": Destination(ground.source)}, "Forbidden", "PERMISSION_DENIED", "from_warehouse"),
        ({"from_warehouse": ground.destination}, "RuleBroken", "SAME_LOCATION", "to_warehouse"),
    ):
        assert refused(
            lambda changes=changes: update_request(access=ground.requester, request=request, changes=changes)
        ) == (kind, code, [(code, None, field)])
    request.refresh_from_db()
    assert (request.from_warehouse, request.to_warehouse, request.version) == (
        ground.source,
        ground.destination,
        1,
    )


def test_ends_that_stay_are_not_asked_about_again(ground: Ground) -> None:
    """Whoever sees one end only can still send the rest of the fields back as they were read."""
    request = draft(ground)
    changed = update(
        ground.picker, request, from_warehouse=ground.source, priority=Priority.LOW, needed_by=None
    )
    assert (changed.version, changed.priority) == (2, Priority.LOW)


@pytest.mark.parametrize("state", [state for state in RequestState if state not in ("draft", "submitted")])
def test_what_is_decided_is_changed_no_more(ground: Ground, state: RequestState) -> None:
    request = draft(ground)
    StockRequest.objects.filter(pk=request.pk).update(state=state)
    for work in (
        lambda: update_request(access=ground.owner, request=request, changes={"note": "x"}),
        lambda: add_line(access=ground.owner, request=request, line=WantedLine(ground.skus[0], 1)),
    ):
        assert refused(work) == ("Conflict", "INVALID_TRANSITION", [])
    request.refresh_from_db()
    assert (request.note, request.version, request.lines.count()) == ("", 1, 2)


def test_a_stale_version_is_refused(ground: Ground) -> None:
    request = draft(ground)
    update(ground.picker, request, priority=Priority.HIGH)
    works: tuple[Callable[[], Any], ...] = (
        lambda: update_request(
            access=ground.requester, request=request, changes={"note": "x"}, condition=require_version(1)
        ),
        lambda: add_line(
            access=ground.requester,
            request=request,
            line=WantedLine(ground.skus[0], 1),
            condition=require_version(1),
        ),
    )
    for work in works:
        assert refused(work) == ("Conflict", "VERSION_CONFLICT", [])
    request.refresh_from_db()
    assert (request.note, request.version, request.lines.count()) == ("", 2, 2)


# --- statements


@pytest.mark.parametrize("lines", [1, 3, 500])
def test_it_takes_the_same_statements_whatever_the_number_of_lines(ground: Ground, lines: int) -> None:
    product = factories.make_product(ground.organization, "Many")
    skus = [factories.make_sku(ground.organization, product=product) for _ in range(lines)]
    request = factories.submitted_request(ground.source, ground.destination, [(sku, 1) for sku in skus])
    keys = list(request.lines.values_list("pk", flat=True))
    changed = [ChangedLine(key, None, 2, index=index) for index, key in enumerate(keys)]
    access = ground.requester
    with CaptureQueriesContext(connection) as queries:
        transactions.run(lambda: update_request(access=access, request=request, changes={"lines": changed}))
    # Savepoint, request, lines, approvals, substitutes, lines set back, lines away, lines written, the request, its
    # units, its history, the savepoint's end.
    assert len(queries) == 12
    assert set(request.lines.values_list("requested", flat=True)) == {2}
    assert list(request.lines.values_list("pk", flat=True)) == keys
