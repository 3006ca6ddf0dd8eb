"""Browsers in which the people of the small organization are logged in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from cycle_counts.models import CountBatch
from tests import factories
from tests.cycle_counts.conftest import Ground

__all__ = ["LIST", "Pages", "page_of"]

LIST = "/admin/cycle_counts/countbatch/"

Pages = Callable[[str], Client]


@pytest.fixture
def pages(ground: Ground) -> Pages:
    """`pages("manager")`: the back office as this person sees it."""
    stranger = factories.make_organization("Rival")
    people = dict(ground.people) | {
        "outsider": factories.make_person("eve@rival.example", {stranger: ["Owner"]})
    }

    def logged_in(name: str) -> Client:
        client = Client()
        client.force_login(people[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return logged_in


def page_of(found: CountBatch, page: str = "change") -> str:
    return f"{LIST}{found.pk}/{page}/"
