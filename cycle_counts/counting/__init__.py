"""Cycle counts while they are carried out: started, counted line by line, submitted, or called off.

A count is compared with the books at its own instant (`inventory.book`), so that stock may move meanwhile. Nothing here
tells a counter what the books say, nor whether a count was right.
"""

from cycle_counts.counting.cancelling import cancel_batch
from cycle_counts.counting.codes import read_codes
from cycle_counts.counting.counts import MOST_COUNTS, Counted, Counts, Visited
from cycle_counts.counting.entering import count_lines
from cycle_counts.counting.starting import start_batch
from cycle_counts.counting.submitting import submit_batch

__all__ = [
    "MOST_COUNTS",
    "Counted",
    "Counts",
    "Visited",
    "cancel_batch",
    "count_lines",
    "read_codes",
    "start_batch",
    "submit_batch",
]
