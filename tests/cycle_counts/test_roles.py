"""What the roles may do about counts, on new installations and on those that had the roles before there were counts."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.cycle_counts.conftest import Ground
from tests.inventory.api.callers import Caller
from warehouses.models import User
from warehouses.permissions import ROLES, codename
from warehouses.roles import create_roles

COUNT, REVIEW, READ = "inventory.cyclecount", "inventory.countreview", "inventory.read"
PATH = "/api/inventory/cycle-count"

migration = import_module("warehouses.migrations.0004_count_review")


def held(role: str) -> set[str]:
    return set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))


def give(role: str, *names: str) -> None:
    codenames = [codename(name) for name in names]
    Group.objects.get(name=role).permissions.set(Permission.objects.filter(codename__in=codenames))


@pytest.fixture
def as_it_was(db: None) -> None:
    """The roles as they were before: nobody reviews, and whoever counts looks stock up."""
    Permission.objects.filter(codename=codename(REVIEW)).delete()
    give("Counter", "products.read", READ, COUNT)


@pytest.mark.usefixtures("as_it_was")
class TestMigration:
    def change(self) -> None:
        migration.change_roles(apps, None)

    @pytest.mark.parametrize("role", ["Owner", "Warehouse manager", "Approver"])
    def test_those_who_decide_review(self, role: str) -> None:
        before = held(role)

        self.change()

        assert held(role) == before | {codename(REVIEW)}

    def test_a_counter_no_longer_reads_stock_and_catalogue(self) -> None:
        self.change()

        assert held("Counter") == {codename(COUNT)}

    @pytest.mark.parametrize(
        "names",
        [
            pytest.param(("products.read", READ, COUNT, "transfers.read"), id="more"),
            pytest.param((READ, COUNT), id="less"),
            pytest.param(("products.read", READ), id="counts no more"),
            pytest.param((), id="nothing"),
        ],
    )
    def test_a_counter_that_somebody_changed_stays(self, names: tuple[str, ...]) -> None:
        give("Counter", *names)

        self.change()

        assert held("Counter") == {codename(name) for name in names}

    def test_a_viewer_stays(self) -> None:
        before = held("Viewer")

        self.change()

        assert held("Viewer") == before

    def test_what_an_approver_was_given_stays(self) -> None:
        give("Approver", "stockrequests.approve", "locations.write")

        self.change()

        assert held("Approver") == {
            codename(name) for name in ("stockrequests.approve", "locations.write", REVIEW)
        }

    def test_roles_that_are_gone_are_not_made(self) -> None:
        Group.objects.all().delete()

        self.change()

        assert not Group.objects.exists()

    def test_all_is_as_on_a_new_installation(self) -> None:
        self.change()
        create_roles()

        assert {role: held(role) for role in ROLES} == {
            role: {codename(name) for name in names} for role, names in ROLES.items()
        }


class TestRoles:
    @pytest.mark.parametrize(
        ("person", "allowed"),
        [
            ("owner", {COUNT, REVIEW, READ}),
            ("manager", {COUNT, REVIEW, READ}),
            ("approver", {COUNT, REVIEW, READ}),
            ("counter", {COUNT}),
            ("viewer", {READ}),
        ],
    )
    def test_what_each_may(self, ground: Ground, person: str, allowed: set[str]) -> None:
        access = ground.access_of(person)

        assert {name for name in (COUNT, REVIEW, READ) if access.may(name)} == allowed

    @pytest.mark.parametrize(
        "path",
        [
            "/api/inventory",
            "/api/products",
            "/api/skus",
            "/api/lots",
            "/nexus/api/inventory",
            "/pos/api/v1/inventory",
        ],
    )
    def test_a_counter_looks_no_stock_up(self, ground: Ground, path: str) -> None:
        assert Caller.person(ground.people["counter"]).get(path).status_code == 403
        assert Caller.person(ground.people["viewer"]).get(path).status_code == 200

    def test_a_viewer_counts_nothing(self, ground: Ground) -> None:
        assert Caller.person(ground.people["viewer"]).get(PATH).status_code == 403
        assert logged_in(ground.people["viewer"]).get(reverse("count:home")).status_code == 403

    @pytest.mark.parametrize(("person", "status"), [("counter", 403), ("manager", 200), ("approver", 200)])
    def test_who_posts_what_was_counted(self, ground: Ground, person: str, status: int) -> None:
        batch = ground.submitted()
        body = {"batchId": batch.public_id}

        answer = Caller.person(ground.people[person]).post(
            f"{PATH}/resolve", {**body, "lines": _accepted(batch)}
        )

        assert answer.status_code == status, answer.content


def _accepted(batch: Any) -> list[dict[str, str]]:
    return [{"lineId": line.public_id, "resolution": "accept"} for line in batch.lines.all()]


def logged_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


class TestWhereOneBegins:
    def test_who_only_counts_begins_with_counting(self, ground: Ground) -> None:
        client = logged_in(ground.people["counter"])

        for path in ("/", reverse("admin:index")):
            assert client.get(path, follow=True).redirect_chain[-1] == (reverse("count:home"), 302)

    def test_after_logging_in(self, ground: Ground) -> None:
        page = Client().post(
            reverse("admin:login"),
            {"username": "counter@acme.example", "password": "correct horse battery", "next": "/admin/"},
            follow=True,
        )

        assert page.redirect_chain[-1] == (reverse("count:home"), 302)
        assert page.status_code == 200

    @pytest.mark.parametrize("person", ["owner", "manager", "approver", "viewer"])
    def test_who_may_do_more_begins_with_the_overview(self, ground: Ground, person: str) -> None:
        page = logged_in(ground.people[person]).get("/", follow=True)

        assert page.redirect_chain == [(reverse("admin:index"), 302)]
        assert page.status_code == 200

    def test_so_does_who_may_do_nothing_yet(self, ground: Ground) -> None:
        person = factories.make_person("new@acme.example", {ground.organization: []})

        assert logged_in(person).get(reverse("admin:index")).status_code == 200

    def test_other_pages_stay_open_to_who_only_counts(self, ground: Ground) -> None:
        page = reverse("admin:cycle_counts_countbatch_changelist")

        assert logged_in(ground.people["counter"]).get(page).status_code == 200

    def test_nobody_is_led_in_without_logging_in(self) -> None:
        answer = Client().get(reverse("admin:index"))

        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("admin:login"))
