"""Printing labels of what is selected in a list. Labels are made a floor above: the setting LABEL_PAGE says by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Page = ModelAdmin[Any]
else:
    _Page = object

__all__ = ["PrintsLabels"]

#: One more than the page takes, so that it can say that it is too much.
_MOST: Final = 501


class PrintsLabels(_Page):
    """The half of a model admin whose rows get labels. Name `print_labels` among its `actions`."""

    #: What the rows are, in the words of the page that prints: `bin`, `sku`, …
    label_kind: ClassVar[str]
    #: Has a button of its own beside the list of what can be done with the selected rows.
    quick_actions: ClassVar[tuple[tuple[str, str], ...]] = (("print_labels", "Print labels"),)

    @admin.action(description="Print labels", permissions=["view"])
    def print_labels(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        rows = [row.public_id for row in queryset.order_by("pk")[:_MOST]]
        answer: HttpResponse = import_string(settings.LABEL_PAGE)(request, kind=self.label_kind, rows=rows)
        return answer
