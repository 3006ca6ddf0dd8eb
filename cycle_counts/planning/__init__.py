"""Planning counts: what they are about, what that comes to, and who counts it."""

from cycle_counts.planning.changing import BatchChanges, update_batch
from cycle_counts.planning.lines import MOST_LINES, PlannedLine, write_bins, write_lines
from cycle_counts.planning.making import create_batch
from cycle_counts.planning.permission import require_assignees, require_planner
from cycle_counts.planning.previews import Preview, preview
from cycle_counts.planning.scopes import (
    AVAILABILITIES,
    Availability,
    Scope,
    names_of,
    scope_of,
    scope_shown,
    words_of,
)
from cycle_counts.planning.selection import Selection, select
from cycle_counts.planning.spots import count_bin

__all__ = [
    "AVAILABILITIES",
    "MOST_LINES",
    "Availability",
    "BatchChanges",
    "PlannedLine",
    "Preview",
    "Scope",
    "Selection",
    "count_bin",
    "create_batch",
    "names_of",
    "preview",
    "require_assignees",
    "require_planner",
    "scope_of",
    "scope_shown",
    "select",
    "update_batch",
    "words_of",
    "write_bins",
    "write_lines",
]
