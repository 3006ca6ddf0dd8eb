"""Accounts and roles, which only superusers touch."""

from __future__ import annotations

import re

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from tests.factories import make_person
from tests.warehouses.admin.conftest import Company
from warehouses.models import User
from warehouses.permissions import codename


class TestAccountsAndRoles:
    def test_role_shows_and_keeps_its_permissions(self, acme: Company, as_root: Client) -> None:
        counter = Group.objects.get(name="Counter")
        target = reverse("admin:auth_group_change", args=[counter.pk])
        ticked = set(re.findall(r'value="([\w.]+)"[^>]*\schecked[\s>]', as_root.get(target).text))
        assert ticked == {"inventory.cyclecount"}

        answer = as_root.post(
            target, {"name": "Counter", "permissions": ["inventory.read", "transfers.read"]}
        )

        assert answer.status_code == 302
        held = set(counter.permissions.values_list("codename", flat=True))
        assert held == {codename("inventory.read"), codename("transfers.read")}

    def test_superuser_makes_and_closes_an_account(self, as_root: Client, client: Client) -> None:
        answer = as_root.post(
            reverse("admin:warehouses_user_add"),
            {
                "email": "Nora@Example.com",
                "name": "Nora",
                "usable_password": "true",
                "password1": "violet-anvil-93",
                "password2": "violet-anvil-93",
            },
        )
        assert answer.status_code == 302
        assert client.login(username="nora@example.com", password="violet-anvil-93")
        nora = User.objects.get(email__iexact="nora@example.com")

        as_root.post(
            reverse("admin:warehouses_user_change", args=[nora.pk]), {"email": nora.email, "name": "Nora"}
        )

        nora.refresh_from_db()
        assert nora.is_active is False

    def test_an_address_is_one_persons_whatever_its_case(self, as_root: Client) -> None:
        make_person("nora@example.com")

        answer = as_root.post(
            reverse("admin:warehouses_user_add"),
            {
                "email": "NORA@example.com",
                "usable_password": "true",
                "password1": "violet-anvil-93",
                "password2": "violet-anvil-93",
            },
        )

        assert answer.status_code == 200
        assert User.objects.filter(email__iexact="nora@example.com").count() == 1
