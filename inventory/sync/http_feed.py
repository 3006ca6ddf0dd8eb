"""The HTTP JSON feed. docs/pos-feed.md is its specification."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final
from urllib.parse import quote, urlsplit

from django.utils import timezone

from inventory.models import SyncType
from inventory.outgoing import Answer, Refused, Unreachable, retry_after, send
from inventory.sync.envelope import check_document, rows_of
from inventory.sync.feeds import Broken, Page, Place, Unavailable
from inventory.sync.rows import Raw, content_of, json_cells

__all__ = ["MOST_BYTES", "MOST_PAGES", "PARAMETERS", "HttpFeed"]

#: The query parameters that are ours; all others of the connection's address are left as they are.
PARAMETERS: Final = frozenset({"mode", "limit", "since", "page"})
MOST_BYTES: Final = 64 * 1024 * 1024
MOST_PAGES: Final = 10_000
DEADLINE_SECONDS: Final = 60.0

_LIMIT = 500
_MODES = {SyncType.FULL: "full", SyncType.INCREMENTAL: "changes"}
_PASSING = frozenset({408, 425, 429})
_REASONS = {
    401: "does not accept our credentials",
    403: "does not let us in",
    404: "has nothing at this address",
    410: "has given this up: the address, or changes since a point that is too long ago",
}


@dataclass(frozen=True, slots=True)
class HttpFeed:
    """`kind` is FULL or INCREMENTAL; `since` is how far changes have been taken over, "" for not at all."""

    url: str
    kind: SyncType
    username: str = ""
    secret: str = ""
    since: str = ""

    @contextmanager
    def page(self, place: Place) -> Iterator[Page | None]:
        since = str(place.get("since", self.since))
        token = str(place.get("page", ""))
        number = int(place.get("number", 1))
        if number > MOST_PAGES:
            raise Broken(f"The feed has more than {MOST_PAGES:,} pages.")
        with tempfile.TemporaryFile() as file:
            self._download(self._address(since, token), file)
            file.flush()
            envelope = check_document(file)
            if token and envelope.next_page == token:
                raise Broken("The feed names the page that was just read as the next one.")
            following = None
            if envelope.next_page:
                following = {"page": envelope.next_page, "number": number + 1, "since": since}
            file.seek(0)
            yield Page(
                rows=self._rows(file),
                mark=hashlib.file_digest(file, "sha256").hexdigest(),
                following=following,
                cursor="" if following else envelope.cursor,
            )

    def _rows(self, file: BinaryIO) -> Iterator[Raw]:
        for value in rows_of(file):
            yield Raw(json_cells(value, self.kind), partial(content_of, value))

    def _address(self, since: str, token: str) -> str:
        parameters = {"mode": _MODES[self.kind], "limit": str(_LIMIT)}
        if since and self.kind is SyncType.INCREMENTAL:
            parameters["since"] = since
        if token:
            parameters["page"] = token
        ours = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
        parts = urlsplit(self.url)
        return parts._replace(query=f"{parts.query}&{ours}" if parts.query else ours, fragment="").geturl()

    def _download(self, address: str, file: BinaryIO) -> None:
        try:
            answer = send(
                "GET",
                address,
                headers=self._headers(),
                deadline_seconds=DEADLINE_SECONDS,
                most_bytes=MOST_BYTES,
                keep=file,
            )
        except Refused as refusal:
            raise Broken(f"The feed cannot be called. {refusal.detail}") from refusal
        except Unreachable as failure:
            if failure.code == "TOO_LARGE":
                raise Broken(f"{failure.detail} Send it in pages.") from failure
            raise Unavailable(failure.detail) from failure
        _check(answer)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if self.username:
            pair = f"{self.username}:{self.secret}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
        elif self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        return headers


def _check(answer: Answer) -> None:
    status = answer.status
    if status in _PASSING or 500 <= status <= 599:
        pause = retry_after(status, answer.headers.get("retry-after"), now=timezone.now())
        raise Unavailable(
            f"The feed answered {status}.", retry_after=pause.total_seconds() if pause else None
        )
    if status != 200:
        reason = _REASONS.get(status)
        if 300 <= status <= 399:
            reason = "leads elsewhere, where it is not followed to"
        raise Broken(
            f"The feed answered {status}: it {reason}." if reason else f"The feed answered {status}."
        )
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Broken("The feed's answer is not application/json.")
    if answer.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Broken("The feed's answer is compressed, though that was not asked for.")
