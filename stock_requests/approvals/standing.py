"""How the vote on requests stands: what each needs, what is given and by whom, and whose approval would help.

It is judged by the rules and the rights of now. A rule that was made, changed or dropped between two approvals holds
as it is at the second. And an approval counts only while whoever gave it could give it still: the reason to ask
several people is that each of them answers for it, and somebody who has left, or was found unfit to approve, does not.
The approval itself stays, and counts again when the right comes back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from stock_requests.approvals.approvers import Places, covers, places_of_keys, places_of_people
from stock_requests.approvals.delegations import delegators_of
from stock_requests.approvals.rules import Facts, Rule, active_rules, facts_of, rules_met
from stock_requests.models import Approval, RequestSettings, StockRequest
from warehouses.actors import Actor, ActorType
from warehouses.models import Organization

__all__ = ["Ballot", "Bench", "Requirement", "Standing", "Vote", "standings_of", "voter_of"]

#: The product itself, in whose name a command approves. No person, and no key, has this key.
_SYSTEM: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one rule asks of a request. `given` names those who count for it, with the person they stand in for.

    `approvers` names who counts, `approver_ids` are their keys; both are empty where it is whoever may approve.
    """

    name: str
    needed: int
    given: tuple[str, ...]
    approvers: tuple[str, ...]
    approver_ids: frozenset[UUID]

    @property
    def missing(self) -> int:
        return max(self.needed - len(self.given), 0)

    @property
    def is_satisfied(self) -> bool:
        return not self.missing


@dataclass(frozen=True, slots=True)
class Standing:
    """`approvals` are all that were given and not withdrawn, oldest first, those that do not count any more too."""

    requirements: tuple[Requirement, ...]
    approvals: tuple[Approval, ...]

    @property
    def is_satisfied(self) -> bool:
        return all(requirement.is_satisfied for requirement in self.requirements)

    @property
    def needed(self) -> int:
        return sum(requirement.needed for requirement in self.requirements)

    @property
    def given(self) -> int:
        return sum(min(len(requirement.given), requirement.needed) for requirement in self.requirements)


@dataclass(frozen=True, slots=True)
class Vote:
    """One approval, as rules count it: that of `voter`, or of one of those whom the voter stands in for."""

    name: str
    voter: UUID
    stands_for: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Ballot:
    """The vote on one request: the `rules` that it meets, and the `votes` that count."""

    rules: tuple[Rule, ...]
    approvals: tuple[Approval, ...] = ()
    votes: tuple[Vote, ...] = ()

    @property
    def standing(self) -> Standing:
        return Standing(
            requirements=tuple(
                Requirement(
                    name=rule.name,
                    needed=rule.needed,
                    given=tuple(_given(rule, self.votes)),
                    approvers=tuple(sorted(rule.approvers.values())),
                    approver_ids=frozenset(rule.approvers),
                )
                for rule in self.rules
            ),
            approvals=self.approvals,
        )

    @property
    def unsatisfied(self) -> list[Rule]:
        return [rule for rule in self.rules if len(_given(rule, self.votes)) < rule.needed]

    def needs(self, vote: Vote) -> bool:
        """Whether the vote would count for something that is missing."""
        return any(
            len(_given(rule, (*self.votes, vote))) > len(_given(rule, self.votes))
            for rule in self.unsatisfied
        )

    def of(self, voter: UUID) -> Approval | None:
        """The approval that this voter has given, whether or not it counts now."""
        return next((each for each in self.approvals if _voter_behind(each) == voter), None)


