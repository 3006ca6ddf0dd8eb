"""The e-mail of notices: sent once, with a mail server that is well, ill, picky or gone, and workers that die."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
import structlog
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from tests.factories import make_person
from warehouses import notice_mail, notices, tasks
from warehouses.models import Membership, Notice, Organization, User
from warehouses.notice_mail import GAPS, GIVEN_UP_AFTER, LEASE, SERVER_PAUSE, send_due
from warehouses.notices import Message, notify

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


class Server(BaseEmailBackend):
    """A mail server with moods. `sent` are the addresses of whom it has taken a message for."""

    is_up: ClassVar[bool] = True
    refused: ClassVar[dict[str, Exception]] = {}
    sent: ClassVar[list[str]] = []
    opened: ClassVar[int] = 0
    _is_open = False

    def open(self) -> bool:
        if not type(self).is_up:
            raise ConnectionRefusedError("nobody listens")
        if not self._is_open:
            type(self).opened += 1
        self._is_open = True
        return True

    def close(self) -> None:
        self._is_open = False

    def send_messages(self, email_messages: Any) -> int:
        for message in email_messages:
            self._take(message)
        return len(email_messages)

    def _take(self, message: EmailMessage) -> None:
        if not self._is_open:
            raise smtplib.SMTPServerDisconnected("not connected")
        message.message()  # as every server wants it written
        error = type(self).refused.get(message.to[0])
        if error is not None:
            raise error
        type(self).sent.append(message.to[0])


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Server]:
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    monkeypatch.setattr(notice_mail, "get_connection", Server)
    for name, value in {"is_up": True, "refused": {}, "sent": [], "opened": 0}.items():
        monkeypatch.setattr(Server, name, value)
    return Server


@pytest.fixture
def log() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def people(organization: Organization) -> list[User]:
    return [make_person(f"{name}@x.example", {organization: ["Viewer"]}) for name in ("ann", "bea", "cid")]


def tell(organization: Organization, *users: User, **fields: Any) -> None:
    given: dict[str, Any] = {
        "message": Message("test.kind", "SR-00001 waits", "North & South → “West”", "/admin/x/?request=1"),
        "at": NOW,
        "by_email": True,
        "doer": None,
    } | fields
    with transaction.atomic():
        notify(organization=organization, users=users, **given)


def state(user: User) -> tuple[datetime | None, int, datetime | None]:
    row = Notice.objects.get(user=user)
    return row.email_due_at, row.email_tries, row.emailed_at


def test_one_message_for_each_person(
    organization: Organization, people: list[User], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PUBLIC_URL = "https://stock.example.com"
    settings.DEFAULT_FROM_EMAIL = "Tallyhouse <stock@example.com>"
    monkeypatch.setitem(notices.reasons, "test.kind", "you asked for it")
    tell(organization, *people[:2])
    assert send_due(NOW) is False

    assert [message.to for message in mail.outbox] == [["ann@x.example"], ["bea@x.example"]]
    notice = Notice.objects.get(user=people[0])
    message = mail.outbox[0]
    assert message.subject == "SR-00001 waits"
    assert message.from_email == "Tallyhouse <stock@example.com>"
    assert message.body == (
        "SR-00001 waits\n"
        "\n"
        "North & South → “West”\n"
        "\n"
        f"https://stock.example.com/admin/notices/{notice.public_id}/\n"
        "\n"
        "You get this message because you asked for it (Acme).\n"
    )
    assert message.extra_headers == {
        "Message-ID": f"<{notice.public_id}@example.com>",
        "Auto-Submitted": "auto-generated",
    }
    assert (message.content_subtype, message.cc, message.bcc) == ("plain", [], [])
    assert [state(person) for person in people[:2]] == [(None, 1, NOW)] * 2


def test_it_is_sent_once(organization: Organization, people: list[User], server: type[Server]) -> None:
    tell(organization, *people)
    send_due(NOW)
    send_due(NOW + timedelta(days=1))
    assert server.sent == ["ann@x.example", "bea@x.example", "cid@x.example"]
    assert server.opened == 1


def test_what_is_not_due_waits(organization: Organization, people: list[User], server: type[Server]) -> None:
    tell(organization, people[0], at=NOW + timedelta(seconds=1))
    send_due(NOW)
    assert (server.sent, server.opened) == ([], 0)


def test_whoever_has_left_gets_nothing(
    organization: Organization, people: list[User], server: type[Server]
) -> None:
    ann, bea, _cid = people
    tell(organization, *people)
    Membership.objects.filter(user=ann).update(is_active=False)
    User.objects.filter(pk=bea.pk).update(is_active=False)
    send_due(NOW)
    assert server.sent == ["cid@x.example"]
    assert [state(person) for person in people] == [(None, 1, None), (None, 1, None), (None, 1, NOW)]


class TestServerDown:
    def test_nothing_is_lost_and_nothing_counts(
        self, organization: Organization, people: list[User], server: type[Server]
    ) -> None:
        server.is_up = False
        tell(organization, *people)
        for minute in range(200):
            assert send_due(NOW + minute * SERVER_PAUSE) is False
        assert {state(person)[1:] for person in people} == {(0, None)}

        server.is_up = True
        send_due(NOW + 200 * SERVER_PAUSE)
        assert server.sent == ["ann@x.example", "bea@x.example", "cid@x.example"]

    def test_it_is_left_alone_for_a_while(
        self, organization: Organization, people: list[User], server: type[Server]
    ) -> None:
        server.is_up = False
        tell(organization, *people)
        send_due(NOW)
        assert {state(person)[0] for person in people} == {NOW + SERVER_PAUSE}
        server.is_up = True
        send_due(NOW + SERVER_PAUSE - timedelta(microseconds=1))
        assert server.sent == []

    def test_a_real_one_that_does_not_listen(
        self, organization: Organization, people: list[User], settings: Any
    ) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = unused.getsockname()
            settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
            tell(organization, people[0])
            assert send_due(NOW) is False
        assert state(people[0]) == (NOW + SERVER_PAUSE, 0, None)

    def test_that_goes_in_the_middle(
        self, organization: Organization, people: list[User], server: type[Server]
    ) -> None:
        class Gone(smtplib.SMTPServerDisconnected):
            def __init__(self) -> None:
                super().__init__("gone")

        ann, bea, cid = people
        server.refused[bea.email] = Gone()
        original = server.close

        def close(self: Server) -> None:
            original(self)
            server.is_up = False

        server.close, saved = close, server.close  # type: ignore[method-assign]
        try:
            tell(organization, *people)
            send_due(NOW)
        finally:
            server.close = saved  # type: ignore[method-assign]
        assert server.sent == [ann.email]
        assert [state(person) for person in people] == [
            (None, 1, NOW),
            (NOW + GAPS[0], 1, None),
            (NOW, 0, None),
        ]
        assert cid.email not in server.sent

    def test_is_given_up_in_the_end(
        self, organization: Organization, people: list[User], server: type[Server], log: Any
    ) -> None:
        server.is_up = False
        tell(organization, people[0])
        tell(organization, people[1], at=NOW + timedelta(seconds=1))
        send_due(NOW + GIVEN_UP_AFTER)
        assert state(people[0]) == (None, 0, None)
        assert state(people[1]) == (NOW + GIVEN_UP_AFTER + SERVER_PAUSE, 0, None)
        assert [entry for entry in log if entry["event"] == "notices.given_up"] == [
            {
                "event": "notices.given_up",
                "log_level": "warning",
                "count": 1,
                "reason": "not sent within 7 days",
            }
        ]
        assert Notice.objects.filter(read_at__isnull=True).count() == 2  # still told in the back office


class TestRefused:
    def test_the_others_get_theirs(
        self, organization: Organization, people: list[User], server: type[Server]
    ) -> None:
        server.refused["ann@x.example"] = smtplib.SMTPRecipientsRefused({"ann@x.example": (550, b"no")})
        tell(organization, *people)
        send_due(NOW)
        assert server.sent == ["bea@x.example", "cid@x.example"]
        assert state(people[0]) == (NOW + GAPS[0], 1, None)

    def test_it_is_tried_again_ever_later_and_then_given_up(
        self, organization: Organization, people: list[User], server: type[Server], log: Any
    ) -> None:
        server.refused["ann@x.example"] = smtplib.SMTPDataError(554, b"never")
        tell(organization, people[0])
        now, tries = NOW, 0
        while (due := state(people[0])[0]) is not None:
            send_due(due - timedelta(microseconds=1))
            assert state(people[0])[1] == tries
            now, tries = due, tries + 1
            send_due(now)
        assert (tries, state(people[0])) == (6, (None, 6, None))
        assert now - NOW == sum(GAPS, timedelta())
        events = [entry["event"] for entry in log]
        assert events == ["notice.not_sent"] * 5 + ["notice.given_up"]

    def test_what_we_cannot_write_is_no_reason_to_stop(
        self,
        organization: Organization,
        people: list[User],
        server: type[Server],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        plain = notice_mail._message

        def crashing(notice: Notice) -> EmailMessage:
            if notice.user == people[0]:
                raise RuntimeError("a bug")
            return plain(notice)

        monkeypatch.setattr(notice_mail, "_message", crashing)
        tell(organization, *people[:2])
        send_due(NOW)
        assert server.sent == ["bea@x.example"]
        assert state(people[0]) == (NOW + GAPS[0], 1, None)


class _Killed(BaseException):
    """A worker that is gone: nothing of it runs any more."""


class TestLease:
    def test_who_dies_over_it_leaves_it_to_the_next(
        self, organization: Organization, people: list[User], server: type[Server]
    ) -> None:
        server.refused["ann@x.example"] = _Killed()  # type: ignore[assignment]
        tell(organization, *people[:2])
        with pytest.raises(_Killed):
            send_due(NOW)
        assert state(people[0]) == (NOW + LEASE, 1, None)

        server.refused.clear()
        send_due(NOW + timedelta(seconds=1))
        assert server.sent == ["bea@x.example"]  # nobody else's to send before the lease is over
        send_due(NOW + LEASE)
        assert server.sent == ["bea@x.example", "ann@x.example"]
        assert state(people[0]) == (None, 2, NOW + LEASE)

    def test_whom_every_worker_dies_over_is_given_up(
        self, organization: Organization, people: list[User], server: type[Server], log: Any
    ) -> None:
        server.refused["ann@x.example"] = _Killed()  # type: ignore[assignment]
        tell(organization, people[0])
        now = NOW
        for _ in range(len(GAPS) + 1):
            with pytest.raises(_Killed):
                send_due(now)
            now += LEASE
        send_due(now)
        assert state(people[0])[0] is None
        assert [entry["event"] for entry in log] == ["notice.given_up"]

    def test_of_two_who_saw_it_one_sends_it(
        self,
        organization: Organization,
        people: list[User],
        server: type[Server],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The second looks, claims and sends everything between the first one's look and its claim."""
        tell(organization, *people)
        plain = notice_mail._is_open
        calls: list[str] = []

        def meanwhile(connection: Any) -> bool:
            calls.append("look")
            if len(calls) == 1:
                send_due(NOW + timedelta(microseconds=1))
            return plain(connection)

        monkeypatch.setattr(notice_mail, "_is_open", meanwhile)
        send_due(NOW)
        assert server.sent == ["ann@x.example", "bea@x.example", "cid@x.example"]

    def test_whoever_comes_too_late_writes_nothing(
        self, organization: Organization, people: list[User], server: type[Server], log: Any
    ) -> None:
        later = NOW + LEASE + timedelta(minutes=1)

        class Slow(Exception):
            """Refuses; but not before the lease is over and somebody else has been successful."""

            def __init__(self) -> None:
                server.refused.clear()

            def __str__(self) -> str:
                return "slow"

        plain = server._take

        def take(self: Server, message: EmailMessage) -> None:
            if not server.sent:
                server.sent.append("slow")
                send_due(later)
                raise Slow
            plain(self, message)

        server._take = take  # type: ignore[method-assign]
        try:
            tell(organization, people[0])
            send_due(NOW)
        finally:
            server._take = plain  # type: ignore[method-assign]
        assert server.sent == ["slow", "ann@x.example"]
        assert state(people[0]) == (None, 2, later)
        assert [entry["event"] for entry in log] == ["notice.lease_lost", "notice.not_sent"]

    def test_what_is_settled_while_it_is_sent_does_not_come_again(
        self, organization: Organization, people: list[User], server: type[Server]
    ) -> None:
        class Refusal(Exception):
            def __str__(self) -> str:
                notices.settle(
                    organization=organization, kind="test.kind", path="/admin/x/?request=1", at=NOW
                )
                return "no"

        server.refused["ann@x.example"] = Refusal()
        tell(organization, people[0])
        with transaction.atomic():
            notices.settle(organization=organization, kind="test.kind", path="/admin/x/?request=1", at=NOW)
        send_due(NOW)
        assert (server.sent, state(people[0])) == ([], (None, 0, None))


