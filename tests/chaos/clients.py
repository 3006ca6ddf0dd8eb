"""Clients that do what callers of all contracts do, each request until it knows what came of it.

Whatever ends without a clear answer (no answer, 5xx, or 409 and 429 that ask to come again) is sent again under the
same Idempotency-Key. No client sends the next write before the last one is settled.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from tests.chaos.ground import Ground
from tests.chaos.journal import Journal, Mark, Write

__all__ = ["Client"]

#: Of a request. Longer than anything in the product waits.
_TIMEOUT = 40.0
_AGAIN: Final = frozenset({"CONTENTION", "IDEMPOTENCY_IN_PROGRESS"})
_ALPHABET: Final = {letter: value for value, letter in enumerate("0123456789abcdefghjkmnpqrstvwxyz")}


class Client(threading.Thread):
    """One caller. `stop` ends it after the activity that it is at; after `give_up` seconds more, wherever it is."""

    def __init__(self, number: int, *, seed: int, port: int, ground: Ground, journal: Journal) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self.number = number
        self.port = port
        self.ground = ground
        self.journal = journal
        self.dice = random.Random(f"client {seed} {number}")
        self.own = list(ground.own[number])
        self.quantity = 1000
        self.sent = 0
        self.stopping = threading.Event()
        self.deadline = float("inf")
        self.failure: BaseException | None = None
        self._connection: http.client.HTTPConnection | None = None

    def stop(self, give_up: float) -> None:
        self.deadline = time.monotonic() + give_up
        self.stopping.set()

    def run(self) -> None:
        activities: list[Callable[[], None]] = [
            *([self.gateway_adjust] * 3),
            *([self.pos_change] * 2),
            *([self.backoffice_adjust] * 2),
            *(
                self.gateway_set,
                self.gateway_bulk,
                self.nexus_set,
                self.nexus_bulk,
                self.pos_bulk,
                self.document,
            ),
            *(self.receipt, self.reservation, self.hold, self.transfer, self.request, self.count, self.reads),
        ]
        try:
            while not self.stopping.is_set():
                self.dice.choice(activities)()
        except _GaveUp:
            return
        except Exception as error:  # noqa: BLE001 - the run asks for it, and fails
            self.failure = error

    # --- one change of stock

    def gateway_adjust(self) -> None:
        self._write(
            "gateway adjust",
            "POST",
            "/gateway/api/v1/inventory/adjust",
            lambda key: {
                "sku": self._shared(),
                "adjustment": self._change(),
                "warehouseId": self._place(),
                "referenceId": key,
            },
            _movements("reference"),
        )

    def gateway_set(self) -> None:
        self._write(
            "gateway set",
            "PUT",
            f"/gateway/api/v1/inventory/{self.own[0]}",
            lambda key: {"quantity": self._next(), "reason": key},
            _movements("note"),
        )

    def gateway_bulk(self) -> None:
        self._write(
            "gateway bulk",
            "POST",
            "/gateway/api/v1/inventory/bulk",
            lambda key: {
                "updates": [{"sku": code, "quantity": self._next()} for code in self.own[:3]],
                "reason": key,
            },
            _movements("note", 3),
        )

    def nexus_set(self) -> None:
        self._write(
            "nexus set",
            "PUT",
            f"/nexus/api/inventory/{self.own[1]}",
            self._nexus_row,
            _movements("note"),
        )

    def nexus_bulk(self) -> None:
        self._write(
            "nexus bulk",
            "POST",
            "/nexus/api/inventory/bulk",
            lambda key: {"updates": [{"sku": code, **self._nexus_row(key)} for code in self.own[:3]]},
            _movements("note", 3),
        )

    def pos_change(self) -> None:
        self._write(
            "pos change",
            "PATCH",
            f"/pos/api/v1/inventory/{self.dice.choice(self.ground.items)}",
            self._pos_row,
            _movements("note"),
        )

    def pos_bulk(self) -> None:
        items = self.dice.sample(self.ground.items, 4)
        self._write(
            "pos bulk",
            "POST",
            "/pos/api/v1/inventory/bulk-update",
            lambda key: {"updates": [{"id": item, **self._pos_row(key)} for item in items]},
            _movements("note", 4),
        )

    def backoffice_adjust(self) -> None:
        self._write(
            "backoffice adjust",
            "POST",
            "/backoffice/api/inventory/adjust",
            lambda key: {
                "sku": self._shared(),
                "locationId": self._place(),
                "quantityChange": self._change(),
                "reasonCode": "ADJUSTMENT",
                "note": key,
            },
            _movements("note"),
        )

    def document(self) -> None:
        codes = self.dice.sample(self.ground.shared, 3)
        self._write(
            "adjustment document",
            "POST",
            "/backoffice/api/inventory/adjustments",
            lambda key: {
                "reasonCode": "ADJUSTMENT",
                "note": key,
                "lines": [
                    {"sku": code, "locationId": self._place(), "quantityChange": self._change()}
                    for code in codes
                ],
            },
            lambda key: Mark("inventory.Adjustment", {"note": key}),
        )

    def receipt(self) -> None:
        self._write(
            "receipt",
            "POST",
            "/backoffice/api/inventory/record-stock",
            lambda key: {
                "locationId": self._place(),
                "referenceId": key,
                "lines": [{"sku": self._shared(), "quantity": self.dice.randint(1, 9)}],
            },
            lambda key: Mark("inventory.Adjustment", {"reference": key}),
        )

    # --- documents, from their beginning to their end

    def reservation(self) -> None:
        path = "/backoffice/api/inventory/reservations"
        made = self._write(
            "reserve",
            "POST",
            path,
            lambda key: {
                "sku": self._shared(),
                "locationId": self._place(),
                "quantity": self.dice.randint(1, 4),
                "referenceId": key,
            },
            lambda key: Mark("inventory.Reservation", {"reference": key}),
        )
        if made is not None:
            action = self.dice.choice(["fulfil", "release"])
            self._act("reservation", f"{path}/{made['id']}", made["id"], action, {"action": action})

    def hold(self) -> None:
        path = "/backoffice/api/inventory/holds"
        made = self._write(
            "hold",
            "POST",
            path,
            lambda key: {
                "sku": self._shared(),
                "locationId": self._place(),
                "quantity": self.dice.randint(1, 4),
                "reason": "Seal",
                "referenceId": key,
            },
            lambda key: Mark("inventory.Hold", {"reference": key}),
        )
        if made is not None:
            self._act("hold", f"{path}/release", made["id"], "release", {"holdId": made["id"]})

    def transfer(self) -> None:
        path = "/backoffice/api/inventory/transfers"
        source, goal = self.dice.sample([self.ground.north, self.ground.south], 2)
        made = self._write(
            "draft transfer",
            "POST",
            path,
            lambda key: {
                "fromLocationId": source,
                "toLocationId": goal,
                "lines": self._lines(2),
                "referenceId": key,
            },
            lambda key: Mark("inventory.Transfer", {"reference": key}),
        )
        for action in ("ship", "receive"):
            if made is None:
                return
            address = f"{path}/{made['id']}"
            made = self._act("transfer", address, made["id"], action, {"action": action})

    def request(self) -> None:
        path = "/backoffice/api/stock-requests"
        made = self._write(
            "draft request",
            "POST",
            path,
            lambda key: {
                "fromLocationId": self.ground.north,
                "toLocationId": self.ground.south,
                "lines": self._lines(2),
                "note": key,
            },
            lambda key: Mark("stock_requests.StockRequest", {"note": key}),
        )
        if made is None:
            return
        address = f"{path}/{made['id']}"
        steps: list[tuple[str, str, dict[str, Any], str]] = [
            ("submit", "submit", {}, self.ground.asker),
            ("approve", "approve", {}, self.ground.decider),
            ("pick", "status", {"status": "picking"}, self.ground.asker),
            ("fulfil", "status", {"status": "fulfilled"}, self.ground.asker),
        ]
        if self.dice.random() < 0.2:
            steps[1:] = [("reject", "reject", {"reason": "Not now"}, self.ground.decider)]
        shown: Any = made
        for action, place, body, caller in steps:
            shown = self._act("request", f"{address}/{place}", made["id"], action, body, caller)
            if shown is None:
                return
        if shown.get("transferId"):
            address = f"/backoffice/api/inventory/transfers/{shown['transferId']}"
            self._act("transfer", address, shown["transferId"], "receive", {"action": "receive"})

    def count(self) -> None:
        path = "/backoffice/api/inventory/cycle-count"
        made = self._write(
            "plan count",
            "POST",
            path,
            lambda key: {"locationId": self.ground.north, "skus": [self.own[3]], "name": key},
            lambda key: Mark("cycle_counts.CountBatch", {"name": key}),
        )
        if made is None:
            return
        address = f"{path}/{made['id']}"
        if self._act("count", address, made["id"], "start", {"action": "start"}) is None:
            return
        (line,) = made["lines"]
        counted = self._write(
            "count: count",
            "POST",
            address,
            lambda key: {
                "action": "count",
                "counts": [{"lineId": line["id"], "countedQuantity": self._next(), "clientId": key}],
            },
            lambda key: Mark("cycle_counts.CountEntry", {"client_id": key}),
        )
        if counted is None or self._act("count", address, made["id"], "submit", {"action": "submit"}) is None:
            return
        body = {"batchId": made["id"]}
        self._act("count", f"{path}/resolve", made["id"], "resolve", body, self.ground.decider)

    def reads(self) -> None:
        """What is read is no promise; it is there to be in the way."""
        path = self.dice.choice(
            [
                "/gateway/api/v1/inventory?per_page=50",
                "/nexus/api/inventory?limit=50",
                "/pos/api/v1/inventory/snapshot",
                "/backoffice/api/inventory/analytics",
            ]
        )
        status, _body, code = self._try("GET", path, None, self.ground.asker, None)
        self.journal.note(_name(status, code))

    # --- what is in them

    def _shared(self) -> str:
        return self.dice.choice(self.ground.shared)

    def _place(self) -> str:
        return self.dice.choice([self.ground.north, self.ground.south])

    def _change(self) -> int:
        return self.dice.choice([-4, -3, -2, -1, 1, 2, 3, 4])

    def _next(self) -> int:
        """A quantity that is not the one before: something changes each time."""
        self.quantity += 1
        return self.quantity

    def _lines(self, count: int) -> list[dict[str, Any]]:
        codes = self.dice.sample(self.ground.shared, count)
        return [{"sku": code, "quantity": self.dice.randint(1, 3)} for code in codes]

    def _nexus_row(self, key: str) -> dict[str, Any]:
        return {
            "warehouse_id": self.ground.north,
            "quantity": self._next(),
            "reason": "cycle_count",
            "note": key,
        }

    def _pos_row(self, key: str) -> dict[str, Any]:
        change = self._change()
        reason = "SALE" if change < 0 else "supplier_receipt"
        return {"quantity_change": change, "reason_code": reason, "notes": key}

    # --- sending

    def _act(
        self, what: str, path: str, record: str, action: str, body: dict[str, Any], caller: str = ""
    ) -> Any:
        """Something that is done with a record once; its history tells of it."""
        values = {"subject_id": _uuid_of(record), "action": action}
        mark = Mark("inventory.StateChange", values)
        return self._write(f"{what}: {action}", "POST", path, lambda key: body, lambda key: mark, caller)

    def _write(
        self,
        kind: str,
        method: str,
        path: str,
        body_of: Callable[[str], dict[str, Any]],
        mark_of: Callable[[str], Mark],
        caller: str = "",
    ) -> Any:
        """The answer of an acknowledged write, as JSON; None where it was refused. Sent until one of both is so."""
        self.sent += 1
        key = f"c{self.number}-{self.sent}"
        body = json.dumps(body_of(key)).encode()
        write = Write(key, kind, mark_of(key))
        self.journal.begin(write)
        pause = 0.05
        while True:
            write.tries += 1
            status, answer, code = self._try(method, path, body, caller or self.ground.asker, key)
            self.journal.note(_name(status, code))
            if isinstance(status, int) and status < 300:
                write.body = answer
                write.status = status  # from now on it is acknowledged
                return json.loads(answer)
            if isinstance(status, int) and status < 500 and status != 429 and code not in _AGAIN:
                write.status = status
                return None
            if time.monotonic() > self.deadline:
                raise _GaveUp
            time.sleep(pause)
            pause = min(pause * 2, 0.5)

    def _try(
        self, method: str, path: str, body: bytes | None, caller: str, key: str | None
    ) -> tuple[int | str, bytes, str]:
        """(status, body, code), or the name of what went wrong in place of the status."""
        headers = {"X-API-Key": caller, "X-Forwarded-Proto": "https"}
        if key is not None:
            headers |= {"Idempotency-Key": key, "Content-Type": "application/json"}
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_TIMEOUT)
        try:
            self._connection.request(method, path, body=body, headers=headers)
            response = self._connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._connection = None
            return type(error).__name__, b"", ""
        code = ""
        if response.status >= 400:
            code = str(json.loads(answer).get("code", ""))
        return response.status, answer, code


class _GaveUp(Exception):
    """The run is over, and a write is still unclear."""


def _movements(field: str, count: int = 1) -> Callable[[str], Mark]:
    return lambda key: Mark("inventory.Movement", {field: key}, count)


def _name(status: int | str, code: str) -> str:
    return f"{status} {code}".strip()


def _uuid_of(public_id: str) -> UUID:
    """Read here, not asked of the product: clients know what they were told and nothing else."""
    number = 0
    for letter in public_id.rpartition("_")[2]:
        number = number << 5 | _ALPHABET[letter]
    return UUID(int=number)
