"""Counting on paper: a batch as a form, and what was written on it, keyed in or uploaded."""

from cycle_counts.sheets.forms import COLUMNS, Form, FormBin, FormLine, csv_rows, form_of
from cycle_counts.sheets.reading import read_sheet, upload_sheet

__all__ = [
    "COLUMNS",
    "Form",
    "FormBin",
    "FormLine",
    "csv_rows",
    "form_of",
    "read_sheet",
    "upload_sheet",
]
