"""Comments, and the members that they call."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.history import history_of
from stock_requests.comments import LONGEST_COMMENT, add_comment, addresses_in
from stock_requests.drafting import delete_request
from stock_requests.models import Comment, RequestState, StockRequest
from tests import factories
from tests.stock_requests.conftest import Ground
from tests.stock_requests.refusals import Told, refused
from warehouses import people, transactions
from warehouses.access import Access, access_of_key
from warehouses.actors import SYSTEM
from warehouses.models import ApiKey, Membership, User

pytestmark = pytest.mark.django_db

UNKNOWN: Told = ("RuleBroken", "UNKNOWN_MEMBER", [("UNKNOWN_MEMBER", None, "text")])


@pytest.fixture
def request_made(ground: Ground) -> StockRequest:
    return factories.make_request(
        ground.source, ground.destination, [(ground.skus[0], 1)], access=ground.requester
    )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Who is told of which comment."""
    calls: list[tuple[str, list[str]]] = []

    def tell(*, comment: Comment, users: list[User], **_others: Any) -> None:
        calls.append((comment.text, [user.email for user in users]))

    monkeypatch.setattr("stock_requests.comments.tell_mentioned", tell)
    return calls


def comment(access: Access, request: StockRequest, text: str) -> Comment:
    return transactions.run(lambda: add_comment(access=access, request=request, text=text))


def test_a_comment_is_kept_with_its_author(ground: Ground, request_made: StockRequest) -> None:
    made = Comment.objects.get(pk=comment(ground.picker, request_made, "  Which ward?\nOurs. ").pk)
    picker = ground.people["picker"]
    assert (made.text, made.request, made.organization) == (
        "Which ward?\nOurs.",
        request_made,
        ground.organization,
    )
    assert (made.actor_type, made.actor_id, made.actor_name) == ("user", picker.pk, picker.email)
    assert list(made.mentions.all()) == []


def test_what_was_asked_for_stays_as_it_was(ground: Ground, request_made: StockRequest) -> None:
    """Whoever is just deciding on it is not turned away because somebody has said something."""
    comment(ground.requester, request_made, "Please hurry")
    request_made.refresh_from_db()
    assert request_made.version == 1
    assert [change.action for change in history_of([request_made])[request_made.pk]] == ["create"]


@pytest.mark.parametrize("state", RequestState)
def test_it_can_be_commented_on_in_every_state(
    ground: Ground, request_made: StockRequest, state: RequestState
) -> None:
    StockRequest.objects.filter(pk=request_made.pk).update(state=state)
    comment(ground.requester, request_made, "Still here")
    assert request_made.comments.count() == 1


def test_a_draft_that_was_thrown_away_is_commented_on_no_more(
    ground: Ground, request_made: StockRequest
) -> None:
    transactions.run(lambda: delete_request(access=ground.requester, request=request_made))
    assert refused(lambda: add_comment(access=ground.requester, request=request_made, text="Why?")) == (
        "NotFound",
        "STOCK_REQUEST_NOT_FOUND",
        [],
    )
    assert not Comment.objects.exists()


@pytest.mark.parametrize("text", ["", "  \n ", "x" * (LONGEST_COMMENT + 1), "a\x00b"])
def test_a_text_that_cannot_be_kept_is_refused(ground: Ground, request_made: StockRequest, text: str) -> None:
    assert refused(lambda: add_comment(access=ground.requester, request=request_made, text=text)) == (
        "InvalidInput",
        "INVALID_INPUT",
        [("INVALID_INPUT", None, "text")],
    )
    assert not Comment.objects.exists()


def test_the_longest_text_is_kept(ground: Ground, request_made: StockRequest) -> None:
    assert len(comment(ground.requester, request_made, "x" * LONGEST_COMMENT).text) == 2000


def test_whoever_may_only_read_says_nothing(ground: Ground, request_made: StockRequest) -> None:
    assert refused(lambda: add_comment(access=ground.viewer, request=request_made, text="Hm")) == (
        "Forbidden",
        "PERMISSION_DENIED",
        [],
    )
    other = factories.make_organization("Other")
    factories.make_key(other, ["stockrequests.write"])
    access = access_of_key(ApiKey.objects.get(organization=other))
    assert refused(lambda: add_comment(access=access, request=request_made, text="Hm")) == (
        "NotFound",
        "STOCK_REQUEST_NOT_FOUND",
        [],
    )
    assert not Comment.objects.exists()


