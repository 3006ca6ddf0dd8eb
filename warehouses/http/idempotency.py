"""`Idempotency-Key`: a write that is sent twice happens once, and both are told the same.

The stored answer is committed in the transaction of the effect, so there is neither an effect without its answer nor an
answer without its effect. Only successes are stored: what was refused changed nothing and is judged anew.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.response import Response

from warehouses import transactions
from warehouses.access import Access
from warehouses.http.faults import invalid_header
from warehouses.http.rendering import json_bytes
from warehouses.idempotency_records import KEPT_FOR, Claim
from warehouses.models import IdempotencyRecord
from warehouses.refusals import Conflict, RuleBroken
from warehouses.sealing import Unreadable, seal, unseal

__all__ = ["HEADER", "REPLAYED", "idempotency_key", "perform_once", "rendered", "stored_headers"]

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_STORED_HEADERS = ("ETag", "Location", "Content-Type")
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
_STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')


def perform_once(
    request: HttpRequest,
    *,
    access: Access,
    work: Callable[[], HttpResponse],
    body: Any = None,
    contract: str = "",
    is_secret: bool = False,
    shortcut: Callable[[Claim | None], HttpResponse | None] | None = None,
) -> HttpResponse:
    """Run `work` in a transaction and answer with its response; with `Idempotency-Key`, once only.

    `work` must be repeatable (`transactions.run`). A response of 400 and above rolls its effect back, like an
    exception. Keys belong to the caller: one organization, one API key or person. Same key and same request: the
    stored answer, byte for byte, with `Idempotent-Replayed: true`. An answer that shows a secret (`is_secret`) is
    stored sealed. `shortcut` is tried first, outside of a transaction: it has done it all, storing the answer included,
    or nothing (None), and then `work` is done.

    Raises 400 `INVALID_IDEMPOTENCY_KEY`, RuleBroken `IDEMPOTENCY_KEY_REUSED` (422) when the key came with another
    request, Conflict `IDEMPOTENCY_IN_PROGRESS` (409) while the first one still runs, Conflict `CONTENTION`.
    """
    key = idempotency_key(request)
    claim = None
    if key is not None:
        caller = f"{access.actor.type.value}:{access.actor.id}"
        claim = Claim(access.organization.pk, caller, key, _fingerprint(request, contract, body))
    if shortcut is not None:
        done = shortcut(claim)
        if done is not None:
            return done
    if claim is None:
        return transactions.run(lambda: _rolled_back_if_failed(work()))

    def attempt() -> HttpResponse:
        _claim(claim)
        mine = IdempotencyRecord.objects.filter(
            organization=access.organization, caller=claim.caller, key=claim.key
        )
        record = mine.first()
        if record is not None and record.created_at <= timezone.now() - KEPT_FOR:
            mine.delete()  # the purge has not come by yet
            record = None
        if record is not None:
            return _replayed(record, claim.fingerprint)
        response = rendered(_rolled_back_if_failed(work()))
        if response.status_code < 300:
            IdempotencyRecord.objects.create(
                organization=access.organization,
                caller=claim.caller,
                key=claim.key,
                fingerprint=claim.fingerprint,
                status=response.status_code,
                headers=stored_headers(response),
                body=seal(response.content.decode()) if is_secret else response.content.decode(),
                is_sealed=is_secret,
            )
        return response

    return transactions.run(attempt)


def idempotency_key(request: HttpRequest) -> str | None:
    """The request's key, bare or as a quoted structured string, or None. Raises 400 `INVALID_IDEMPOTENCY_KEY`."""
    header = request.headers.get(HEADER)
    if header is None:
        return None
    text = header.strip()
    if text.startswith('"'):
        match = _STRING.fullmatch(text)
        text = re.sub(r"\\(.)", r"\1", match[1]) if match else ""
    if not _VISIBLE.fullmatch(text):
        raise invalid_header(
            HEADER,
            "An idempotency key has 1 to 255 visible ASCII characters.",
            code="INVALID_IDEMPOTENCY_KEY",
        )
    return text


def stored_headers(response: HttpResponse) -> dict[str, str]:
    """Those that a repetition is given again."""
    return {name: response[name] for name in _STORED_HEADERS if response.has_header(name)}


def _claim(claim: Claim) -> None:
    """Be the only one at work under this key until the transaction ends.

    On SQLite the transaction began with the write lock (transaction_mode IMMEDIATE): whoever is second waits there.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [claim.number])
        (claimed,) = cursor.fetchone()
    if not claimed:
        raise Conflict(
            "IDEMPOTENCY_IN_PROGRESS", "The first request with this idempotency key is still running."
        )


def _replayed(record: IdempotencyRecord, fingerprint: str) -> HttpResponse:
    if record.fingerprint != fingerprint:
        raise RuleBroken("IDEMPOTENCY_KEY_REUSED", "This idempotency key was used for another request.")
    headers = {**record.headers, REPLAYED: "true"}
    try:
        body = unseal(record.body) if record.is_sealed else record.body
    except Unreadable as error:
        raise Conflict("ANSWER_LOST", "This was done, but its answer cannot be read any more.") from error
    response = HttpResponse(body.encode(), status=record.status, headers=headers)
    if "Content-Type" not in record.headers:
        del response["Content-Type"]
    return response


def rendered(response: HttpResponse) -> HttpResponse:
    """A DRF response as bytes: what is sent now is exactly what is stored for later."""
    if not isinstance(response, Response):
        return response
    content = b"" if response.data is None else json_bytes(response.data)
    rendered = HttpResponse(content, status=response.status_code, content_type="application/json")
    for name, value in response.items():
        if name != "Content-Type":  # DRF's own is set only when it renders; until then it is Django's default
            rendered[name] = value
    if not content:
        del rendered["Content-Type"]
    return rendered


def _rolled_back_if_failed(response: HttpResponse) -> HttpResponse:
    if response.status_code >= 400:
        transaction.set_rollback(True)
    return response


def _fingerprint(request: HttpRequest, contract: str, body: Any) -> str:
    """The same for the prefixed and the root path of a contract, with and without a slash at the end."""
    route = request.path.rstrip("/")
    if contract:
        route = route.removeprefix(f"/{contract}")
    query = sorted((name, values) for name, values in request.GET.lists())
    parts = [contract, request.method, route, query, body]
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
