"""The developers' pages that everybody may read: guides and errors, and the commands that the guides show."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.guides import shelves
from config.problem_catalogue import catalogue
from inventory.models import Movement, Reservation
from inventory.webhooks import endpoints
from tests import factories
from tests.inventory.api.demonstration import make_demonstration

GUIDES = settings.BASE_DIR / "docs" / "guides"


@pytest.fixture
def key(db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    # The examples' host is a real one, which is looked up in life.
    monkeypatch.setattr(endpoints, "resolve", lambda target: ())
    scopes = ["inventory.write", "integrations.manage", "replenishment.read", "products.read"]
    return factories.make_key(make_demonstration(), scopes)


def commands_of(name: str) -> list[str]:
    text = (GUIDES / f"{name}.md").read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(r"^curl .+$", text, re.MULTILINE)


def run(command: str, key: str) -> Any:
    """The answer to a command as a shell would send it."""
    words = shlex.split(command)[1:]
    given: dict[str, list[str]] = {"-X": ["GET"], "-H": [], "-d": []}
    (url,) = [
        word for i, word in enumerate(words) if word not in given and (i == 0 or words[i - 1] not in given)
    ]
    for option, value in itertools.pairwise(words):
        if option in given:
            given[option].append(value)
    headers = dict(header.replace("$KEY", key).split(": ", 1) for header in given["-H"])
    content = {"data": given["-d"][0], "content_type": headers.pop("Content-Type")} if given["-d"] else {}
    return Client().generic(given["-X"][-1], url.replace("$BASE", ""), headers=headers, **content)


@pytest.mark.parametrize(
    ("name", "count"),
    [("sync-stock", 6), ("reserve-safely", 4), ("react-to-low-stock", 5), ("change-contract", 6)],
)
def test_the_commands_of_a_guide_work_one_after_the_other(name: str, count: int, key: str) -> None:
    commands = commands_of(name)
    assert len(commands) == count
    for command in commands:
        answer = run(command, key)
        assert answer.status_code in {200, 201}, (command, answer.content)


def test_reserving_again_with_the_same_key_reserves_once(key: str) -> None:
    (command,) = [command for command in commands_of("reserve-safely") if "Idempotency-Key" in command]
    before = Reservation.objects.count()

    assert [run(command, key).headers.get("Idempotent-Replayed") for _ in range(2)] == [None, "true"]
    assert Reservation.objects.count() == before + 1


def test_what_was_missed_is_one_call_away(key: str) -> None:
    """No page is opened for it: the guide's command sends what failed since an instant once more."""
    (command,) = [command for command in commands_of("sync-stock") if '"replay"' in command]

    assert run(command, key).status_code == 200


def test_an_upgrade_is_told_of_in_documents(client: Client, db: None) -> None:
    """No page is needed: the changes are a file, the contracts' versions stand in their documents."""
    assert "## Unreleased" in (settings.BASE_DIR / "CHANGELOG.md").read_text(encoding="utf-8")
    for name in ("gateway", "nexus", "pos", "backoffice"):
        assert client.get(f"/{name}/openapi.json").json()["info"]["version"]


def test_the_first_calls_of_the_start_page_work_as_they_stand(key: str, client: Client) -> None:
    page = client.get("/developers/").text
    blocks = re.findall(r"<code>(curl .+?)</code>", page, re.DOTALL)
    assert len(blocks) == 3
    before = Movement.objects.count()
    for block in blocks:
        command = block.replace("&quot;", '"').replace("\\\n", " ").replace("http://testserver", "$BASE")
        answer = run(command, key)
        assert answer.status_code in {200, 201}, (command, answer.content)
    assert Movement.objects.count() == before + 1


def test_every_page_opens_for_everybody_and_asks_no_database(client: Client, db: None) -> None:
    addresses = [
        "/developers/",
        "/developers/errors/",
        "/developers/errors/?q=stock",
        "/llms.txt",
        *(guide.address for shelf in shelves() for guide in shelf.guides),
        *(guide.address.rstrip("/") + ".md" for shelf in shelves() for guide in shelf.guides),
        *(f"/developers/errors/{code}/" for code in catalogue()),
    ]
    with CaptureQueriesContext(connection) as captured:
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
    assert len(captured) == 0
    assert len(addresses) > 200


@pytest.mark.parametrize(
    "address",
    [
        "/developers/errors/NO_SUCH_CODE/",
        "/developers/guides/none/",
        "/developers/guides/none.md",
        "/developers/guides/..%2F..%2FREADME/",
        "/developers/guides/README.md",
    ],
)
def test_what_is_not_there_is_a_problem(client: Client, address: str) -> None:
    answer = client.get(address)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    "written",
    ["stock_unavailable", "STOCK-UNAVAILABLE", "urn:tallyhouse:problem:stock-unavailable"],
)
def test_a_code_is_found_however_it_is_written(client: Client, written: str) -> None:
    page = "/developers/errors/STOCK_UNAVAILABLE/"

    assert client.get(f"/developers/errors/{written}/").headers["Location"] == page
    assert client.get("/developers/errors/", {"q": written}).headers["Location"] == page


def test_an_error_says_what_to_do_and_who_answers_it(client: Client) -> None:
    page = client.get("/developers/errors/STOCK_UNAVAILABLE/").text

    assert "409 Conflict" in page
    assert "<code>available</code>" in page
    assert "urn:tallyhouse:problem:stock-unavailable" in page
    assert '<a href="/backoffice/docs/#/' in page
    assert "?q=STOCK_UNAVAILABLE" in page


def test_a_search_without_a_match_says_so(client: Client) -> None:
    page = client.get("/developers/errors/", {"q": "<zebra>"}).text

    assert "&lt;zebra&gt;" in page
    assert "<zebra>" not in page
    assert "No code has that in it." in page


def test_programs_find_everything_from_one_file(client: Client) -> None:
    answer = client.get("/llms.txt")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    links = re.findall(r"\(http://testserver([^)]+)\)", answer.text)
    assert len(links) == sum(len(shelf.guides) for shelf in shelves()) + 5
    for link in links:
        assert client.get(link).status_code == 200, link


def test_the_document_is_served_as_it_is_written(client: Client) -> None:
    answer = client.get("/developers/guides/reserve-safely.md")

    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.text == (GUIDES / "reserve-safely.md").read_text(encoding="utf-8")


def test_an_example_is_a_problem_of_the_documented_form(client: Client) -> None:
    for entry in catalogue().values():
        if entry.status:
            example = json.loads(entry.example)
            assert (example["code"], example["status"]) == (entry.code, entry.status)
