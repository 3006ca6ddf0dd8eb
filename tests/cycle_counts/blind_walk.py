"""A person who asks the product for everything, and what of the answers gives a number away."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

from django.contrib import admin
from django.db import transaction
from django.test import Client

from tests.cycle_counts.addresses import ADMIN, Address
from tests.inventory.api.callers import Caller
from warehouses.http import throttling

__all__ = ["Answer", "Walker", "told"]

_FORM: Final = "application/x-www-form-urlencoded"
_CSV: Final = {"Accept": "text/csv"}


def told(numbers: Iterable[int | str], text: str) -> list[str]:
    """Those of the numbers that stand in the text by themselves, with or without thousands separators."""
    found = []
    for number in map(str, numbers):
        whole, point, cents = number.partition(".")
        groups = f"{int(whole):,}".split(",")
        written = "(?:[ ,.'\u00a0\u202f\u2009]|&nbsp;|&#x27;)?".join(groups)
        if point:
            written += rf"[.,]{cents}0*"
        if re.search(rf"(?<![0-9A-Za-z]){written}(?![0-9A-Za-z])", text):
            found.append(number)
    return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked and what came: the whole of it, with its headers."""

    asked: str
    headers: tuple[tuple[str, str], ...]
    status: int
    text: str

    def __str__(self) -> str:
        return f"{self.asked} → {self.status}"


@dataclass(slots=True)
class Walker:
    """Asks as somebody with a browser or a key. Whatever is sent is undone again; what came is kept."""

    caller: Caller
    ids: Sequence[str]
    answers: list[Answer] = field(default_factory=list)
    _refused: set[str] = field(default_factory=set)
    _without_files: set[str] = field(default_factory=set)

    def read(self, addresses: Iterable[Address]) -> None:
        """Every page, list, record, file, look-up and form there is to be read."""
        for address in addresses:
            if address.route in self._refused:
                continue
            answer = self._get(address.path)
            if answer.status == 405 or (answer.status == 403 and not address.is_of_counts):
                # Whatever it is about: it is not read, or not without a permission.
                self._refused.add(address.route)
            elif address.is_api:
                self._read_more(address, answer)
            elif address.path.startswith(ADMIN) and answer.status == 200 and "<table" in answer.text:
                self._get(f"{address.path}?q=a")

    def _read_more(self, address: Address, answer: Answer) -> None:
        """As a file, where the route gives one, and with what it says that it was not told."""
        given: list[dict[str, str]] = [{}]
        if address.route not in self._without_files:
            if self._get(address.path, **_CSV).status == 406:
                self._without_files.add(address.route)
            else:
                given.append(_CSV)
        for query in self._queries(answer):
            for headers in given:
                self._get(f"{address.path}?{query}", **headers)

    def look_up(self, terms: Iterable[str]) -> None:
        """The palette, and the look-up of every field in the back office that has one."""
        for term in terms:
            self._get(f"{ADMIN}search/?{urlencode({'s': term, 'extended': 1})}")
        for model, model_admin in admin.site._registry.items():
            for name in getattr(model_admin, "autocomplete_fields", ()):
                options = model._meta
                query = {"app_label": options.app_label, "model_name": options.model_name, "field_name": name}
                self._get(f"{ADMIN}autocomplete/?{urlencode(query | {'term': ''})}")

    def send(self, addresses: Iterable[Address], bodies: Sequence[Mapping[str, Any] | bytes]) -> None:
        """Every body to every one of the contracts' addresses that takes any, and nothing at all to every page.

        What is done to one batch goes to addresses of batches, everything else to the others.
        """
        for address in addresses:
            if not address.is_api:
                self._post(address.path, b"", _FORM)
                continue
            is_of_one = address.path != address.route
            for body in bodies:
                if is_of_one != (isinstance(body, bytes) or "action" in body):
                    continue
                kind = "text/csv" if isinstance(body, bytes) else "application/json"
                sent = body if isinstance(body, bytes) else json.dumps(body).encode()
                if self._post(address.path, sent, kind).status == 405:
                    break

    def fill_in(self, *, but_of: Collection[str] = ()) -> None:
        """Every form of every page that was read is sent as it came, and once more with nonsense in what was empty; but
        for pages about one of `but_of`.
        """
        sent = set()
        for page in list(self.answers):
            path = page.asked.partition(" ")[2]
            if page.status != 200 or "<form" not in page.text or any(key in path for key in but_of):
                continue
            for form in _forms(page.text):
                target = urljoin(path, form.action or urlsplit(path).path)
                if form.method != "post" or "logout" in target:
                    continue
                for values in (form.values, {name: value or "x" for name, value in form.values.items()}):
                    content = urlencode(
                        [(name, value) for name, value in values.items() if name != "csrfmiddlewaretoken"]
                    )
                    if (target, content) not in sent:
                        sent.add((target, content))
                        self._post(target, content.encode(), _FORM)

    def again(self, answer: Answer) -> Answer:
        """What is answered now to what was asked before."""
        path = answer.asked.partition(" ")[2]
        return self._get(path, **dict(answer.headers))

    def is_logged_in(self) -> bool:
        return self._get("/count/me/").status == 200

    def about(self, numbers: Collection[int | str]) -> list[str]:
        """The answers that give one of the numbers away, with the numbers."""
        return [f"{answer}: {found}" for answer in self.answers if (found := told(numbers, answer.text))]

    def _queries(self, answer: Answer) -> Iterator[str]:
        """What a route asks for that was not given: each of the ids."""
        if answer.status != 400:
            return
        errors = json.loads(answer.text.partition("\n\n")[2]).get("errors", [])
        missing = {error["parameter"] for error in errors if "parameter" in error}
        for value in self.ids if missing else ():
            yield urlencode(dict.fromkeys(sorted(missing), value))

    def _get(self, path: str, **headers: str) -> Answer:
        return self._kept(f"GET {path}", self.caller.get(path, **headers), headers)

    def _post(self, path: str, content: bytes, kind: str) -> Answer:
        client: Client = self.caller.client
        cookies = SimpleCookie(client.cookies.output(header="", sep=";"))
        with transaction.atomic():
            headers = {"Content-Type": kind}
            response = self.caller.send("POST", path, content, headers)
            answer = self._kept(f"POST {path}", response, headers)
            if response.status_code in (301, 302, 303):
                there = urlsplit(response["Location"])
                self._get(f"{there.path}?{there.query}" if there.query else there.path)
            transaction.set_rollback(True)
        client.cookies = cookies
        return answer

    def _kept(self, asked: str, response: Any, sent: Mapping[str, str]) -> Answer:
        throttling.forget_counts()
        content = b"".join(response.streaming_content) if response.streaming else response.content
        lines = "\n".join(f"{name}: {value}" for name, value in response.items())
        cookies = "\n".join(morsel.OutputString() for morsel in response.cookies.values())
        answer = Answer(
            asked, tuple(sent.items()), response.status_code, f"{lines}\n{cookies}\n\n{content.decode()}"
        )
        self.answers.append(answer)
        assert response.status_code < 500, answer
        return answer


@dataclass(slots=True)
class _Form:
    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.found.append(_Form(given.get("action") or "", (given.get("method") or "get").lower()))
        elif tag in {"input", "button", "select", "textarea"} and self.found and given.get("name"):
            if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                return
            self.found[-1].values.setdefault(given["name"] or "", given.get("value") or "")


def _forms(page: str) -> list[_Form]:
    parser = _Forms()
    parser.feed(page)
    return parser.found
