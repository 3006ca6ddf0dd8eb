"""Invitations: a link that lets one person in, once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from tests.factories import make_organization
from tests.warehouses.conftest import Acme, access_of, invited, role
from warehouses import invitations, people
from warehouses.access import access_of_user
from warehouses.actors import SYSTEM
from warehouses.models import Invitation, Organization, User
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound


class TestInvite:
    def test_mails_a_link_after_the_commit_and_keeps_only_a_hash(
        self, acme: Acme, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks() as callbacks:
            invitation, token = invitations.invite(
                **acme.as_(acme.alice),
                email="New@Example.com",
                role=role("Counter"),
                warehouse=acme.depot,
                site_url="https://stock.example.com/",
            )
        assert mail.outbox == []
        for callback in callbacks:
            callback()

        [message] = mail.outbox
        assert message.to == ["New@example.com"]
        assert message.subject == "Join Acme on Tallyhouse"
        assert f"https://stock.example.com/invitations/{token}/" in message.body
        assert "as Counter in Depot" in message.body
        row = Invitation.objects.get()
        assert row == invitation
        assert token not in str(Invitation.objects.values())
        assert (row.invited_by, row.role, row.warehouse) == (acme.alice, role("Counter"), acme.depot)
        assert (
            timedelta(days=6) < row.expires_at - timezone.now() <= timedelta(days=invitations.INVITATION_DAYS)
        )

    def test_a_name_with_a_line_break_makes_no_header(
        self, acme: Acme, django_capture_on_commit_callbacks: Any
    ) -> None:
        Organization.objects.filter(pk=acme.organization.pk).update(
            name="Acme\nBcc: all@example.com & <Sons>"
        )
        acme.organization.refresh_from_db()

        with django_capture_on_commit_callbacks(execute=True):
            invitations.invite(
                **acme.as_(acme.alice),
                email="new@example.com",
                role=role("Viewer"),
                site_url="https://s.test/",
            )

        [message] = mail.outbox
        assert message.subject == "Join Acme Bcc: all@example.com & <Sons> on Tallyhouse"
        assert message.recipients() == ["new@example.com"]
        assert "& <Sons>" in message.body

    def test_again_replaces_the_older_one(self, acme: Acme) -> None:
        given = {**acme.as_(acme.alice), "email": "new@example.com", "role": role("Viewer")}
        _first, old = invitations.invite(**given)
        _second, new = invitations.invite(**given | {"email": "NEW@example.com"})

        with pytest.raises(Conflict) as caught:
            invitations.find_invitation(old)
        assert caught.value.code == "INVITATION_REVOKED"
        assert invitations.find_invitation(new).email == "NEW@example.com"

    def test_who_has_the_role_is_not_invited_to_it(self, acme: Acme) -> None:
        with pytest.raises(Conflict) as caught:
            invitations.invite(
                **acme.as_(acme.alice),
                email="BOB@example.com",
                role=role("Warehouse manager"),
                warehouse=acme.depot,
            )
        assert caught.value.code == "ALREADY_HAS_ROLE"

    @pytest.mark.parametrize(
        "email", ["", "nobody", "a@b@c", "x\x00@example.com", "a@example.com\nb@example.com"]
    )
    def test_bad_address_is_refused(self, acme: Acme, email: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            invitations.invite(**acme.as_(acme.alice), email=email, role=role("Viewer"))
        assert {problem.field for problem in caught.value.problems} == {"email"}
        assert not Invitation.objects.exists()


class TestAccept:
    def test_new_person_gets_account_membership_and_role(self, acme: Acme) -> None:
        user = invitations.accept_as_new_person(
            token=invited(acme), name=" Nora ", password="violet-anvil-93"
        )

        assert (user.email, user.name, user.is_staff, user.is_superuser) == (
            "new@example.com",
            "Nora",
            True,
            False,
        )
        assert User.objects.get(pk=user.pk).check_password("violet-anvil-93")
        access = access_of(acme, user)
        assert access.warehouse_ids("inventory.cyclecount") == {acme.depot.pk}
        assert Invitation.objects.get().accepted_at is not None

    def test_known_person_joins(self, acme: Acme) -> None:
        token = invited(acme, "CHARLIE@example.com")

        invitations.accept(token=token, user=acme.charlie)

        assert access_of(acme, acme.charlie).may("inventory.cyclecount")

    def test_link_works_once(self, acme: Acme) -> None:
        token = invited(acme, "charlie@example.com")
        invitations.accept(token=token, user=acme.charlie)
        people.remove_member(**acme.as_(acme.alice), membership=acme.member(acme.charlie))

        with pytest.raises(Conflict) as caught:
            invitations.accept(token=token, user=acme.charlie)
        assert caught.value.code == "INVITATION_USED"
        assert access_of_user(acme.charlie, acme.organization) is None

    def test_of_another_person_is_refused(self, acme: Acme) -> None:
        token = invited(acme)

        with pytest.raises(Forbidden):
            invitations.accept(token=token, user=acme.charlie)
        assert access_of_user(acme.charlie, acme.organization) is None
        assert invitations.find_invitation(token).accepted_at is None

    def test_revoked_or_expired_opens_nothing(self, acme: Acme) -> None:
        token = invited(acme, "charlie@example.com")
        Invitation.objects.update(expires_at=timezone.now())
        with pytest.raises(Conflict) as caught:
            invitations.accept(token=token, user=acme.charlie)
        assert caught.value.code == "INVITATION_EXPIRED"

        token = invited(acme, "charlie@example.com")
        row = invitations.find_invitation(token)
        invitations.revoke(**acme.as_(acme.alice), invitation=row)
        assert row.revoked_at is not None
        with pytest.raises(Conflict) as caught:
            invitations.accept(token=token, user=acme.charlie)
        assert caught.value.code == "INVITATION_REVOKED"
        assert access_of_user(acme.charlie, acme.organization) is None

    def test_withdrawn_in_the_moment_of_accepting_opens_nothing(
        self, acme: Acme, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = invited(acme, "charlie@example.com")
        seen_open = invitations.find_invitation(token)
        invitations.revoke(**acme.as_(acme.alice), invitation=invitations.find_invitation(token))
        monkeypatch.setattr(invitations, "find_invitation", lambda token: seen_open)

        with pytest.raises(Conflict) as caught:
            invitations.accept(token=token, user=acme.charlie)

        assert caught.value.code == "INVITATION_REVOKED"
        assert access_of_user(acme.charlie, acme.organization) is None

    def test_used_one_is_not_revoked(self, acme: Acme) -> None:
        token = invited(acme, "charlie@example.com")
        row = invitations.find_invitation(token)
        invitations.accept(token=token, user=acme.charlie)

        with pytest.raises(Conflict) as caught:
            invitations.revoke(**acme.as_(acme.alice), invitation=row)
        assert caught.value.code == "INVITATION_USED"
        assert Invitation.objects.get().revoked_at is None

    @pytest.mark.parametrize("token", ["", "x", "\ud800", "a" * 10_000])
    def test_unknown_token_is_not_found(self, acme: Acme, token: str) -> None:
        with pytest.raises(NotFound):
            invitations.find_invitation(token)

    def test_no_second_account_for_one_address(self, acme: Acme) -> None:
        token = invited(acme, "Charlie@Example.com")

        with pytest.raises(Conflict) as caught:
            invitations.accept_as_new_person(token=token, name="Fake", password="violet-anvil-93")
        assert caught.value.code == "ACCOUNT_EXISTS"
        assert User.objects.filter(email__iexact="charlie@example.com").count() == 1
        assert invitations.find_invitation(token).accepted_at is None

    @pytest.mark.parametrize("password", ["short", "1234567890123", "password123", "new@example.com"])
    def test_weak_password_is_refused_and_the_link_still_works(self, acme: Acme, password: str) -> None:
        token = invited(acme)

        with pytest.raises(InvalidInput) as caught:
            invitations.accept_as_new_person(token=token, name="Nora", password=password)
        assert {problem.field for problem in caught.value.problems} == {"password"}
        assert not User.objects.filter(email="new@example.com").exists()
        assert invitations.find_invitation(token).accepted_at is None

    @pytest.mark.postgresql
    @pytest.mark.django_db(transaction=True)
    def test_link_opened_twice_at_once_makes_one_account(self) -> None:
        organization = make_organization()
        _row, token = invitations.invite(
            organization=organization, actor=SYSTEM, email="new@example.com", role=role("Viewer")
        )
        start = threading.Barrier(4)
        outcomes: list[str] = []

        def accept() -> None:
            try:
                start.wait(timeout=10)
                invitations.accept_as_new_person(token=token, name="Nora", password="violet-anvil-93")
                outcomes.append("joined")
            except Conflict as refusal:
                outcomes.append(refusal.code)
            finally:
                connection.close()

        threads = [threading.Thread(target=accept) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert outcomes.count("joined") == 1
        assert set(outcomes) <= {"joined", "ACCOUNT_EXISTS", "INVITATION_USED"}
        assert User.objects.count() == 1
