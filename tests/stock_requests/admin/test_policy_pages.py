"""Departments, approval rules, delegations and the settings in the back office."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stock_requests.models import ApprovalRule, Delegation, Department, RequestSettings
from tests import factories
from tests.stock_requests.admin.conftest import Pages, submitted
from tests.stock_requests.conftest import Ground

pytestmark = pytest.mark.django_db

DEPARTMENTS = "/admin/stock_requests/department/"
RULES = "/admin/stock_requests/approvalrule/"
DELEGATIONS = "/admin/stock_requests/delegation/"
SETTINGS = f"{RULES}settings/"


def errors_of(page: Any) -> list[str]:
    return list(page.context["adminform"].form.errors)


class TestDepartments:
    def test_made_renamed_and_switched_off(self, ground: Ground, pages: Pages) -> None:
        owner = pages("owner")
        owner.post(f"{DEPARTMENTS}add/", {"name": " Laboratory "})
        found = Department.objects.get(name="Laboratory")
        owner.post(f"{DEPARTMENTS}{found.pk}/change/", {"name": "Lab"})
        found.refresh_from_db()
        assert (found.name, found.is_active) == ("Lab", False)
        page = owner.post(f"{DEPARTMENTS}add/", {"name": "LAB"})
        assert errors_of(page) == ["name"]
        owner.post(f"{DEPARTMENTS}{found.pk}/delete/", {"post": "yes"})
        assert not Department.objects.filter(pk=found.pk).exists()

    def test_one_in_use_stays(self, ground: Ground, pages: Pages) -> None:
        submitted(ground, to=ground.department, access=ground.owner)
        page = pages("owner").post(
            f"{DEPARTMENTS}{ground.department.pk}/delete/", {"post": "yes"}, follow=True
        )
        assert "Make it inactive instead" in page.content.decode()
        assert Department.objects.filter(pk=ground.department.pk).exists()

    def test_who_may(self, ground: Ground, pages: Pages) -> None:
        page = f"{DEPARTMENTS}{ground.department.pk}/change/"
        # The requester may write in one warehouse, and departments are the whole organization's.
        for name in ("requester", "viewer"):
            assert pages(name).get(page).status_code == 200
            assert pages(name).post(page, {"name": "x"}).status_code == 403
            assert pages(name).get(f"{DEPARTMENTS}add/").status_code == 403
        assert pages("outsider").get(page).status_code == 404
        assert pages("outsider").post(page, {"name": "x"}).status_code == 404
        assert ground.department.name not in pages("outsider").get(DEPARTMENTS).content.decode()


class TestRules:
    def sent(self, ground: Ground, **more: Any) -> dict[str, Any]:
        return {
            "name": "Dear",
            "warehouse": str(ground.source.pk),
            "category": "",
            "minimum_value": "100",
            "minimum_quantity": "",
            "approvals": "1",
            "approvers": [str(ground.people["approver"].pk)],
            "is_active": "on",
        } | more

    def test_made_and_changed_with_its_approvers(self, ground: Ground, pages: Pages) -> None:
        owner = pages("owner")
        owner.post(f"{RULES}add/", self.sent(ground))
        rule = ApprovalRule.objects.get()
        assert (rule.name, rule.warehouse, rule.minimum_value) == ("Dear", ground.source, 100)
        assert list(rule.approvers.all()) == [ground.people["approver"]]
        both = [str(ground.people[name].pk) for name in ("approver", "second_approver")]
        owner.post(f"{RULES}{rule.pk}/change/", self.sent(ground, approvals="2", approvers=both))
        rule.refresh_from_db()
        assert (rule.approvals, rule.approvers.count()) == (2, 2)
        words = owner.get(RULES).content.decode()
        assert "from Central, worth 100.00 or more" in words
        assert "second.approver@acme.example" in words
        owner.post(f"{RULES}{rule.pk}/delete/", {"post": "yes"})
        assert not ApprovalRule.objects.exists()

    def test_one_that_nobody_could_satisfy_is_refused(self, ground: Ground, pages: Pages) -> None:
        owner = pages("owner")
        page = owner.post(f"{RULES}add/", self.sent(ground, approvals="2"))
        assert errors_of(page) == ["approvers"]
        page = owner.post(f"{RULES}add/", self.sent(ground, approvers=[str(ground.people["picker"].pk)]))
        assert errors_of(page) == ["approvers"]
        assert "picker@acme.example may not approve stock requests in Central." in page.content.decode()
        page = owner.post(f"{RULES}add/", self.sent(ground, warehouse=str(ground.destination.pk)))
        assert errors_of(page) == ["approvers"]
        assert not ApprovalRule.objects.exists()

    def test_the_name_is_taken_once(self, ground: Ground, pages: Pages) -> None:
        ApprovalRule.objects.create(organization=ground.organization, name="dear")
        page = pages("owner").post(f"{RULES}add/", self.sent(ground))
        assert errors_of(page) == ["name"]

    def test_nothing_of_others_can_be_named(self, ground: Ground, pages: Pages) -> None:
        rival = factories.make_organization("Second rival")
        stranger = factories.make_person("s@second.example", {rival: ["Owner"]})
        page = pages("owner").post(f"{RULES}add/", self.sent(ground, approvers=[str(stranger.pk)]))
        assert errors_of(page) == ["approvers"]
        page = pages("owner").post(
            f"{RULES}add/", self.sent(ground, warehouse=str(rival.warehouses.get().pk))
        )
        assert "warehouse" in errors_of(page)

    def test_who_may(self, ground: Ground, pages: Pages) -> None:
        rule = ApprovalRule.objects.create(organization=ground.organization, name="Dear")
        for name in ("approver", "requester", "viewer"):
            for page in (RULES, f"{RULES}add/", SETTINGS):
                assert pages(name).get(page).status_code == 403
            assert pages(name).get(f"{RULES}{rule.pk}/change/").status_code in {403, 404}
            assert pages(name).post(SETTINGS, {"allows_self_approval": "on"}).status_code == 403
        assert pages("outsider").get(f"{RULES}{rule.pk}/change/").status_code == 404
        assert not RequestSettings.objects.exists()

    def test_the_list_costs_the_same_for_one_and_three_rows(self, ground: Ground, pages: Pages) -> None:
        owner = pages("owner")

        def make(name: str) -> None:
            rule = ApprovalRule.objects.create(
                organization=ground.organization, name=name, warehouse=ground.source
            )
            rule.approvers.add(ground.people["approver"], ground.people["owner"])

        make("One")
        owner.get(RULES)
        with CaptureQueriesContext(connection) as one:
            owner.get(RULES)
        make("Two")
        make("Three")
        with CaptureQueriesContext(connection) as three:
            assert owner.get(RULES).context["cl"].result_count == 3
        assert len(three) == len(one)


def test_self_approval_is_switched(ground: Ground, pages: Pages) -> None:
    owner = pages("owner")
    assert "checked" not in owner.get(SETTINGS).content.decode().split("allows_self_approval")[1][:200]
    assert owner.post(SETTINGS, {"allows_self_approval": "on"})["Location"] == SETTINGS
    assert RequestSettings.objects.get(organization=ground.organization).allows_self_approval
    owner.post(SETTINGS, {})
    assert not RequestSettings.objects.get().allows_self_approval


class TestDelegations:
    def sent(self, ground: Ground, **more: Any) -> dict[str, Any]:
        today = timezone.localdate()
        return {
            "delegate": str(ground.people["second_approver"].pk),
            "starts_on": today.isoformat(),
            "ends_on": (today + timedelta(days=7)).isoformat(),
            "note": "holiday",
        } | more

    def test_ones_own(self, ground: Ground, pages: Pages) -> None:
        approver = pages("approver")
        page = approver.get(f"{DELEGATIONS}add/")
        assert "delegator" not in page.context["adminform"].form.fields
        # Whoever does not manage the organization delegates for nobody else, whatever is sent.
        approver.post(f"{DELEGATIONS}add/", self.sent(ground, delegator=str(ground.people["owner"].pk)))
        made = Delegation.objects.get()
        assert (made.delegator, made.delegate) == (
            ground.people["approver"],
            ground.people["second_approver"],
        )
        assert "In force" in pages("second_approver").get(DELEGATIONS).content.decode()
        assert "In force" not in pages("outsider").get(DELEGATIONS).content.decode()

    def test_for_others_by_who_manages(self, ground: Ground, pages: Pages) -> None:
        owner = pages("owner")
        owner.post(f"{DELEGATIONS}add/", self.sent(ground, delegator=str(ground.people["approver"].pk)))
        assert Delegation.objects.get().delegator == ground.people["approver"]

    @pytest.mark.parametrize(
        ("field", "value"), [("delegate", "picker"), ("ends_on", "2020-01-01"), ("delegate", "approver")]
    )
    def test_what_is_wrong_stands_at_its_field(
        self, ground: Ground, pages: Pages, field: str, value: str
    ) -> None:
        given = str(ground.people[value].pk) if value in ground.people else value
        page = pages("approver").post(f"{DELEGATIONS}add/", self.sent(ground, **{field: given}))
        assert page.status_code == 200
        assert page.context["adminform"].form.errors
        assert not Delegation.objects.exists()

    def test_revoked(self, ground: Ground, pages: Pages) -> None:
        approver = pages("approver")
        approver.post(f"{DELEGATIONS}add/", self.sent(ground))
        made = Delegation.objects.get()
        page = f"{DELEGATIONS}{made.pk}/"
        assert pages("second_approver").get(f"{page}revoke/").status_code == 403
        assert pages("second_approver").get(f"{page}change/").status_code == 200
        assert pages("outsider").get(f"{page}revoke/").status_code == 404
        assert pages("outsider").get(f"{page}change/").status_code == 404
        assert "nobody is asked" in approver.get(f"{page}revoke/").content.decode()
        approver.post(f"{page}revoke/")
        made.refresh_from_db()
        assert made.revoked_at is not None
        assert "Revoked" in approver.get(f"{page}change/").content.decode()
        assert "revoke/" not in approver.get(f"{page}change/").content.decode()

    def test_it_is_never_changed_or_deleted(self, ground: Ground, pages: Pages) -> None:
        pages("approver").post(f"{DELEGATIONS}add/", self.sent(ground))
        page = f"{DELEGATIONS}{Delegation.objects.get().pk}/"
        assert pages("owner").post(f"{page}change/", self.sent(ground)).status_code == 403
        assert pages("owner").post(f"{page}delete/", {"post": "yes"}).status_code == 403

    def test_who_may(self, ground: Ground, pages: Pages) -> None:
        for name in ("viewer", "requester", "picker"):
            assert pages(name).get(DELEGATIONS).status_code == 403
            assert pages(name).post(f"{DELEGATIONS}add/", self.sent(ground)).status_code == 403
        assert not Delegation.objects.exists()