# --- calling members


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Ask @anna@acme.example.", ["anna@acme.example"]),
        ("@anna@acme.example, @Bob.B+x@acme.example: see?", ["anna@acme.example", "bob.b+x@acme.example"]),
        ("(@anna@acme.example) and @ANNA@acme.example again", ["anna@acme.example"]),
        ("Write to anna@acme.example", []),
        ("It is @ home, @nobody, 3@a.example", []),
        ("x@@anna@acme.example", []),
        ("@anna@localhost", []),
    ],
)
def test_an_address_after_an_at_sign_is_a_call(text: str, addresses: list[str]) -> None:
    assert addresses_in(text) == addresses


def test_those_who_are_called_are_kept_and_told(
    ground: Ground, request_made: StockRequest, told: list[tuple[str, list[str]]]
) -> None:
    text = "@picker@acme.example and @Approver@acme.example: is it there? @picker@acme.example!"
    made = comment(ground.requester, request_made, text)
    assert set(made.mentions.all()) == {ground.people["picker"], ground.people["approver"]}
    assert told == [(text, ["picker@acme.example", "approver@acme.example"])]


def test_nobody_is_told_of_a_comment_that_calls_nobody(
    ground: Ground, request_made: StockRequest, told: list[tuple[str, list[str]]]
) -> None:
    comment(ground.requester, request_made, "Nobody in particular")
    assert told == []


def test_whoever_does_not_see_the_request_cannot_be_called(
    ground: Ground, request_made: StockRequest, told: list[tuple[str, list[str]]]
) -> None:
    far = factories.make_warehouse(ground.organization, "Far")
    factories.make_person("far@acme.example", {ground.organization: [("Owner", far)]})
    factories.make_person("no.role@acme.example", {ground.organization: []})
    factories.make_person("gone@acme.example", {ground.organization: ["Owner"]})
    people.suspend_member(
        organization=ground.organization,
        actor=SYSTEM,
        membership=Membership.objects.get(user__email="gone@acme.example"),
    )
    other = factories.make_organization("Other")
    factories.make_person("outsider@other.example", {other: ["Owner"]})
    for name in ("far@acme.example", "no.role@acme.example", "gone@acme.example"):
        assert (
            refused(
                lambda name=name: add_comment(
                    access=ground.requester, request=request_made, text=f"@{name} @picker@acme.example"
                )
            )
            == UNKNOWN
        )
    for name in ("outsider@other.example", "nobody@acme.example"):
        assert (
            refused(
                lambda name=name: add_comment(access=ground.requester, request=request_made, text=f"@{name}")
            )
            == UNKNOWN
        )
    assert not Comment.objects.exists()
    assert told == []


def test_every_unknown_address_is_named(ground: Ground, request_made: StockRequest) -> None:
    kind, code, problems = refused(
        lambda: add_comment(access=ground.requester, request=request_made, text="@a@x.example @b@x.example")
    )
    assert (kind, code, len(problems)) == ("RuleBroken", "UNKNOWN_MEMBER", 2)


def test_who_sees_it_at_the_destination_only_can_be_called(
    ground: Ground, request_made: StockRequest, told: list[tuple[str, list[str]]]
) -> None:
    nurse = factories.make_person(
        "nurse@acme.example", {ground.organization: [("Viewer", ground.destination)]}
    )
    assert list(comment(ground.picker, request_made, "@nurse@acme.example?").mentions.all()) == [nurse]


@pytest.mark.parametrize("called", [1, 3, 20])
def test_it_takes_the_same_statements_however_many_are_called(
    ground: Ground, request_made: StockRequest, called: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stock_requests.comments.tell_mentioned", lambda **_: None)
    role = Group.objects.get(name="Viewer")
    for number in range(called):
        user = User.objects.create(email=f"p{number}@acme.example")
        people.join(ground.organization, user, role, None)
    text = " ".join(f"@p{number}@acme.example" for number in range(called))
    access = ground.requester
    with CaptureQueriesContext(connection) as queries:
        made = comment(access, request_made, text)
    assert made.mentions.count() == called
    # Savepoint, request, who sees it at its ends (2), the comment, whom it calls (2), the savepoint's end.
    assert len(queries) == 8
