"""The switch for single keys: a person's own, on every device, in every organization."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from tests.factories import make_person
from tests.warehouses.admin.conftest import Company
from warehouses.models import PagePreference, User


def log_in(user: User) -> Client:
    client = Client()
    client.post("/admin/login/", {"username": user.email, "password": "correct horse battery"})
    return client


def are_on(client: Client) -> bool:
    text = client.get("/admin/notices/").text
    assert ('data-keys="on"' in text) != ('data-keys="off"' in text)
    return 'data-keys="on"' in text


def test_are_on_until_they_are_switched_off(acme: Company, as_alice: Client) -> None:
    assert are_on(as_alice)
    assert as_alice.post(reverse("admin:keys"), {}).status_code == 302
    assert not are_on(as_alice)
    as_alice.post(reverse("admin:keys"), {"keys": "on"})
    assert are_on(as_alice)


def test_a_script_is_answered_without_a_page(acme: Company, as_alice: Client) -> None:
    answer = as_alice.post(reverse("admin:keys"), {}, headers={"X-Requested-With": "fetch"})
    assert (answer.status_code, answer.content) == (204, b"")


def test_stay_off_for_the_person_wherever_they_log_in(acme: Company, other: Company, db: None) -> None:
    user = make_person("both@example.com", {acme.organization: ["Viewer"], other.organization: ["Viewer"]})
    first = log_in(user)
    first.post("/organization/", {"organization": acme.organization.public_id})
    first.post(reverse("admin:keys"), {})
    second = log_in(user)
    second.post("/organization/", {"organization": other.organization.public_id})
    assert not are_on(second)
    colleague = make_person("colleague@example.com", {acme.organization: ["Viewer"]})
    assert are_on(log_in(colleague))


def test_are_kept_once_for_each_organization(acme: Company, as_alice: Client) -> None:
    for _again in range(2):
        as_alice.post(reverse("admin:keys"), {})
    assert PagePreference.objects.filter(page="keys").count() == 1


def test_list_of_keys_leads_only_where_one_may_go(acme: Company, as_alice: Client, as_bob: Client) -> None:
    assert 'data-go="p"' in as_alice.get(reverse("admin:keys")).text
    assert 'data-go="p"' not in as_bob.get(reverse("admin:keys")).text


def test_no_two_pages_have_the_same_key(acme: Company, as_alice: Client) -> None:
    groups = as_alice.get(reverse("admin:keys")).context["sidebar_navigation"]
    keys = [entry["key"] for group in groups for entry in group["items"] if entry["key"]]
    assert len(keys) == len(set(keys)) >= 8
    assert "g" not in keys
