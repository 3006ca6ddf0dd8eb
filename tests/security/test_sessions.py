"""Sessions end with what they rest on, and no header moves them or what we write elsewhere."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client

from inventory.models import Sku
from tests.factories import make_organization, make_person, make_sku, stock
from warehouses.models import Invitation, Organization, User

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def alice(organization: Organization) -> User:
    return make_person("alice@example.com", {organization: ["Owner"]})


def logged_in(user: User) -> Client:
    client = Client()
    assert client.post("/admin/login/", {"username": user.email, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/backoffice/api/locations").status_code == 200


def test_logging_in_makes_a_new_session(alice: User) -> None:
    """A session that somebody has planted in the browser is not the one that is logged in."""
    client = Client()
    client.session["planted"] = True
    planted = client.session
    planted["planted"] = True
    planted.save()
    client.cookies["sessionid"] = planted.session_key

    client.post("/admin/login/", {"username": alice.email, "password": PASSWORD})

    assert is_in(client)
    assert client.cookies["sessionid"].value != planted.session_key
    stranger = Client()
    stranger.cookies["sessionid"] = planted.session_key
    assert not is_in(stranger)


def test_a_cookie_is_worth_nothing_after_logging_out(alice: User) -> None:
    client = logged_in(alice)
    kept = client.cookies["sessionid"].value
    assert is_in(client)

    assert client.post("/admin/logout/").status_code in {200, 302}

    thief = Client()
    thief.cookies["sessionid"] = kept
    assert not is_in(thief)


@pytest.mark.parametrize("how", ["by themselves", "by a superuser", "deactivated"])
def test_a_password_that_was_changed_ends_sessions(alice: User, how: str) -> None:
    here, elsewhere = logged_in(alice), logged_in(alice)
    if how == "by themselves":
        form = {
            "old_password": PASSWORD,
            "new_password1": "violet-anvil-93",
            "new_password2": "violet-anvil-93",
        }
        assert here.post("/admin/password_change/", form).status_code == 302
        assert is_in(here)
    elif how == "by a superuser":
        alice.set_password("violet-anvil-93")
        alice.save()
    else:
        User.objects.filter(pk=alice.pk).update(is_active=False)

    assert not is_in(elsewhere)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_json_in_plain_text_is_no_way_past_the_token(
    alice: User, organization: Organization, kind: str
) -> None:
    """What a form elsewhere can send with the cookie, and without asking first."""
    place = organization.default_warehouse
    assert place is not None
    stock(make_sku(organization, "SKU-001"), place, 5)
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    body = json.dumps({"sku": "SKU-001", "adjustment": 5})
    answer = client.post("/gateway/api/v1/inventory/adjust", body, content_type=kind)
    assert answer.status_code == 403
    assert answer.json()["code"] == "CSRF_FAILED"
    assert Sku.objects.get().levels.get().on_hand == 5


def test_a_forwarded_host_moves_no_link(alice: User) -> None:
    client = logged_in(alice)
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Server": "evil.example",
        "Forwarded": "host=evil.example",
    }

    answer = client.get("/admin/inventory/sku/?q=x", headers=headers)
    assert "evil.example" not in answer.content.decode() + str(answer.headers)
    redirected = Client().get("/admin/inventory/sku/", headers=headers)
    assert redirected.status_code == 302
    assert "evil.example" not in redirected["Location"]
    form = {"email": "new@example.com", "role": str(Group.objects.get(name="Counter").pk)}
    client.post("/admin/warehouses/invitation/add/", form, headers=headers)
    invitation = Invitation.objects.get()
    assert invitation.email == "new@example.com"
    assert client.get("/admin/", headers={"Host": "evil.example"}).status_code == 400
    assert "evil.example" not in str([message.body for message in mail.outbox])
