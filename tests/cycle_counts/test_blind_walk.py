"""Whoever counts a blind batch is told nowhere what the books say: no page, list, file, form, script or refusal.

The addresses are read from the URL resolvers, so a page that is added later is walked too. The quantities in the books
are numbers that occur nowhere else. One test asks for everything and looks for them; another changes the books behind
everybody's back and finds that all answers stay the same, which also notices what hints at them without a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

import pytest
from django.apps import apps
from django.db.models import F

from cycle_counts.counting import Counted, count_lines
from cycle_counts.models import CountBatch, CountLine, LineState
from cycle_counts.planning import Scope
from inventory.models import Sku, StockItem, StockLevel, StockSummary
from tests import factories
from tests.cycle_counts.addresses import Address, addresses
from tests.cycle_counts.blind_walk import Answer, Walker, told
from tests.cycle_counts.conftest import Ground
from tests.cycle_counts.reviewing import resolve
from tests.inventory.api.callers import Caller
from warehouses import transactions
from warehouses.models import Organization

#: What the books hold, by bin, of GLOVES, but for SALINE in A-3: of the lot L-1.
DRAFT, COUNTING, NOT_COUNTED, REVIEW, RECOUNT = 94513, 79193, 52783, 86341, 68917
#: Of MASKS in A-1, which somebody else has counted.
THEIRS = 61717
#: What was counted of them, and of what is being recounted: that the first one counted.
COUNTED, REVIEWED, FIRST, THEIR_COUNT = 12345, 22229, 58111, 33301
COST: Final = Decimal("3.07")
#: Of a batch that is being counted, on every page of its own.
BEFORE = (DRAFT, COUNTING, NOT_COUNTED, THEIRS, COUNTING - COUNTED, THEIRS - THEIR_COUNT)
_ITEMS = (DRAFT, COUNTING, NOT_COUNTED, THEIRS, REVIEW, RECOUNT)
_VARIANCES = (COUNTING - COUNTED, THEIRS - THEIR_COUNT, REVIEW - REVIEWED, RECOUNT - FIRST)
#: Who is to count next what somebody else has counted is not told what that one found.
OTHERS_COUNTS = (FIRST, THEIR_COUNT)
#: Whatever follows from the books: a level's sum, what it is worth, how much is missing.
NUMBERS: Final[tuple[int | str, ...]] = (
    *_ITEMS,
    *_VARIANCES,
    DRAFT + COUNTING + REVIEW,
    DRAFT + COUNTING + REVIEW + RECOUNT,
    *(f"{units * COST:.2f}" for units in (*_ITEMS, *_VARIANCES)),
    *(f"{100 * (REVIEW - REVIEWED) / Decimal(REVIEW):.2f}",),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """North, with a batch in each state; what is about them, and where it could be asked for."""

    ground: Ground
    batches: Mapping[str, CountBatch]
    line: CountLine
    theirs: CountLine
    ids: Sequence[str]
    addresses: Sequence[Address]

    def walker(self, caller: Caller) -> Walker:
        return Walker(caller, self.ids)

    def bodies(self) -> list[dict[str, Any] | bytes]:
        """What is sent: acts that go, and such as are refused for every reason that there is."""
        ground, mine, theirs = self.ground, self.line.public_id, self.theirs.public_id
        bin, sku = ground.bin("A-1").public_id, "GLOVES"
        counts: list[dict[str, Any]] = [
            {"lineId": mine, "countedQuantity": 33391},
            {"lineId": mine, "countedQuantity": None},
            {"lineId": theirs, "countedQuantity": 33391},
            {"lineId": theirs, "countedQuantity": None},
            {"lineId": mine, "countedQuantity": 10**18},
            {"lineId": mine, "countedQuantity": 2**63},
            {"lineId": mine, "countedQuantity": -1},
            {"lineId": mine, "countedQuantity": "7"},
            {"lineId": mine, "countedQuantity": 1, "countedAt": "2999-01-01T00:00:00Z"},
            {"lineId": mine, "countedQuantity": 1, "countedAt": "2001-01-01T00:00:00Z"},
            {"sku": sku, "binId": bin, "countedQuantity": 33391},
            {"sku": "NOBODY", "binId": bin, "countedQuantity": 1},
            {"code": "NOBODY", "binId": bin, "countedQuantity": 1},
        ]
        reviewed = {"batchId": self.batches["review"].public_id}
        line = self.batches["review"].lines.get().public_id
        plan = {"locationId": ground.warehouse.public_id}
        return [
            {},
            *({"action": "count", "counts": [count]} for count in counts),
            {"action": "count", "counts": [counts[0], counts[0]], "clientId": str(uuid4())},
            {"action": "count", "counts": counts},
            {"action": "count", "visited": [{"binId": bin}]},
            *({"action": action} for action in ("start", "submit", "cancel", "nonsense")),
            {"action": "submit", "version": 99},
            {"action": "update", "blind": False, "tolerance": {"units": 99999}},
            {"action": "update", "blind": False},
            {**reviewed},
            *(
                {**reviewed, "lines": [{"lineId": line, "resolution": each}]}
                for each in ("accept", "recount", "ignore")
            ),
            {"batchId": self.batches["counting"].public_id},
            plan,
            {**plan, "blind": False},
            {**plan, "skus": [sku], "blind": True},
            {**plan, "availability": "negative"},
            {**plan, "availability": "zero", "blind": False},
            {**plan, "dueOnly": True, "classes": ["A"]},
            b"line_id,counted\n%s,33391\n" % mine.encode(),
            b"line_id,counted\n%s,33391\n%s,lots\n" % (theirs.encode(), mine.encode()),
            b"bin,sku,counted\nA-1,GLOVES,1\nA-1,GLOVES,2\nA-9,GLOVES,2\n",
        ]


@pytest.fixture
def scene(ground: Ground) -> Scene:
    """A draft of A-2, A-1 and A-3 half counted, A-4 in review, and A-5 resolved but for a recount that has begun."""
    shelf = factories.make_bin(
        ground.warehouse, "A-5", room=ground.rooms["Back"], barcode="BIN-A-5", pick_sequence=50
    )
    gloves = ground.sku("GLOVES")
    Sku.objects.filter(organization=ground.organization).update(unit_cost=COST)
    ground.stock_by("MASKS", "A-4", -40)
    for place, units in (("A-1", COUNTING), ("A-2", DRAFT), ("A-4", REVIEW)):
        ground.stock_by("GLOVES", place, units - ground.on_hand("GLOVES", place))
    ground.stock_by("MASKS", "A-1", THEIRS - 5)
    ground.stock_by("SALINE", "A-3", NOT_COUNTED - 7, lot="L-1")
    factories.stock(gloves, ground.warehouse, RECOUNT, bin=shelf)

    recounted = ground.started(scope=Scope(bins=(shelf,)))
    line = recounted.lines.get()
    _count(ground, line, FIRST, by="other_counter")
    ground.submit(recounted, by="other_counter")
    resolved = resolve(ground, recounted, {line: "recount"})
    assert resolved.recount is not None
    batches = {
        "draft": ground.plan(scope=Scope(bins=(ground.bin("A-2"),)), name="A-2"),
        "counting": ground.started(scope=Scope(bins=(ground.bin("A-1"), ground.bin("A-3")))),
        "review": ground.started(scope=Scope(bins=(ground.bin("A-4"),))),
        "resolved": recounted,
        "recount": ground.start(resolved.recount),
    }
    ground.count(batches["counting"], {("GLOVES", "A-1"): COUNTED})
    ground.count(batches["counting"], {("MASKS", "A-1"): THEIR_COUNT}, by="other_counter")
    ground.count(batches["review"], {("GLOVES", "A-4"): REVIEWED})
    ground.submit(batches["review"])
    line = ground.line(batches["counting"], "GLOVES", "A-1")
    ids = [
        *(batch.public_id for batch in batches.values()),
        line.public_id,
        gloves.code,
        gloves.public_id,
        ground.warehouse.public_id,
        shelf.public_id,
        *(item.public_id for item in StockItem.objects.filter(sku=gloves)[:1]),
    ]
    return Scene(
        ground=ground,
        batches=batches,
        line=line,
        theirs=ground.line(batches["counting"], "MASKS", "A-1"),
        ids=ids,
        addresses=addresses(ids, rows=_rows(ground.organization)),
    )


def _count(ground: Ground, line: CountLine, units: int, *, by: str) -> None:
    counted = Counted(quantity=units, line_id=line.pk)
    transactions.run(lambda: count_lines(access=ground.access_of(by), batch=line.batch, counts=[counted]))


def _rows(organization: Organization) -> dict[type[Any], list[Any]]:
    """Two of whatever there is, and all batches."""
    found: dict[type[Any], list[Any]] = {}
    for model in apps.get_models():
        rows = model._default_manager.all()
        if any(field.name == "organization" for field in model._meta.get_fields()):
            rows = rows.filter(organization=organization)
        found[model] = list(rows if model is CountBatch else rows[:2])
    return found


def _at(scene: Scene, *names: str) -> list[Address]:
    """Every address under which there are counts: those of these batches, and those that are of none."""
    keys = {key for name in names for key in (scene.batches[name].public_id, str(scene.batches[name].pk))}
    return [
        each
        for each in scene.addresses
        if each.is_of_counts
        and (each.path == each.route or any(part in keys for part in each.path.split("/")))
    ]


def _once(found: Iterable[Address]) -> list[Address]:
    """Without the other addresses of the same routes: what is sent to those does the same."""
    return [
        each
        for each in found
        if not each.path.startswith(("/api/", "/cycle-count", "/backoffice/cycle-count"))
    ]


@pytest.mark.timeout(600)
def test_a_counter_is_told_nowhere_what_the_books_say(scene: Scene) -> None:
    walker = scene.walker(Caller.person(scene.ground.people["counter"]))

    walker.read(_once(scene.addresses))
    walker.read(set(_at(scene, *scene.batches)) - set(_once(scene.addresses)))
    walker.look_up(["GLOVES", "A-1", "CC-", "count"])
    others = [batch for name, batch in scene.batches.items() if name != "counting"]
    walker.fill_in(but_of=[key for batch in others for key in (batch.public_id, str(batch.pk))])
    walker.send(_once(_at(scene, "counting")), scene.bodies())

    assert walker.about((*NUMBERS, *OTHERS_COUNTS)) == []
    assert walker.is_logged_in(), "It has walked as nobody."
    assert {answer.status for answer in walker.answers} >= {200, 302, 400, 403, 404, 405, 409, 422}


@pytest.mark.timeout(600)
def test_what_the_books_say_makes_no_difference_to_a_counter(scene: Scene) -> None:
    """Another one, who counts in all warehouses."""
    person = factories.make_person("round@acme.example", {scene.ground.organization: ["Counter"]})
    walker = scene.walker(Caller.person(person))
    walker.read(_once(scene.addresses))
    assert walker.about((*NUMBERS, *OTHERS_COUNTS)) == []
    # With the redirects: what those have to say is on the page after them.
    shown = [answer for answer in walker.answers if answer.status in (200, 302)]

    _change_the_books(scene)

    for before in shown:
        after = walker.again(before)
        assert _without_tokens(after) == _without_tokens(before), after


def test_nobody_is_told_of_a_batch_before_it_is_submitted(scene: Scene) -> None:
    names = ("draft", "counting", "recount")
    bodies = [body for body in scene.bodies() if body not in _ENDS]
    key = factories.make_key(scene.ground.organization, ("inventory.cyclecount", "inventory.read"))
    for caller, found in (
        (Caller.person(scene.ground.people["owner"]), _once(_at(scene, *names))),
        (Caller(key), [each for each in _at(scene, *names) if each.is_api]),
    ):
        walker = scene.walker(caller)

        walker.read(found)
        walker.send([each for each in _once(_at(scene, "counting")) if each.is_api], bodies)

        assert walker.about(BEFORE) == []


def test_the_walk_sees_what_is_told(scene: Scene) -> None:
    """Of a batch that was submitted, to whoever reviews it: on pages and in bodies, as units and as money."""
    walker = scene.walker(Caller.person(scene.ground.people["owner"]))

    walker.read(_at(scene, "review"))

    off = REVIEW - REVIEWED
    for number in (REVIEW, off, f"{off * COST:.2f}"):
        tells = [answer.asked for answer in walker.answers if told([number], answer.text)]
        assert [asked for asked in tells if "/admin/" in asked], number
        assert [asked for asked in tells if "/api/" in asked], number


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("79193", True),
        ("<td>79,193</td>", True),
        ('{"expected":-79193}', True),
        ("79\u202f193.00", True),
        ("179193", False),
        ("79193a", False),
        ("01a2-79193b-", False),
    ],
)
def test_a_number_is_told_however_it_is_written(text: str, is_told: bool) -> None:
    assert bool(told([COUNTING], text)) is is_told


#: With these the batch is handed in, and then those who review it may see it.
_ENDS: Final = ({"action": "submit"},)
#: Made anew for each answer: nonces, tokens against forgery, and the key under which a form makes something once.
_TOKENS: Final = re.compile(
    r'(?<=nonce=")[^"]+|(?<=csrfmiddlewaretoken" value=")[^"]+|[A-Za-z0-9]{64}|(?<=value=")[0-9a-f-]{36}(?=" id="id_)'
)


def _without_tokens(answer: Answer) -> str:
    return _TOKENS.sub("", answer.text.partition("\n\n")[2])


def _change_the_books(scene: Scene) -> None:
    """As if everything had been counted right, there were hardly any goods, and nothing was left to review."""
    ground = scene.ground
    StockItem.objects.filter(organization=ground.organization).update(on_hand=1)
    for rows in (StockLevel.objects, StockSummary.objects):
        rows.filter(organization=ground.organization).update(on_hand=3 + F("reserved"))
    lines = CountLine.objects.filter(batch__organization=ground.organization, counted__isnull=False)
    lines.update(expected=F("counted"), variance=0, unit_cost=None)
    lines.filter(batch=scene.batches["review"]).update(state=LineState.ACCEPTED, is_within=True)
    Sku.objects.filter(organization=ground.organization).update(unit_cost=None)
