from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from rest_framework.response import Response

from tests import factories
from tests.warehouses.http import toys
from tests.warehouses.http.conftest import Api, Browser, problem
from warehouses import refusals
from warehouses.http.idempotency import idempotency_key
from warehouses.idempotency_records import KEPT_FOR, purge_idempotency_records
from warehouses.models import ApiKey, Bin, IdempotencyRecord, Membership, Organization, RoleAssignment, User
from warehouses.tasks import purge_idempotency_records as purge_task

BODY = {"code": "B1", "pick_sequence": 1}


def made(code: str = "B1") -> int:
    return Bin.objects.filter(code=code).count()


def post(api: Api, body: Any = None, key: str = "k1", path: str = "/bins") -> Any:
    return api.post(path, BODY if body is None else body, **{"Idempotency-Key": key})


def test_the_same_write_twice_happens_once_and_is_answered_alike(api: Api) -> None:
    first, second = post(api), post(api)

    assert (first.status_code, second.status_code) == (201, 201)
    assert made() == 1
    assert second.content == first.content
    assert first["Content-Type"] == "application/json"
    for name in ("Content-Type", "ETag", "Location"):
        assert second[name] == first[name]
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert second["X-API-Contract"] == "toy"
    assert second["X-Request-ID"] != first["X-Request-ID"]


def test_without_a_key_nothing_is_stored(api: Api) -> None:
    assert api.post("/bins", BODY).status_code == 201
    assert not IdempotencyRecord.objects.exists()


def test_key_order_and_spaces_in_the_body_make_no_other_request(api: Api) -> None:
    post(api, b'{"code": "B1", "pick_sequence": 1}')

    assert post(api, b'{ "pick_sequence":1,"code":"B1" }')["Idempotent-Replayed"] == "true"


