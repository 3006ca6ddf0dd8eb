"""Put-away: tasks that bring goods from where they were received to their shelves. `open → completed | cancelled`."""

from inventory.put_away.suggestions import SHELF_ROOMS
from inventory.put_away.tasks import (
    ALLOWED,
    READ,
    WRITE,
    GoodsToPut,
    PutLine,
    cancel_put_away,
    complete_put_away,
    create_put_away,
    find_put_away,
    moved_of,
    visible_tasks,
)

__all__ = [
    "ALLOWED",
    "READ",
    "SHELF_ROOMS",
    "WRITE",
    "GoodsToPut",
    "PutLine",
    "cancel_put_away",
    "complete_put_away",
    "create_put_away",
    "find_put_away",
    "moved_of",
    "visible_tasks",
]
