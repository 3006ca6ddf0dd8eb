"""`verify_stock` finds every way in which requests and the stock can say different things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from inventory import guards, verification
from inventory.models import Movement, Reservation, Transfer
from inventory.verification import verify
from stock_requests.comments import add_comment
from stock_requests.decisions.approving import LineDecision, Substitute
from stock_requests.models import (
    Approval,
    Comment,
    Department,
    Remainder,
    RequestLine,
    RequestNumber,
    StockRequest,
)
from stock_requests.verification import CHECKS
from tests import factories
from tests.inventory.test_verification import sql, tamper
from tests.stock_requests.approved import approved_request, fulfil, lines_of, picking_request
from tests.stock_requests.conftest import Ground
from warehouses import transactions
from warehouses.models import Organization

pytestmark = pytest.mark.django_db


@dataclass
class Scene:
    """A request in each state, of gloves; `picking` has a substitute, `sent` and `moved` are fulfilled elsewhere."""

    other: Organization
    draft: StockRequest
    submitted: StockRequest
    approved: StockRequest
    picking: StockRequest
    handed_out: StockRequest
    sent: StockRequest
    moved: StockRequest

    def line(self, name: str) -> RequestLine:
        return lines_of(getattr(self, name))[0]


@pytest.fixture
def scene(ground: Ground) -> Scene:
    gloves, masks, _ = ground.skus
    instead = [LineDecision(None, 3, "Others", Remainder.CLOSED, [Substitute(masks, 1)], index=0)]
    ends = {"handed_out": ground.department, "sent": ground.destination, "moved": ground.ward}
    fulfilled = {name: picking_request(ground, to, [(gloves, 6)]) for name, to in ends.items()}
    for request in fulfilled.values():
        fulfil(ground, request, (0, 5), remainder=Remainder.CLOSED, reason="Lost")
    made = Scene(
        other=factories.make_organization("Other"),
        draft=factories.make_request(ground.source, ground.ward, [(gloves, 4)]),
        submitted=factories.submitted_request(ground.source, ground.room, [(gloves, 4)]),
        approved=approved_request(ground, None, [(gloves, 4)]),
        picking=picking_request(ground, None, [(gloves, 4)], instead),
        **fulfilled,
    )
    transactions.run(lambda: add_comment(access=ground.owner, request=made.submitted, text="Soon?"))
    assert list(verify()) == []
    return made


def on(model: Any, change: str, *rows: Any) -> str:
    keys = ", ".join(sql(row) for row in rows)
    return f"UPDATE {model._meta.db_table} SET {change} WHERE {model._meta.pk.column} IN ({keys})"  # noqa: S608


def reservation(scene: Scene, name: str) -> Any:
    return scene.line(name).reservation


#: Those of the tables that the database itself would hold.
MODELS = (StockRequest, RequestLine)

Plant = Callable[[Scene], list[str]]
PLANTS: dict[str, tuple[Plant, set[str]]] = {
    "more is closed than was asked for": (
        lambda s: [on(RequestLine, "closed = closed + 9", s.line("submitted"))],
        {"request-line-adds-up"},
    ),
    "something remains of what is fulfilled": (
        lambda s: [on(RequestLine, "closed = 0", s.line("handed_out"))],
        {"request-line-adds-up"},
    ),
    "what is approved does not say what becomes of the rest": (
        lambda s: [on(RequestLine, "requested = requested + 1", s.line("approved"))],
        {"request-line-adds-up"},
    ),
    "a draft is approved": (
        lambda s: [on(RequestLine, "approved = 0", s.line("draft"))],
        {"request-line-adds-up"},
    ),
    "something is picked that nobody picks": (
        lambda s: [on(RequestLine, "picked = 1", s.line("approved"))],
        {"request-line-adds-up"},
    ),
    "a substitute is larger than what it replaces": (
        lambda s: [on(RequestLine, "requested = 2, closed = 1", lines_of(s.picking)[1])],
        {"request-substitutes-add-up"},
    ),
    "less is reserved than was approved": (
        lambda s: [
            on(RequestLine, "approved = 3, closed = 1", s.line("approved")),
        ],
        {"request-is-reserved"},
    ),
    "it is approved and nothing is reserved": (
        lambda s: [on(RequestLine, "reservation_id = NULL", s.line("approved"))],
        {"request-is-reserved"},
    ),
    "it waits for a decision and keeps its reservation": (
        lambda s: [
            on(StockRequest, "state = 'submitted', decided_at = NULL", s.approved),
            on(RequestLine, "approved = NULL", s.line("approved")),
        ],
        {"request-is-reserved"},
    ),
    "the reservation is somebody else's": (
        lambda s: [on(Reservation, "document_type = '', document_id = NULL", reservation(s, "approved"))],
        {"request-reservation-belongs"},
    ),
    "the reservation is another request's": (
        lambda s: [on(Reservation, f"document_id = {sql(s.picking)}", reservation(s, "approved"))],
        {"request-reservation-belongs"},
    ),
    "the line is about another SKU than its reservation": (
        lambda s: [on(RequestLine, f"sku_id = {sql(lines_of(s.picking)[1].sku)}", s.line("approved"))],
        {"request-reservation-belongs"},
    ),
    "more is fulfilled than left": (
        lambda s: [on(RequestLine, "fulfilled = 6, closed = 0", s.line("handed_out"))],
        {"request-fulfils-reservation", "request-moves"},
    ),
    "more has left than is fulfilled, and the reservation agrees with the line": (
        lambda s: [
            on(RequestLine, "fulfilled = 4, closed = 2", s.line("handed_out")),
            on(Reservation, "fulfilled = 4", reservation(s, "handed_out")),
        ],
        {"request-moves"},
    ),
    "it was handed out, and says that it was moved": (
        lambda s: [
            on(
                StockRequest,
                f"department_id = NULL, to_warehouse_id = {sql(s.handed_out.from_warehouse_id)}",
                s.handed_out,
            )
        ],
        {"request-moves"},
    ),
    "a movement of a SKU that was not asked for": (
        lambda s: [on(RequestLine, f"request_id = {sql(s.handed_out)}, position = 9", s.line("moved"))],
        {"request-moves", "request-reservation-belongs"},
    ),
    "it took from another warehouse": (
        lambda s: [
            on(StockRequest, f"from_warehouse_id = {sql(s.sent.to_warehouse_id)}", s.handed_out),
        ],
        {"request-moves-at-source", "request-reservation-belongs"},
    ),
    "the transfer brings less": (
        lambda s: [
            on(RequestLine, "fulfilled = 6, closed = 0", s.line("sent")),
            on(Reservation, "fulfilled = 6", reservation(s, "sent")),
        ],
        {"request-follows-transfer"},
    ),
    "no transfer brings what goes elsewhere": (
        lambda s: [
            on(StockRequest, "transfer_id = NULL", s.sent),
            on(RequestLine, "transfer_line_id = NULL", s.line("sent")),
        ],
        {"request-follows-transfer", "request-moves"},
    ),
    "the transfer goes the other way": (
        lambda s: [
            on(StockRequest, f"to_warehouse_id = {sql(s.sent.from_warehouse_id)}", s.sent),
        ],
        {"request-follows-transfer"},
    ),
    "it is another organization's": (
        lambda s: [
            f"INSERT INTO stock_requests_requestnumber (organization_id, last) VALUES ({sql(s.other)}, 99)",  # noqa: S608
            on(StockRequest, f"organization_id = {sql(s.other)}", s.draft),
        ],
        {"request-belongs"},
    ),
    "it goes to another organization's department": (
        lambda s: [on(StockRequest, f"department_id = {sql(_department(s))}", s.handed_out)],
        {"request-belongs"},
    ),
    "its room is of another warehouse": (
        lambda s: [on(StockRequest, f"to_room_id = {sql(s.draft.to_room_id)}", s.submitted)],
        {"request-belongs"},
    ),
    "an approval of another organization": (
        lambda s: [on(Approval, f"organization_id = {sql(s.other)}", s.approved.approvals.get())],
        {"request-belongs"},
    ),
    "a comment of another organization": (
        lambda s: [on(Comment, f"organization_id = {sql(s.other)}", Comment.objects.get())],
        {"request-belongs"},
    ),
    "a line about another organization's SKU": (
        lambda s: [on(RequestLine, f"sku_id = {sql(factories.make_sku(s.other))}", s.line("draft"))],
        {"request-belongs"},
    ),
    "it waits and was never submitted": (
        lambda s: [on(StockRequest, "submitted_at = NULL", s.submitted)],
        {"request-has-its-times"},
    ),
    "it is approved and nobody has decided": (
        lambda s: [on(StockRequest, "decided_at = NULL", s.approved)],
        {"request-has-its-times"},
    ),
    "it is fulfilled and not closed": (
        lambda s: [on(StockRequest, "closed_at = NULL", s.moved)],
        {"request-has-its-times"},
    ),
    "it is closed and still picked": (
        lambda s: [on(StockRequest, "closed_at = submitted_at", s.picking)],
        {"request-has-its-times"},
    ),
    "nobody has approved it": (
        lambda s: [on(Approval, "withdrawn_at = created_at", s.picking.approvals.get())],
        {"request-is-approved"},
    ),
    "a number that was not given yet": (
        lambda s: [on(RequestNumber, "last = 3", s.draft.organization_id)],
        {"request-number-is-given"},
    ),
    "a movement of a request that there is not": (
        lambda s: [on(Movement, f"document_id = {sql(s.other)}", *_movements(s.handed_out))],
        {"movement-has-document", "request-moves"},
    ),
    "a reservation of a request that there is not": (
        lambda s: [on(Reservation, f"document_id = {sql(s.other)}", reservation(s, "approved"))],
        {"reservation-has-document", "request-reservation-belongs"},
    ),
    "a promise that no line knows of": (
        lambda s: [
            on(RequestLine, "reservation_id = NULL", s.line("handed_out")),
        ],
        {"request-is-reserved", "request-fulfils-reservation"},
    ),
}


def _department(scene: Scene) -> Department:
    return factories.make_department(scene.other)


def _movements(request: StockRequest) -> list[Movement]:
    return list(Movement.objects.filter(document_id=request.pk))


@pytest.mark.parametrize("name", PLANTS)
def test_what_is_wrong_is_found(scene: Scene, name: str) -> None:
    plant, expected = PLANTS[name]
    tamper(*plant(scene), models=MODELS)
    guards.install()
    found = list(verify())
    assert {finding.check for finding in found} == expected, found


def test_every_check_has_found_something() -> None:
    expected = set().union(*(found for _, found in PLANTS.values()))
    assert {check.name for check in CHECKS} <= expected
    assert all(check in verification.checks for check in CHECKS)
    names = [check.name for check in (*verification.CHECKS, *verification.checks)]
    assert len(set(names)) == len(names)


def test_only_a_transfer_of_its_own_is_looked_at(scene: Scene) -> None:
    """One that somebody else made is no business of requests."""
    assert Transfer.objects.count() == 1
    Transfer.objects.update(reference="SR-99999")
    assert list(verify()) == []