def test_a_slash_or_the_contracts_prefix_make_no_other_request(api: Api) -> None:
    post(api)

    assert post(api, path="/bins/")["Idempotent-Replayed"] == "true"
    assert post(api, path="/toy/bins")["Idempotent-Replayed"] == "true"
    assert made() == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/bins", {"code": "B2", "pick_sequence": 1}),
        ("POST", "/bins", {"code": "B1", "pick_sequence": 2}),
        ("PUT", "/bins/B1", BODY),
        ("PUT", "/bins/B1?hint=x", BODY),
        ("DELETE", "/bins/B1", None),
    ],
)
def test_the_same_key_with_another_request_is_422_and_does_nothing(
    api: Api, method: str, path: str, body: Any
) -> None:
    post(api)

    response = api.send(method, path, body, **{"Idempotency-Key": "k1"})

    assert response.status_code == 422
    assert problem(response)["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert list(Bin.objects.filter(is_default=False).values_list("code", "pick_sequence")) == [("B1", 1)]


def test_the_address_and_the_method_belong_to_the_request(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins("A1", "A2")
    body, headers = {"sequence": 5}, {"Idempotency-Key": "k1"}
    assert api.send("PUT", "/bins/A1", body, **headers).status_code == 200

    assert api.send("PUT", "/bins/A2", body, **headers).status_code == 422
    assert api.send("DELETE", "/bins/A1", body, **headers).status_code == 422
    assert Bin.objects.get(code="A1").pick_sequence == 5
    assert Bin.objects.get(code="A2").pick_sequence == 2


def test_the_query_belongs_to_the_request(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins("A1")
    body, headers = {"sequence": 5}, {"Idempotency-Key": "k1"}
    assert api.send("PUT", "/bins/A1?hint=x", body, **headers).status_code == 200

    assert api.send("PUT", "/bins/A1?hint=x", body, **headers)["Idempotent-Replayed"] == "true"
    assert api.send("PUT", "/bins/A1?hint=y", body, **headers).status_code == 422
    assert api.send("PUT", "/bins/A1", body, **headers).status_code == 422


def test_an_answer_without_a_body_is_replayed_without_one(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins("A1")
    headers = {"Idempotency-Key": "k1"}

    first, second = api.send("DELETE", "/bins/A1", **headers), api.send("DELETE", "/bins/A1", **headers)

    assert (first.status_code, second.status_code) == (204, 204)
    assert second.content == b""
    assert "Content-Type" not in second


def test_keys_of_two_callers_are_two_keys(
    api: Api,
    api_of: Callable[..., Api],
    organization: Organization,
    alice: User,
    browser_of: Callable[[User], Browser],
) -> None:
    second = api_of(factories.make_key(organization, name="Second"))
    foreign = api_of(factories.make_key(factories.make_organization("Other")))

    assert post(api).status_code == 201
    assert post(foreign).status_code == 201
    assert post(second, {"code": "B2", "pick_sequence": 1}).status_code == 201
    person = browser_of(alice).post("/bins", {"code": "B3", "pick_sequence": 1}, **{"Idempotency-Key": "k1"})
    assert person.status_code == 201
    assert IdempotencyRecord.objects.count() == 4


def test_keys_of_one_person_in_two_organizations_are_two_keys(
    organization: Organization, alice: User, browser_of: Callable[[User], Browser]
) -> None:
    other = factories.make_organization("Other")
    member = Membership.objects.create(user=alice, organization=other)
    RoleAssignment.objects.create(membership=member, role=Group.objects.get(name="Owner"))
    browser = browser_of(alice)

    for place in (organization, other):
        browser.choose(place)
        response = browser.post("/bins", BODY, **{"Idempotency-Key": "k1"})
        assert response.status_code == 201
        assert "Idempotent-Replayed" not in response
    assert set(Bin.objects.filter(code="B1").values_list("organization", flat=True)) == {
        organization.pk,
        other.pk,
    }


def test_a_refusal_is_not_stored_and_judged_anew(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins("B1")
    assert post(api).status_code == 409
    assert not IdempotencyRecord.objects.exists()

    Bin.objects.filter(code="B1").delete()

    response = post(api)
    assert response.status_code == 201
    assert "Idempotent-Replayed" not in response


def test_a_malformed_body_is_not_stored(api: Api) -> None:
    assert post(api, b"{").status_code == 400
    assert post(api, {"code": 1}).status_code == 400
    assert post(api).status_code == 201


def test_an_error_in_the_middle_leaves_neither_effect_nor_answer(api: Api) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    toys.during_write.append(fail)
    api.client.raise_request_exception = False
    assert post(api).status_code == 500
    assert (made(), IdempotencyRecord.objects.count()) == (0, 0)

    toys.during_write.clear()
    assert post(api).status_code == 201


def test_a_response_that_says_error_rolls_its_effect_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        toys, "Response", lambda *args, **kwargs: Response(*args, **(kwargs | {"status": 409}))
    )
    for headers in ({}, {"Idempotency-Key": "k1"}):
        assert api.post("/bins", BODY, **headers).status_code == 409
        assert (made(), IdempotencyRecord.objects.count()) == (0, 0)


def test_a_stale_tag_in_a_replay_is_no_matter(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins("A1")
    headers = {"Idempotency-Key": "k1", "If-Match": '"1"'}

    first = api.send("PUT", "/bins/A1", {"sequence": 5}, **headers)
    second = api.send("PUT", "/bins/A1", {"sequence": 5}, **headers)

    assert (first.status_code, second.status_code) == (200, 200)
    assert (second["ETag"], second["Idempotent-Replayed"]) == ('"5"', "true")


def test_a_caller_who_lost_the_permission_gets_no_replay(api: Api) -> None:
    post(api)
    ApiKey.objects.update(scopes=["inventory.read"])

    assert post(api).status_code == 403


@pytest.mark.parametrize(
    "given", ["", " ", "x" * 256, "two words", "a\tb", "\x00", "né", '"unclosed', '""', '"a"b"']
)
def test_a_key_that_is_none_is_400(api: Api, given: str) -> None:
    response = post(api, key=given)

    assert response.status_code == 400
    found = problem(response)
    assert found["code"] == "INVALID_IDEMPOTENCY_KEY"
    assert [error["header"] for error in found["errors"]] == ["Idempotency-Key"]
    assert made() == 0


def test_a_bad_key_is_told_before_a_bad_body(api: Api) -> None:
    assert problem(post(api, b"{", key=""))["code"] == "INVALID_IDEMPOTENCY_KEY"


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("k1", "k1"),
        ('"k1"', "k1"),
        (' "k1" ', "k1"),
        ("x" * 255, "x" * 255),
        (r'"a\"b"', 'a"b'),
        ("8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
    ],
)
def test_a_key_may_be_bare_or_quoted(rf: Any, header: str, key: str) -> None:
    assert idempotency_key(rf.post("/", headers={"Idempotency-Key": header})) == key
    assert idempotency_key(rf.post("/")) is None


def test_reading_needs_no_key_and_ignores_one(api: Api) -> None:
    assert api.get("/bins", **{"Idempotency-Key": ""}).status_code == 200
    assert not IdempotencyRecord.objects.exists()


def test_after_seven_days_a_key_is_new(api: Api) -> None:
    post(api)
    Bin.objects.filter(code="B1").delete()
    IdempotencyRecord.objects.update(created_at=timezone.now() - KEPT_FOR + timedelta(minutes=1))
    assert post(api)["Idempotent-Replayed"] == "true"

    IdempotencyRecord.objects.update(created_at=timezone.now() - KEPT_FOR)

    response = post(api)
    assert response.status_code == 201
    assert "Idempotent-Replayed" not in response
    assert (made(), IdempotencyRecord.objects.count()) == (1, 1)


def test_the_purge_takes_what_is_old_in_batches(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouses.idempotency_records._BATCH", 2)
    now = timezone.now()
    for number in range(7):
        record = IdempotencyRecord.objects.create(
            organization=organization, caller="key:x", key=str(number), fingerprint="", status=200, body=""
        )
        IdempotencyRecord.objects.filter(pk=record.pk).update(created_at=now - timedelta(days=number + 3))

    assert purge_idempotency_records(now) == 3
    assert sorted(IdempotencyRecord.objects.values_list("key", flat=True)) == ["0", "1", "2", "3"]
    assert purge_idempotency_records(now) == 0


def test_the_task_purges(organization: Organization) -> None:
    record = IdempotencyRecord.objects.create(
        organization=organization, caller="key:x", key="1", fingerprint="", status=200, body=""
    )
    IdempotencyRecord.objects.filter(pk=record.pk).update(created_at=timezone.now() - timedelta(days=8))

    purge_task()

    assert not IdempotencyRecord.objects.exists()


def test_a_conflict_is_not_stored(api: Api) -> None:
    toys.to_raise.append(refusals.Conflict("WRONG_STATE", "No."))

    assert post(api, {}, path="/raise").status_code == 409
    assert not IdempotencyRecord.objects.exists()