class TestRun:
    def test_a_long_queue_is_left_to_another_message(
        self, organization: Organization, people: list[User], server: type[Server]
    ) -> None:
        for _ in range(51):
            tell(organization, people[0])
        assert send_due(NOW) is True
        assert len(server.sent) == 50
        assert send_due(NOW) is False
        assert len(server.sent) == 51

    def test_it_ends_when_its_time_is_over(
        self, organization: Organization, people: list[User], server: type[Server]
    ) -> None:
        tell(organization, *people)
        assert send_due(NOW, seconds=0) is True
        assert server.sent == []
        assert {state(person) for person in people} == {(NOW, 0, None)}

    def test_the_task_sends_and_calls_for_more(
        self,
        organization: Organization,
        people: list[User],
        server: type[Server],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        rung: list[str] = []
        monkeypatch.setattr(tasks, "wake_mail", lambda: rung.append("rung"))
        at = datetime.now(UTC)
        for _ in range(51):
            tell(organization, people[0], at=at)
        tasks.send_notices()
        assert (len(server.sent), rung) == (50, ["rung"])
        tasks.send_notices()
        assert (len(server.sent), rung) == (51, ["rung"])

    def test_it_is_on_the_schedule(self, settings: Any) -> None:
        entries = [
            entry
            for entry in settings.CELERY_BEAT_SCHEDULE.values()
            if entry["task"] == "warehouses.send_notices"
        ]
        assert [(entry["schedule"], entry["options"]) for entry in entries] == [
            (timedelta(seconds=10), {"expires": 10})
        ]
        assert tasks.send_notices.name == "warehouses.send_notices"
        assert tasks.wake_mail in notices.wakers
