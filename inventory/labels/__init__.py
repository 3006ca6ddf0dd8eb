"""Labels for shelves and goods: what stands on them, their codes, and the paper that they are printed on."""

from inventory.labels.papers import PAPERS, Paper
from inventory.labels.printing import MOST_LABELS, Codes, Label, Sheet, print_sheets
from inventory.labels.subjects import KINDS, MOST_SUBJECTS, Kind, Subject, subjects_of

__all__ = [
    "KINDS",
    "MOST_LABELS",
    "MOST_SUBJECTS",
    "PAPERS",
    "Codes",
    "Kind",
    "Label",
    "Paper",
    "Sheet",
    "Subject",
    "print_sheets",
    "subjects_of",
]
