"""The first steps tick themselves, are for whoever sets things up, and go for good; and the demo company."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cycle_counts.models import BatchState, CountBatch
from inventory.admin import demo_page
from inventory.demo import organization as demo
from stock_requests.models import StockRequest
from tests import factories
from tests.inventory.admin.conftest import _Browser
from warehouses import invitations, keys, people
from warehouses.access import Access, access_of_user
from warehouses.actors import SYSTEM
from warehouses.first_steps import checklist, put_away_checklist
from warehouses.models import ApiKey, Organization, PagePreference, User


@pytest.fixture
def acme(db: None) -> Organization:
    return factories.make_organization("Acme")


@pytest.fixture
def owner(acme: Organization) -> User:
    return factories.make_person("owner@acme.example", {acme: ["Owner"]})


def access(user: User, organization: Organization) -> Access:
    found = access_of_user(user, organization)
    assert found is not None
    return found


def ticks(user: User, organization: Organization) -> list[bool]:
    found = checklist(access(user, organization))
    assert found is not None
    return [ticked.is_done for ticked in found.steps]


class TestTicks:
    def test_nothing_is_done_in_a_new_organization(self, acme: Organization, owner: User) -> None:
        found = checklist(access(owner, acme))
        assert found is not None
        assert [ticked.step.place for ticked in found.steps] == [1, 2, 3, 4, 5, 6, 7]
        assert found.done == 0
        assert found.is_empty
        assert found.next is found.steps[0].step

    def test_each_step_ticks_itself(self, acme: Organization, owner: User) -> None:
        warehouse = acme.default_warehouse
        assert warehouse is not None
        there = factories.make_warehouse(acme, "There")
        expected = [False] * 7

        def now(place: int) -> None:
            expected[place - 1] = True
            assert ticks(owner, acme) == expected

        factories.make_bin(warehouse, "A-01")
        now(1)
        sku = factories.make_sku(acme)
        now(2)
        PagePreference.objects.create(organization=acme, user=owner, page="labels")
        now(3)
        role = owner.memberships.get().role_assignments.get().role
        invitations.invite(organization=acme, actor=SYSTEM, email="x@acme.example", role=role)
        now(4)
        request = factories.make_request(warehouse, there, [(sku, 1)])
        assert ticks(owner, acme) == expected
        StockRequest.objects.filter(pk=request.pk).update(decided_at=timezone.now())
        now(5)
        CountBatch.objects.create(
            organization=acme, number=1, warehouse=warehouse, state=BatchState.RESOLVED,
            actor_type="system", actor_name="", closed_at=timezone.now(),
        )  # fmt: skip
        now(6)
        keys.create_key(organization=acme, actor=SYSTEM, name="Shop", scopes=["inventory.read"])
        assert ticks(owner, acme) == expected
        ApiKey.objects.update(last_used_at=timezone.now())
        assert checklist(access(owner, acme)) is None  # all are done

    def test_what_another_organization_did_ticks_nothing(self, acme: Organization, owner: User) -> None:
        rival = factories.make_organization("Rival")
        factories.make_sku(rival)
        assert rival.default_warehouse is not None
        factories.make_bin(rival.default_warehouse, "A-01")
        assert not any(ticks(owner, acme))

    def test_cost_two_queries_however_many_they_are(self, acme: Organization, owner: User) -> None:
        mine = access(owner, acme)
        with CaptureQueriesContext(connection) as queries:
            checklist(mine)
        assert len(queries) == 2


class TestWhoSeesThem:
    @pytest.mark.parametrize(
        ("role", "places"),
        [("Owner", 7), ("Warehouse manager", 5), ("Approver", None), ("Counter", None), ("Viewer", None)],
    )
    def test_who_sets_things_up(self, acme: Organization, role: str, places: int | None) -> None:
        person = factories.make_person("x@acme.example", {acme: [role]})
        found = checklist(access(person, acme))
        assert (len(found.steps) if found else None) == places

    def test_who_has_one_warehouse_does_not(self, acme: Organization) -> None:
        person = factories.make_person("x@acme.example", {acme: [("Owner", acme.default_warehouse)]})
        assert checklist(access(person, acme)) is None

    def test_they_are_put_away_with_one_press(self, acme: Organization, owner: User) -> None:
        browser = _Browser(owner)
        assert "First steps" in browser.get("/admin/").text
        assert browser.post(reverse("admin:checklist_put_away"))["Location"] == "/admin/"
        assert "First steps" not in browser.get("/admin/").text

    def test_they_are_on_the_overview_with_the_question_how_to_begin(
        self, acme: Organization, owner: User
    ) -> None:
        page = _Browser(owner).get("/admin/").text
        assert "How would you like to begin?" in page
        assert reverse("admin:demo") in page
        factories.make_sku(acme)
        page = _Browser(owner).get("/admin/").text
        assert "How would you like to begin?" not in page
        assert "1 of 7 done" in page

    def test_put_away_they_are_gone_for_the_person_and_here_only(
        self, acme: Organization, owner: User
    ) -> None:
        assert _Browser(owner).get(reverse("admin:checklist_put_away")).status_code == 405
        colleague = factories.make_person("colleague@acme.example", {acme: ["Owner"]})
        second = factories.make_organization("Second")
        given = Group.objects.get(name="Owner")
        people.add_member(organization=second, actor=SYSTEM, user=owner, role=given)
        put_away_checklist(access=access(owner, acme))
        assert checklist(access(owner, acme)) is None
        assert checklist(access(colleague, acme)) is not None
        assert checklist(access(owner, second)) is not None


@pytest.fixture
def root(db: None) -> _Browser:
    return _Browser(factories.make_person("root@example.com", is_superuser=True))


class TestDemo:
    def test_is_made_by_whoever_runs_the_installation(
        self, root: _Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        woken: list[None] = []
        monkeypatch.setattr(demo_page, "wake_demo", lambda: woken.append(None))
        page = reverse("admin:demo")
        assert "Make the demo company" in root.get(page).text
        answer: Any = root.post(page, {"act": "make"})
        assert woken == [None]
        assert "It is being made" in root.get(answer["Location"]).text

    @pytest.mark.parametrize("act", ["make", "archive", "restore"])
    def test_is_made_and_put_away_by_nobody_else(
        self, acme: Organization, owner: User, act: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(demo_page, "wake_demo", lambda: pytest.fail("it is being made"))
        browser = _Browser(owner)
        assert "Ask whoever runs this installation" in browser.get(reverse("admin:demo")).text
        assert browser.post(reverse("admin:demo"), {"act": act}).status_code == 403
        assert browser.post(reverse("admin:demo"), {"act": "x"}).status_code == 400

    def test_is_opened_put_away_and_brought_back(
        self, root: _Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        company = factories.make_organization("Demo Trading")
        monkeypatch.setattr(demo, "find", lambda: Organization.objects.get(pk=company.pk))
        page = reverse("admin:demo")
        root.post(page, {"act": "open"})
        assert "Demo Trading" in root.get(page).text
        root.post(page, {"act": "archive"})
        company.refresh_from_db()
        assert not company.is_active
        assert "Bring it back" in root.get(page).text
        root.post(page, {"act": "restore"})
        company.refresh_from_db()
        assert company.is_active

    def test_is_opened_by_its_members_only(
        self, acme: Organization, owner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        company = factories.make_organization("Demo Trading")
        monkeypatch.setattr(demo, "find", lambda: company)
        browser = _Browser(owner)
        assert "You do not belong to it" in browser.get(reverse("admin:demo")).text
        assert browser.post(reverse("admin:demo"), {"act": "open"}).status_code == 404
        assert browser.get("/admin/").context["organization"] == acme
