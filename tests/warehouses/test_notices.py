"""Telling members something, and their reading it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.factories import make_organization, make_person
from warehouses import notices
from warehouses.models import Membership, Notice, Organization, User
from warehouses.notices import (
    Message,
    find_notice,
    mark_read,
    notices_of,
    notify,
    settle,
    unread_count,
)
from warehouses.refusals import NotFound

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
MESSAGE = Message("test.kind", "SR-00001 waits", "North → South", "/admin/somewhere/?request=req_1")


def tell(organization: Organization, *users: User, **fields: Any) -> set[Any]:
    given: dict[str, Any] = {"message": MESSAGE, "at": NOW, "by_email": True, "doer": None} | fields
    with transaction.atomic():
        return notify(organization=organization, users=users, **given)


@pytest.fixture
def people(organization: Organization) -> list[User]:
    return [make_person(f"{name}@x.example", {organization: ["Viewer"]}) for name in ("ann", "bea", "cid")]


def test_each_is_told_once(organization: Organization, people: list[User]) -> None:
    ann, bea, _cid = people
    assert tell(organization, ann, bea, ann) == {ann.pk, bea.pk}
    rows = Notice.objects.order_by("user__email")
    assert [
        (
            row.user,
            row.organization,
            row.kind,
            row.title,
            row.text,
            row.path,
            row.created_at,
            row.email_due_at,
        )
        for row in rows
    ] == [
        (
            person,
            organization,
            "test.kind",
            "SR-00001 waits",
            "North → South",
            MESSAGE.path,
            NOW,
            NOW,
        )
        for person in (ann, bea)
    ]
    assert all(row.read_at is None and row.emailed_at is None and row.email_tries == 0 for row in rows)


def test_not_the_one_who_did_it(organization: Organization, people: list[User]) -> None:
    ann, bea, _cid = people
    assert tell(organization, ann, bea, doer=ann.pk) == {bea.pk}
    assert tell(organization, ann, doer=ann.pk) == set()
    assert [row.user for row in Notice.objects.all()] == [bea]


def test_only_active_members(organization: Organization, people: list[User]) -> None:
    ann, bea, cid = people
    stranger = make_person("stranger@x.example", {make_organization("Other"): ["Owner"]})
    Membership.objects.filter(user=ann).update(is_active=False)
    User.objects.filter(pk=bea.pk).update(is_active=False)
    assert tell(organization, ann, bea, cid, stranger) == {cid.pk}


def test_without_mail_nothing_is_due(
    organization: Organization, people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(notices, "wakers", [lambda: rung.append("rung")])
    tell(organization, *people, by_email=False)
    assert {row.email_due_at for row in Notice.objects.all()} == {None}
    assert rung == []


def test_texts_that_are_too_long_are_cut(organization: Organization, people: list[User]) -> None:
    message = Message("k", f"one\r\ntwo {'x' * 300}", "y" * 501, "/")
    tell(organization, people[0], message=message)
    row = Notice.objects.get()
    assert row.title == f"one two {'x' * 191}…"
    assert row.text == f"{'y' * 499}…"
    assert (len(row.title), len(row.text)) == (200, 500)


def test_it_takes_a_transaction(transactional_db: None) -> None:
    organization = make_organization()
    with pytest.raises(RuntimeError, match="in the transaction"):
        notify(organization=organization, users=[], message=MESSAGE, at=NOW, by_email=False, doer=None)


@pytest.mark.django_db(transaction=True)
class TestWaking:
    @pytest.fixture(autouse=True)
    def _heard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.heard: list[int] = []
        monkeypatch.setattr(notices, "wakers", [lambda: self.heard.append(Notice.objects.count())])

    def test_once_it_is_committed(self) -> None:
        organization = make_organization()
        ann = make_person("ann@x.example", {organization: ["Viewer"]})
        with transaction.atomic():
            notify(organization=organization, users=[ann], message=MESSAGE, at=NOW, by_email=True, doer=None)
            assert self.heard == []
        assert self.heard == [1]

    def test_not_when_it_is_undone(self) -> None:
        organization = make_organization()
        ann = make_person("ann@x.example", {organization: ["Viewer"]})
        with transaction.atomic():
            notify(organization=organization, users=[ann], message=MESSAGE, at=NOW, by_email=True, doer=None)
            transaction.set_rollback(True)
        assert (self.heard, Notice.objects.count()) == ([], 0)

    def test_a_broker_that_is_down_changes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken() -> None:
            raise OSError("no broker")

        monkeypatch.setattr(notices, "wakers", [broken])
        organization = make_organization()
        tell(organization, make_person("ann@x.example", {organization: ["Viewer"]}))
        assert Notice.objects.count() == 1


def test_the_same_statements_for_one_and_for_twenty(organization: Organization, people: list[User]) -> None:
    more = [make_person(f"p{number}@x.example", {organization: ["Viewer"]}) for number in range(20)]
    found = []
    for users in (people[:1], [*people, *more]):
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            notify(organization=organization, users=users, message=MESSAGE, at=NOW, by_email=True, doer=None)
        found.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
    assert found == [2, 2]


class TestReading:
    def test_newest_first_and_only_ones_own(self, organization: Organization, people: list[User]) -> None:
        ann, bea, _cid = people
        other = make_organization("Other", time_zone="UTC")
        tell(organization, ann, message=Message("k", "old", "", "/"))
        tell(organization, ann, message=Message("k", "new", "", "/"), at=NOW + timedelta(hours=1))
        tell(organization, bea, message=Message("k", "hers", "", "/"))
        assert [row.title for row in notices_of(user=ann, organization=organization)] == ["new", "old"]
        assert list(notices_of(user=ann, organization=other)) == []
        assert list(notices_of(user=ann, organization=None)) == []

    def test_one_is_read(self, organization: Organization, people: list[User]) -> None:
        ann, bea, _cid = people
        tell(organization, ann, bea)
        tell(organization, ann)
        one = notices_of(user=ann, organization=organization)[0]
        assert mark_read(user=ann, organization=organization, at=NOW, notice=one) == 1
        assert mark_read(user=ann, organization=organization, at=NOW, notice=one) == 0
        one.refresh_from_db()
        assert one.read_at == NOW
        assert unread_count(user=ann, organization=organization) == 1
        assert unread_count(user=bea, organization=organization) == 1

    def test_nobody_reads_what_is_somebody_elses(
        self, organization: Organization, people: list[User]
    ) -> None:
        ann, bea, _cid = people
        tell(organization, bea)
        hers = Notice.objects.get()
        assert mark_read(user=ann, organization=organization, at=NOW, notice=hers) == 0
        with pytest.raises(NotFound) as refused:
            find_notice(user=ann, public_id=hers.public_id)
        assert refused.value.code == "NOTICE_NOT_FOUND"
        assert find_notice(user=bea, public_id=hers.public_id) == hers
        for unknown in ("", "ntc_", "ntc_01kn4zr1b3e5r8v9n0m1k2j3h4", f"req_{hers.public_id[4:]}", "\x00"):
            with pytest.raises(NotFound):
                find_notice(user=bea, public_id=unknown)

    def test_all_up_to_an_instant(self, organization: Organization, people: list[User]) -> None:
        ann, bea, _cid = people
        tell(organization, ann, bea)
        tell(organization, ann)
        tell(organization, ann, at=NOW + timedelta(seconds=1))
        assert mark_read(user=ann, organization=organization, at=NOW) == 2
        assert unread_count(user=ann, organization=organization) == 1
        assert unread_count(user=bea, organization=organization) == 1

    def test_what_is_settled_counts_as_read_and_is_not_sent(
        self, organization: Organization, people: list[User]
    ) -> None:
        ann, bea, _cid = people
        other = make_organization("Other")
        dana = make_person("dana@x.example", {other: ["Viewer"]})
        tell(organization, ann, bea)
        tell(organization, ann, message=Message("test.kind", "another", "", "/admin/another/"))
        tell(organization, ann, message=Message("other.kind", "another", "", MESSAGE.path))
        tell(other, dana)
        settled = {"kind": "test.kind", "path": MESSAGE.path, "at": NOW + timedelta(hours=1)}
        assert settle(organization=organization, **settled) == 2  # type: ignore[arg-type]
        assert settle(organization=organization, **settled) == 0  # type: ignore[arg-type]
        left = Notice.objects.filter(read_at__isnull=True, email_due_at__isnull=False)
        assert sorted((row.kind, row.user.email) for row in left) == [
            ("other.kind", "ann@x.example"),
            ("test.kind", "ann@x.example"),
            ("test.kind", "dana@x.example"),
        ]
        gone = Notice.objects.filter(read_at=settled["at"], email_due_at__isnull=True)
        assert sorted(row.user.email for row in gone) == ["ann@x.example", "bea@x.example"]