@dataclass(frozen=True, slots=True)
class Bench:
    """Who may approve which of some requests, and who has: all that is asked about it, read at once.

    `delegators` are those in whose place `person` decides today.
    """

    organization_id: UUID
    rules: Sequence[Rule]
    allows_self_approval: bool
    approvals: Mapping[UUID, Sequence[Approval]]
    people: Places
    keys: Places
    delegators: frozenset[UUID] = field(default_factory=frozenset)

    @classmethod
    def of(
        cls,
        organization_id: UUID,
        requests: Collection[UUID],
        *,
        organization: Organization | None = None,
        person: UUID | None = None,
    ) -> Bench:
        """Read in a constant number of queries; with `organization` and `person`, whom that one stands in for."""
        approvals: dict[UUID, list[Approval]] = defaultdict(list)
        rows = Approval.objects.filter(request__in=requests, withdrawn_at__isnull=True)
        people: set[UUID] = set()
        keys: set[UUID] = set()
        for approval in rows.prefetch_related("on_behalf_of").order_by("created_at", "pk"):
            approvals[approval.request_id].append(approval)
            people |= {user.pk for user in approval.on_behalf_of.all()}
            if approval.actor_type == ActorType.KEY and approval.actor_id is not None:
                keys.add(approval.actor_id)
            elif approval.user_id is not None:
                people.add(approval.user_id)
        delegators: frozenset[UUID] = frozenset()
        if organization is not None and person is not None:
            delegators = delegators_of(organization, person)
        settings = RequestSettings.objects.filter(organization=organization_id)
        return cls(
            organization_id=organization_id,
            rules=active_rules(organization_id),
            allows_self_approval=bool(settings.values_list("allows_self_approval", flat=True).first()),
            approvals=approvals,
            people=places_of_people(organization_id, people | delegators),
            keys=places_of_keys(organization_id, keys),
            delegators=delegators,
        )

    def ballot(self, request: StockRequest, facts: Facts) -> Ballot:
        """How the vote on the request stands, which is about `facts`."""
        approvals = tuple(self.approvals.get(request.pk, ()))
        votes = [self._counted(request, approval) for approval in approvals]
        return Ballot(
            rules_met(self.rules, facts), approvals, tuple(vote for vote in votes if vote is not None)
        )

    def vote(self, request: StockRequest, actor: Actor, person: UUID | None) -> Vote:
        """What the approval of somebody who may approve at the source would be."""
        return Vote(actor.name, voter_of(actor, person), self._stood_in_for(request, self.delegators))

    def own_delegators(self, request: StockRequest) -> frozenset[UUID]:
        """Those whom the person stands in for and who asked for the request themselves."""
        return frozenset() if self.allows_self_approval else self.delegators & _askers(request)

    def _counted(self, request: StockRequest, approval: Approval) -> Vote | None:
        place = request.from_warehouse_id
        voter = _voter_behind(approval)
        if voter is None or (voter in _askers(request) and not self.allows_self_approval):
            return None
        if approval.actor_type == ActorType.KEY:
            may = approval.actor_id is not None and covers(self.keys, approval.actor_id, place)
        else:
            may = approval.actor_type == ActorType.SYSTEM or covers(self.people, voter, place)
        if not may:
            return None
        others = self._stood_in_for(request, (user.pk for user in approval.on_behalf_of.all()))
        return Vote(approval.actor_name, voter, others)

    def _stood_in_for(self, request: StockRequest, users: Iterable[UUID]) -> frozenset[UUID]:
        """A delegation hands over being named by a rule: it takes the right of both, and not one's own request."""
        may = frozenset(user for user in users if covers(self.people, user, request.from_warehouse_id))
        return may if self.allows_self_approval else may - _askers(request)


def standings_of(requests: Sequence[StockRequest]) -> dict[UUID, Standing]:
    """How the vote on each request stands, by its key. All are of one organization; a constant number of queries."""
    if not requests:
        return {}
    organizations = {request.organization_id for request in requests}
    if len(organizations) > 1:
        raise ValueError("These requests are of several organizations.")
    bench = Bench.of(organizations.pop(), [request.pk for request in requests])
    facts = facts_of(requests)
    return {request.pk: bench.ballot(request, facts[request.pk]).standing for request in requests}


def voter_of(actor: Actor, person: UUID | None) -> UUID:
    """Whose vote it is: the person's; that of a key that nobody is behind is its own."""
    return person or actor.id or _SYSTEM


def _voter_behind(approval: Approval) -> UUID | None:
    """None where the account that gave it is gone."""
    if approval.user_id is not None or approval.actor_type == ActorType.USER:
        return approval.user_id
    return approval.actor_id or _SYSTEM


def _askers(request: StockRequest) -> frozenset[UUID]:
    people = {request.requested_by_id, request.submitted_by_id, request.actor_id}
    return frozenset(who for who in people if who is not None)


def _given(rule: Rule, votes: Iterable[Vote]) -> list[str]:
    """The names of those whose votes count for the rule.

    Where it names its approvers, each vote takes the place of one of them and no place is taken twice: Dora, who
    stands in for Xavier, is not another vote beside Xavier's own. A vote that finds its place taken looks whether the
    one who has it could take another, so that the order of the votes makes no difference.
    """
    if not rule.approvers:
        return [vote.name for vote in votes]
    seats: dict[UUID, Vote] = {}

    def find_seat(vote: Vote, tried: set[UUID]) -> bool:
        # One's own place first: whom somebody stands in for may still come.
        for place in (vote.voter, *sorted(vote.stands_for - {vote.voter})):
            if place in rule.approvers and place not in tried:
                tried.add(place)
                if place not in seats or find_seat(seats[place], tried):
                    seats[place] = vote
                    return True
        return False

    for vote in votes:
        find_seat(vote, set())
    return [
        vote.name if place == vote.voter else f"{vote.name} for {rule.approvers[place]}"
        for place, vote in seats.items()
    ]
