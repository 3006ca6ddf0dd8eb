"""Which approval rules a request meets: how many approvals it needs, and of whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, DecimalField, Exists, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import GreaterThanOrEqual

from stock_requests.models import ApprovalRule, RequestLine, StockRequest

__all__ = ["ONE_APPROVAL", "Facts", "Rule", "active_rules", "facts_of", "facts_of_lines", "rules_met"]

_MONEY: Any = DecimalField(max_digits=30, decimal_places=4)
_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules ask about a request.

    `value` is that of what was asked for, or of what is to come with its substitutes if that is more: neither cutting
    a line nor replacing one by something dear gets a request past a rule.
    """

    warehouse_id: UUID
    categories: frozenset[UUID] = frozenset()
    value: Decimal = _NOTHING
    quantity: int = 0


#: No account has this key.
_NOBODY: Final = UUID(int=1)


@dataclass(frozen=True, slots=True)
class Rule:
    """An approval rule as it is now. `approvers` are keys and names; empty: whoever may approve at the source."""

    name: str
    needed: int
    approvers: Mapping[UUID, str] = field(default_factory=dict)
    warehouse_id: UUID | None = None
    category_id: UUID | None = None
    minimum_value: Decimal | None = None
    minimum_quantity: int | None = None

    def is_met_by(self, facts: Facts) -> bool:
        """Whether the request meets all of its conditions."""
        return (
            self.warehouse_id in {None, facts.warehouse_id}
            and (self.category_id is None or self.category_id in facts.categories)
            and (self.minimum_value is None or facts.value >= self.minimum_value)
            and (self.minimum_quantity is None or facts.quantity >= self.minimum_quantity)
        )

    @property
    def condition(self) -> Q:
        """`is_met_by`, asked of requests by the database."""
        lines = RequestLine.objects.order_by().filter(request=OuterRef("pk"))
        condition = Q()
        if self.warehouse_id is not None:
            condition &= Q(from_warehouse=self.warehouse_id)
        if self.category_id is not None:
            in_lines = lines.filter(sku__product__category=self.category_id)
            condition &= Q(category=self.category_id) | Q(Exists(in_lines))
        totals = lines.values("request")
        if self.minimum_value is not None:
            value = Subquery(totals.annotate(value=_value()).values("value"), output_field=_MONEY)
            condition &= Q(_at_least(value, Value(self.minimum_value, output_field=_MONEY)))
        if self.minimum_quantity is not None:
            units = Subquery(totals.annotate(units=_units()).values("units"))
            condition &= Q(_at_least(units, Value(self.minimum_quantity)))
        return condition


#: What a request needs that meets no rule.
ONE_APPROVAL: Final = Rule(name="One approval", needed=1)


def active_rules(organization_id: UUID) -> list[Rule]:
    """The rules of an organization, by name. Two queries, one where there are none."""
    rows = ApprovalRule.objects.filter(organization=organization_id, is_active=True)
    return [
        Rule(
            name=row.name,
            needed=row.approvals,
            approvers=_approvers_of(row),
            warehouse_id=row.warehouse_id,
            category_id=row.category_id,
            minimum_value=row.minimum_value,
            minimum_quantity=row.minimum_quantity,
        )
        for row in rows.prefetch_related("approvers").order_by("name", "pk")
    ]


def _approvers_of(row: ApprovalRule) -> dict[UUID, str]:
    """Where the accounts of all who were named are gone, somebody who is not there: it asks nobody else instead."""
    named = {user.pk: user.email for user in row.approvers.all()}
    return named or ({_NOBODY: "an account that is gone"} if row.names_approvers else {})


def rules_met(rules: Iterable[Rule], facts: Facts) -> tuple[Rule, ...]:
    """Those that the request meets, each of which has to be satisfied: never none."""
    return tuple(rule for rule in rules if rule.is_met_by(facts)) or (ONE_APPROVAL,)


def facts_of(requests: Collection[StockRequest]) -> dict[UUID, Facts]:
    """What rules ask about each request, by its key. Two queries."""
    lines = RequestLine.objects.order_by().filter(request__in=[request.pk for request in requests])
    sums = {
        key: (value, int(units))
        for key, value, units in lines.values_list("request").annotate(value=_value(), units=_units())
    }
    categories: dict[UUID, set[UUID]] = {request.pk: set() for request in requests}
    of_lines = lines.filter(sku__product__category__isnull=False)
    for key, category in of_lines.values_list("request", "sku__product__category").distinct():
        categories[key].add(category)
    for request in requests:
        if request.category_id is not None:
            categories[request.pk].add(request.category_id)
    return {
        request.pk: Facts(
            request.from_warehouse_id,
            frozenset(categories[request.pk]),
            *sums.get(request.pk, (_NOTHING, 0)),
        )
        for request in requests
    }


def facts_of_lines(request: StockRequest, lines: Iterable[RequestLine]) -> Facts:
    """The same of lines at hand, with their SKUs and products, as they are about to be written. No query."""
    asked = coming = _NOTHING
    units = 0
    categories = {request.category_id}
    for line in lines:
        cost = line.sku.unit_cost or _NOTHING
        categories.add(line.sku.product.category_id)
        coming += cost * (line.requested - line.substituted)
        if line.substitute_for_id is None:
            asked += cost * line.requested
            units += line.requested
    known = frozenset(category for category in categories if category is not None)
    return Facts(request.from_warehouse_id, known, max(asked, coming), units)


def _value() -> Any:
    cost = F("sku__unit_cost")
    asked = Sum(F("requested") * cost, filter=Q(substitute_for__isnull=True), output_field=_MONEY)
    coming = Sum((F("requested") - F("substituted")) * cost, output_field=_MONEY)
    return Greatest(_or_nothing(asked), _or_nothing(coming), output_field=_MONEY)


def _or_nothing(total: Any) -> Any:
    return Coalesce(total, Value(_NOTHING, output_field=_MONEY), output_field=_MONEY)


def _units() -> Any:
    # A substitute's units are among those of the line that it stands in for.
    return Sum(Case(When(substitute_for__isnull=True, then=F("requested")), default=0))


def _at_least(figure: Any, minimum: Any) -> Any:
    return GreaterThanOrEqual(figure, minimum)
