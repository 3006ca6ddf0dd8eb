from cycle_counts.models.batch import BatchState, CountBatch, CountNumber, Origin
from cycle_counts.models.classes import AbcClass, Classification, CountCycle
from cycle_counts.models.entry import CountEntry
from cycle_counts.models.line import CountBin, CountLine, LineState, Remark, RootCause
from cycle_counts.models.settings import CountSettings

__all__ = [
    "AbcClass",
    "BatchState",
    "Classification",
    "CountBatch",
    "CountBin",
    "CountCycle",
    "CountEntry",
    "CountLine",
    "CountNumber",
    "CountSettings",
    "LineState",
    "Origin",
    "Remark",
    "RootCause",
]
