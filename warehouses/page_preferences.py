"""What a person has chosen for a page: its columns, the view that it begins with. Kept until it is chosen otherwise."""

from __future__ import annotations

from typing import Any

from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.models import PagePreference
from warehouses.refusals import Forbidden

__all__ = ["keep_preferences", "read_preferences"]


def read_preferences(*, access: Access, page: str) -> dict[str, Any]:
    """What the caller has chosen in this organization; nothing for a key. One query."""
    if access.actor.type != ActorType.USER:
        return {}
    mine = PagePreference.objects.filter(organization=access.organization, user=access.actor.id, page=page)
    found = mine.values_list("value", flat=True).first()
    return found if isinstance(found, dict) else {}


def keep_preferences(*, access: Access, page: str, **changes: Any) -> None:
    """Change what is named; None forgets it. Call it in a transaction. Raises Forbidden `PERSON_REQUIRED`."""
    if access.actor.type != ActorType.USER or access.actor.id is None:
        raise Forbidden("PERSON_REQUIRED", "Only a person has preferences.")
    kept, _made = PagePreference.objects.select_for_update().get_or_create(
        organization=access.organization, user_id=access.actor.id, page=page
    )
    value = kept.value if isinstance(kept.value, dict) else {}
    kept.value = {name: found for name, found in (value | changes).items() if found is not None}
    kept.save(update_fields=["value"])
