"""Which pages there are to export. Each is a function that the settings name, so that no page is imported here."""

from __future__ import annotations

from django.conf import settings
from django.http import QueryDict
from django.utils.module_loading import import_string

from inventory.reservations import expire_due
from warehouses.access import Access
from warehouses.tables import Table

__all__ = ["table_of"]


def table_of(*, access: Access, page: str, query: str, all_columns: bool = False) -> Table:
    """The page as the caller would see it under this query string, as it is now.

    A page of `settings.EXPORT_PAGES`, or else a list of the back office (`settings.EXPORT_LISTS`). Raises NotFound
    `PAGE_NOT_FOUND`, Forbidden, InvalidInput.
    """
    expire_due(access.organization)  # as every page that shows stock does
    asked = QueryDict(query.replace("\x00", ""))
    table: Table
    if (path := settings.EXPORT_PAGES.get(page)) is not None:
        table = import_string(path)(access, asked)
    else:
        table = import_string(settings.EXPORT_LISTS)(access, page, asked, all_columns=all_columns)
    return table
