"""What counting has come to over time."""

from cycle_counts.reports.accuracy import AccuracyRow, accuracy

__all__ = ["AccuracyRow", "accuracy"]
