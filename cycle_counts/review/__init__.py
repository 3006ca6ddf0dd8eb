"""The review: what is made of each line that was counted, and the posting of what is accepted."""

from cycle_counts.review.decisions import LineResolution, Resolution, decide_lines
from cycle_counts.review.resolving import Resolved, resolve_batch

__all__ = ["LineResolution", "Resolution", "Resolved", "decide_lines", "resolve_batch"]
