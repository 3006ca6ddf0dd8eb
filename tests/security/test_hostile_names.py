"""Names that are scripts, formulas and log lines: on every page, in every file, in the log."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, models
from django.test import Client

from config.logs import logging_configuration
from tests.cycle_counts.addresses import ADMIN, addresses
from tests.factories import make_person
from tests.inventory.api.callers import Caller
from tests.inventory.api.ground import lay_ground
from tests.inventory.api.routes import ROUTES
from warehouses.http import throttling
from warehouses.models import Organization, User, Warehouse

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

#: As short as a field may be.
MARK = "=\"'><script>x1()</script>"
#: Who reads other text than names.
_NOT_NAMES = {
    *("code", "code_key", "sort_code", "email", "path", "folder", "url", "contract", "digest", "time_zone"),
    *(
        "currency",
        "kind",
        "page",
        "visible_prefix",
        "token_digest",
        "password",
        "method",
        "key",
        "fingerprint",
    ),
    *("caller", "content_type", "secret", "previous_secret", "query", "zone", "marketplace", "cursor"),
    *("body", "problem", "content"),  # JSON, as text
}
_CAN_RUN = re.compile(r"x1\(\)")


@pytest.fixture
def organization(db: None) -> Organization:
    """Acme, of which every name, title, note and reason is a script in quotation marks, and a formula."""
    organization = lay_ground(None)
    changed = 0
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table, taken = model._meta.db_table, _unique(model)
            if table in _CLOSED or not table.startswith(
                ("inventory_", "warehouses_", "stock_requests_", "cycle_")
            ):
                continue
            for field in model._meta.local_concrete_fields:
                if not _is_a_name(field) or field.name in taken:
                    continue
                quote = connection.ops.quote_name
                cursor.execute(f"UPDATE {quote(table)} SET {quote(field.column)} = %s", [MARK])
                changed += cursor.rowcount
    Organization.objects.filter(pk=organization.pk).update(name=MARK)
    for place in Warehouse.objects.filter(organization=organization).order_by("pk")[:1]:
        Warehouse.objects.filter(pk=place.pk).update(name=MARK)
    assert changed > 30
    organization.refresh_from_db()
    return organization


#: The ledger and histories, of which nothing is changed, and what a migration puts there.
_CLOSED = {"inventory_movement", "inventory_adjustment", "inventory_statechange", "cycle_counts_countentry"}


def _is_a_name(field: models.Field) -> bool:
    is_text = isinstance(field, models.CharField | models.TextField) and not isinstance(
        field, models.EmailField
    )
    long = field.max_length is None or field.max_length >= len(MARK)
    return bool(
        is_text and long and not field.choices and field.name not in _NOT_NAMES and not field.generated
    )


def _unique(model: type[models.Model]) -> set[str]:
    named = {field.name for field in model._meta.fields if field.unique}
    for constraint in model._meta.constraints:
        named |= set(getattr(constraint, "fields", ()))
        for expression in getattr(constraint, "expressions", ()):
            parts = [expression, *getattr(expression, "get_source_expressions", list)()]
            named |= {part.name for part in parts if isinstance(part, models.F)}
    return named


@pytest.fixture
def alice(organization: Organization) -> User:
    return make_person("alice@example.com", {organization: ["Owner"]}, name=MARK)


class _Parts(HTMLParser):
    """What a browser would run: the text of scripts, attributes that are code, and addresses that are."""

    def __init__(self) -> None:
        super().__init__()
        self.run: list[str] = []
        self.names: set[str] = set()
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._in_script = tag == "script" and given.get("type") not in {"application/json", "text/plain"}
        for name, value in given.items():
            if name.startswith(("on", "x-", "@", ":")) or (value or "").strip().lower().startswith(
                "javascript:"
            ):
                self.run.append(value or "")
            if "<" in name or "x1()" in name:
                self.run.append(name)

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.run.append(data)


def runs(page: str) -> list[str]:
    parser = _Parts()
    parser.feed(page)
    return [text for text in parser.run if _CAN_RUN.search(text)]


def test_no_page_has_a_script_of_a_name(organization: Organization, alice: User) -> None:
    caller = Caller.person(alice, organization)
    shown, faults = 0, []
    for path in _pages(organization):
        answer = caller.get(path)
        throttling.forget_counts()
        if "html" not in answer.get("Content-Type", "") or answer.streaming:
            continue
        page = answer.content.decode()
        shown += "x1()" in page
        faults += [f"{path}: {text[:200]}" for text in runs(page)]
    assert faults == []
    assert shown > 40


def test_the_reader_of_pages_sees_scripts() -> None:
    assert runs(f"<p>{MARK}</p>")
    assert runs('<a href="javascript:x1()">') == ["javascript:x1()"]
    assert runs('<p title="" onclick="x1()">')
    assert runs("<script>var name = '';x1()//';</script>")
    assert not runs("<p>&lt;script&gt;x1()&lt;/script&gt;</p><p title='x1()'>")


def test_no_file_has_a_formula(organization: Organization, alice: User, warehouse: Warehouse) -> None:
    """Every list as a file, and every route that gives one."""
    person = Caller.person(alice, organization)
    found, cells = [], 0
    for name, text in _files(person, warehouse):
        for row in csv.reader(io.StringIO(text.lstrip("\ufeff"))):
            for cell in row:
                cells += "x1()" in cell
                if (cell[:1] in "=+@\t\r" and cell) or (
                    cell[:1] == "-" and not re.fullmatch(r"-[\d.,]+%?", cell)
                ):
                    found.append(f"{name}: {cell[:60]}")
    assert found == []
    assert cells > 20


def _files(person: Caller, warehouse: Warehouse) -> Iterator[tuple[str, str]]:
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        form = {"page": name, "query": "", "columns": "all", "format": "csv"}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        yield name, _text(person.send("POST", f"{ADMIN}exports/new/", urlencode(form).encode(), headers))
    for route in ROUTES:
        if route.method == "GET":
            answer = person.get(
                route.prefixed(route.requests("SKU-001", warehouse.public_id)[0]).path, Accept="text/csv"
            )
            yield str(route), _text(answer)
            throttling.forget_counts()


def _text(answer: object) -> str:
    if "csv" not in answer.get("Content-Type", ""):  # type: ignore[attr-defined]
        return ""
    return b"".join(answer).decode()  # type: ignore[call-overload]


def _pages(organization: Organization) -> list[str]:
    rows = {}
    for model in apps.get_models():
        if any(field.name == "organization" for field in model._meta.get_fields()):
            rows[model] = list(model._default_manager.filter(organization=organization)[:1])
    rows[Organization] = [organization]
    ids = [row.public_id for found in rows.values() for row in found if hasattr(row, "public_id")]
    return [each.path for each in addresses(ids[:12], rows=rows) if not each.is_api]


def test_a_line_break_makes_no_line_in_the_log(capsys: pytest.CaptureFixture[str], client: Client) -> None:
    """In production's form; what a caller sends stands in its own line, or not at all."""
    handler = logging.StreamHandler(stream := io.StringIO())
    config = logging_configuration(level="INFO", style="json")
    assert config["formatters"]
    from logging.config import DictConfigurator  # type: ignore[attr-defined]

    handler.setFormatter(
        DictConfigurator(config).configure_formatter(next(iter(config["formatters"].values())))
    )
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        client.get(
            '/nowhere/%0d%0a{"event":"forged"}',
            headers={"X-Request-ID": 'a\r\n{"event": "forged"}', "User-Agent": "x\r\nforged"},
        )
    finally:
        root.removeHandler(handler)
    lines = stream.getvalue().splitlines()
    assert lines
    for line in lines:
        assert json.loads(line)["event"] != "forged"
