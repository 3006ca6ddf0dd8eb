"""A key that is revoked in the middle of a burst: no request that begins afterwards is let in, by no process."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from inventory.models import Movement, StockLevel
from inventory.verification import verify
from tests import factories
from tests.races.conftest import Server
from warehouses.actors import SYSTEM
from warehouses.keys import revoke_key
from warehouses.models import ApiKey, Organization

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

CLIENTS = 6


def burst(
    server: Server, at_once: Callable[..., list[Any]], organization: Organization
) -> list[tuple[bool, int]]:
    """(begun after the key was revoked, status) of each request of many clients with one key."""
    text = factories.make_key(organization)
    is_warm = [Event() for _ in range(CLIENTS)]
    revoked_at: list[float] = []

    def client(number: int) -> list[tuple[float, int]]:
        """The last one revokes the key as soon as all others have been let in."""
        if number == CLIENTS:
            for one in is_warm:
                assert one.wait(30)
            key = ApiKey.objects.get(visible_prefix=text[:16])
            revoke_key(organization=organization, actor=SYSTEM, key=key)
            revoked_at.append(time.monotonic())
            return []
        answers: list[tuple[float, int]] = []
        with server.session(text) as session:
            # Refused once is enough: who goes on guessing is told to wait (429).
            while not (answers and answers[-1][1] == 401):
                if revoked_at and time.monotonic() > revoked_at[0] + 1:
                    break
                begun = time.monotonic()
                answer = session.send("POST", "/api/v1/inventory/adjust", {"sku": "BURST", "adjustment": -1})
                answers.append((begun, answer.status))
                if len(answers) == 3:
                    is_warm[number].set()
        return answers

    answers = [answer for found in at_once(client, list(range(CLIENTS + 1))) for answer in found]
    # All others may have been under way in that instant.
    with server.session(text) as session:
        begun = time.monotonic()
        answers.append((begun, session.send("GET", "/api/v1/inventory/BURST").status))
    return [(begun > revoked_at[0], status) for begun, status in answers]


@pytest.fixture
def organization(transactional_db: None) -> Organization:
    organization = factories.make_organization()
    factories.stock(factories.make_sku(organization, "BURST"), organization.warehouses.get(), 100_000)
    return organization


def test_a_key_that_is_revoked_in_a_burst_opens_nothing_afterwards(
    organization: Organization, server: Server, at_once: Callable[..., list[Any]]
) -> None:
    other = factories.make_key(organization)
    answers = burst(server, at_once, organization)
    assert {status for is_after, status in answers if is_after} == {401}
    assert {status for is_after, status in answers if not is_after} <= {200, 401}  # under way meanwhile
    accepted = sum(status == 200 for _, status in answers)
    assert accepted >= 3 * CLIENTS
    assert Movement.objects.filter(delta=-1).count() == accepted
    assert StockLevel.objects.get().on_hand == 100_000 - accepted
    assert list(verify()) == []
    with server.session(other) as session:
        assert session.send("GET", "/api/v1/inventory/BURST").status == 200


def test_a_process_that_remembered_keys_would_go_on(
    organization: Organization, start_server: Callable[[str], Server], at_once: Callable[..., list[Any]]
) -> None:
    answers = burst(start_server("remember-keys"), at_once, organization)
    assert (True, 200) in answers
