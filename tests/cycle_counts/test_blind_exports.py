"""Files are as blind as pages: no list that a counter can take out says what the books hold."""

from __future__ import annotations

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.cycle_counts.test_blind_walk import BEFORE, NUMBERS, OTHERS_COUNTS, Scene, scene
from warehouses.models import User

__all__ = ["scene"]


def taken(user: User, page: str) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    form = {"page": page, "columns": "all", "format": "csv"}
    answer = client.post(reverse("admin:export"), form)
    assert answer.status_code in {200, 302, 404}, (page, answer.status_code)
    return answer.content.decode() if answer.status_code == 200 else ""


def every_list() -> list[str]:
    return [f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry]


def test_no_file_tells_a_counter_what_the_books_say(scene: Scene) -> None:
    files = {page: taken(scene.ground.people["counter"], page) for page in every_list()}
    assert files["cycle_counts_countbatch"], "There is a list that a counter takes out."
    for page, text in files.items():
        assert [number for number in (*NUMBERS, *OTHERS_COUNTS) if str(number) in text] == [], page


def test_list_of_counts_tells_nobody_of_a_batch_before_it_is_submitted(scene: Scene) -> None:
    text = taken(scene.ground.people["owner"], "cycle_counts_countbatch")
    assert text.count("\n") > len(scene.batches)
    assert [number for number in BEFORE if str(number) in text] == []


def test_the_numbers_are_those_that_a_file_would_tell(scene: Scene) -> None:
    text = taken(scene.ground.people["owner"], "inventory_stockitem")
    assert [number for number in NUMBERS[:4] if str(number) in text]
