"""The stock explorer: SKUs with their figures, filtered, ordered and paged through, however many there are."""

from inventory.explorer.columns import COLUMNS, Column, chosen_columns
from inventory.explorer.filters import Filters
from inventory.explorer.pages import Page, all_rows, read_page
from inventory.explorer.rows import Row

__all__ = ["COLUMNS", "Column", "Filters", "Page", "Row", "all_rows", "chosen_columns", "read_page"]
