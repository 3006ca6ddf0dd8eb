"""A client whose requests run in the process that asks for them, for tests of everything that clients do."""

from __future__ import annotations

from typing import Final

import django.test

from tests.chaos.clients import Client

__all__ = ["ACTIVITIES", "Neighbour"]

#: All that change stock: the names of the methods.
ACTIVITIES: Final = (
    *("gateway_adjust", "gateway_set", "gateway_bulk", "nexus_set", "nexus_bulk", "pos_change", "pos_bulk"),
    *("backoffice_adjust", "document", "receipt", "reservation", "hold", "transfer", "request", "count"),
)


class Neighbour(Client):
    """One of the clients, whose requests run in this process."""

    def _try(
        self, method: str, path: str, body: bytes | None, caller: str, key: str | None
    ) -> tuple[int | str, bytes, str]:
        headers = {"X-API-Key": caller} | ({"Idempotency-Key": key} if key is not None else {})
        answer = django.test.Client(headers=headers).generic(
            method, path, body or b"", content_type="application/json"
        )
        code = str(answer.json()["code"]) if answer.status_code >= 400 else ""
        return answer.status_code, answer.content, code
