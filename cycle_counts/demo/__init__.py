"""The demonstration's cycle counts: some weeks of them, and those that somebody has to go on with today."""

from cycle_counts.demo.counts import add_cycle_counts

__all__ = ["add_cycle_counts"]
