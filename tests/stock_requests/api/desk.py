"""A desk at which each of the ground's people has a browser, and what requests do to the stock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from inventory.models import StockLevel
from tests.inventory.api.callers import Caller
from tests.stock_requests.conftest import Ground

__all__ = ["PATH", "Desk", "done"]

PATH: Final = "/api/stock-requests"
#: What the steps to a state are, and who takes them.
_STEPS: Final[Mapping[str, tuple[tuple[str, str, dict[str, Any]], ...]]] = {
    "draft": (),
    "submitted": (("requester", "submit", {}),),
    "approved": (("requester", "submit", {}), ("approver", "approve", {})),
    "picking": (
        ("requester", "submit", {}),
        ("approver", "approve", {}),
        ("picker", "status", {"status": "picking"}),
    ),
    "fulfilled": (
        ("requester", "submit", {}),
        ("approver", "approve", {}),
        ("picker", "status", {"status": "picking"}),
        ("picker", "status", {"status": "fulfilled"}),
    ),
    "rejected": (("requester", "submit", {}), ("approver", "reject", {"reason": "Not now"})),
    "cancelled": (("requester", "status", {"status": "cancelled", "reason": "Not needed"}),),
}


def done(response: Any, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.content
    return dict(response.json())


@dataclass(frozen=True, slots=True)
class Desk:
    ground: Ground
    _callers: dict[str, Caller] = field(default_factory=dict)

    def caller(self, name: str) -> Caller:
        """The browser of owner, requester, approver, second_approver, picker or viewer."""
        if name not in self._callers:
            self._callers[name] = Caller.person(self.ground.people[name])
        return self._callers[name]

    def post(self, who: str, shown: Mapping[str, Any], act: str, body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.caller(who).post(f"{PATH}/{shown['id']}/{act}", body or {}, sent)

    def wanted(self, *quantities: int, **more: Any) -> dict[str, Any]:
        """The body of a request of so many units of each of the ground's SKUs, from the source to the destination."""
        codes = [sku.code for sku in self.ground.skus]
        return {
            "fromLocationId": self.ground.source.public_id,
            "toLocationId": self.ground.destination.public_id,
            "lines": [
                {"sku": code, "quantity": quantity}
                for code, quantity in zip(codes, quantities or (10,), strict=False)
            ],
            **more,
        }

    def created(self, *quantities: int, **more: Any) -> dict[str, Any]:
        return done(self.caller("requester").post(PATH, self.wanted(*quantities, **more)), 201)

    def brought_to(self, state: str, *quantities: int, **more: Any) -> dict[str, Any]:
        """A request of the requester's in that state, as it is shown to the owner."""
        shown = self.created(*quantities, **more)
        for who, act, body in _STEPS[state]:
            done(self.post(who, shown, act, body))
        found = self.read(shown)
        assert found["status"] == state
        return found

    def read(self, shown: Mapping[str, Any], who: str = "owner") -> dict[str, Any]:
        return done(self.caller(who).get(f"{PATH}/{shown['id']}"))

    def stock(self, index: int = 0) -> tuple[int, int]:
        """(on hand, reserved) of one of the ground's SKUs at the source."""
        level = StockLevel.objects.get(sku=self.ground.skus[index], warehouse=self.ground.source)
        return level.on_hand, level.reserved
