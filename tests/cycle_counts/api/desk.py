"""A desk at which each of the ground's people has a browser, and an integrator a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests import factories
from tests.cycle_counts.conftest import SHELVES, Ground
from tests.inventory.api.callers import Caller

__all__ = ["PATH", "PREFIXED", "Desk", "done"]

PATH: Final = "/api/inventory/cycle-count"
PREFIXED: Final = f"/backoffice{PATH}"
KEY: Final = "integrator"


def done(response: Any, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.content
    return dict(response.json())


@dataclass(frozen=True, slots=True)
class Desk:
    ground: Ground
    _callers: dict[str, Caller] = field(default_factory=dict)

    def caller(self, name: str) -> Caller:
        """The browser of owner, manager, approver, counter, other_counter or viewer; or the integrator with a key."""
        if name not in self._callers:
            if name == KEY:
                made = Caller(factories.make_key(self.ground.organization, ("inventory.cyclecount",)))
            else:
                made = Caller.person(self.ground.people[name])
            self._callers[name] = made
        return self._callers[name]

    def plan(self, **more: Any) -> dict[str, Any]:
        """The body of a count of the four bins, which comes to six lines."""
        bins = [bin.public_id for bin in self.ground.bins.values()]
        return {"locationId": self.ground.warehouse.public_id, "binIds": bins, **more}

    def created(self, *, by: str = "manager", **more: Any) -> dict[str, Any]:
        return done(self.caller(by).post(PATH, self.plan(**more)), 201)

    def act(
        self,
        who: str,
        shown: Mapping[str, Any],
        action: str,
        headers: dict[str, str] | None = None,
        **body: Any,
    ) -> Any:
        return self.caller(who).post(f"{PATH}/{shown['id']}", {"action": action, **body}, headers)

    def started(self, **more: Any) -> dict[str, Any]:
        shown = self.created(**more)
        return done(self.act("counter", shown, "start"))

    def counts(self, shown: Mapping[str, Any], off: Mapping[Any, int] | None = None) -> list[dict[str, Any]]:
        """Of every line what the books said at first, but for those in `off`: so many more, or less."""
        units = {place: there + (off or {}).get(place, 0) for place, there in SHELVES.items()}
        return [{"lineId": line["id"], "countedQuantity": units[_place(line)]} for line in shown["lines"]]

    def submitted(self, *, off: Mapping[Any, int] | None = None, **more: Any) -> dict[str, Any]:
        """A count to review, every line of it counted; as it is shown to the owner."""
        shown = self.started(**more)
        done(self.act("counter", shown, "count", counts=self.counts(shown, off)))
        done(self.act("counter", shown, "submit"))
        return self.read(shown)

    def read(self, shown: Mapping[str, Any], who: str = "owner") -> dict[str, Any]:
        return done(self.caller(who).get(f"{PATH}/{shown['id']}"))

    def resolve(self, who: str, shown: Mapping[str, Any], **body: Any) -> Any:
        return self.caller(who).post(f"{PATH}/resolve", {"batchId": shown["id"], **body})

    def line(self, shown: Mapping[str, Any], *place: str) -> dict[str, Any]:
        """The line of a SKU's code, a bin's code and, where it is of a lot, the lot's code."""
        (found,) = (line for line in shown["lines"] if _place(line) == place)
        return dict(found)


def _place(line: Mapping[str, Any]) -> tuple[str, ...]:
    lot = (line["lotCode"],) if line["lotCode"] else ()
    return (line["sku"], line["binCode"], *lot)
