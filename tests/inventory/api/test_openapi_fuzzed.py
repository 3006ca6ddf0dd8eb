"""The documents against whatever a program may make of them: never a 5xx, every answer as documented.

The seed is fixed, so that a failure here is one of a change, not of chance; SCHEMATHESIS_EXAMPLES asks for more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings

from inventory.webhooks import endpoints
from tests import factories
from tests.inventory.api.demonstration import make_demonstration
from tests.inventory.api.routes import EVERY_SCOPE
from tests.inventory.api.undescribed import UNDESCRIBED
from warehouses.http import throttling
from warehouses.models import ApiKey

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "5"))
EVERY_STATUS_BUT_400 = ["2xx", "3xx", *map(str, range(401, 500)), "5xx"]
CONFIG = schemathesis.Config.from_dict(
    {
        "seed": 20260312,
        "generation": {"max-examples": EXAMPLES},
        # What the document calls valid may break a rule of the business, or not be there, but is never 400.
        "checks": {"positive_data_acceptance": {"expected-statuses": EVERY_STATUS_BUT_400}},
    }
)


def schema_of(contract: str) -> Any:
    return schemathesis.openapi.from_wsgi(f"/{contract}/openapi.json", get_wsgi_application(), config=CONFIG)


@pytest.fixture
def _one_connection(db: None) -> Iterator[None]:
    """Requests leave the test's transaction open, as they do with Django's own test client."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@pytest.fixture
def key(_one_connection: None, monkeypatch: pytest.MonkeyPatch) -> str:
    # Made-up keys are tried by the hundred.
    monkeypatch.setattr(throttling, "FAILED_AUTHENTICATIONS_PER_MINUTE", 1_000_000)
    # Made-up hosts are not looked up.
    monkeypatch.setattr(endpoints, "resolve", lambda target: ())
    return factories.make_key(make_demonstration(), EVERY_SCOPE)


def check(contract: str, case: Any, **headers: str) -> None:
    if case.meta.generation.mode.is_positive:
        make_good(contract, case)
    case.call_and_validate(headers={name.replace("_", "-"): value for name, value in headers.items()})


def make_good(contract: str, case: Any) -> None:
    """What a document cannot say of what should be accepted, made good."""
    # Made-up entity tags are 412 whatever else there is, and one that Schemathesis tries has no quotes.
    case.headers.pop("If-Match", None)
    for known in UNDESCRIBED:
        if known.contract == contract and case.operation.label in (
            known.operations or [case.operation.label]
        ):
            known.mend(case)


# What one example leaves behind is there for the next one, as in life.
one_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
gateway = schema_of("gateway")
nexus = schema_of("nexus")
pos = schema_of("pos")
backoffice = schema_of("backoffice")


@gateway.parametrize()
@one_database
def test_gateway(case: Any, key: str) -> None:
    check("gateway", case, X_API_Key=key)


@nexus.parametrize()
@one_database
def test_nexus(case: Any, key: str) -> None:
    check("nexus", case, X_API_Key=key)


@pos.parametrize()
@one_database
def test_pos(case: Any, key: str) -> None:
    check("pos", case, Authorization=f"Bearer {key}")


@backoffice.parametrize()
@one_database
def test_backoffice(case: Any, key: str) -> None:
    # The nexus contract has an address of this one's too, and answers there unless the key is made for this one.
    ApiKey.objects.update(contract="backoffice")
    check("backoffice", case, X_API_Key=key)
