"""`GET /api/inventory/analytics`."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.analytics import Window, analyse, window_of
from inventory.api.backoffice.analytics import documentation
from inventory.api.backoffice.analytics.objects import analytics_object
from inventory.api.backoffice.base import BackofficeView
from inventory.models import Category
from warehouses.http.faults import RequestFault, invalid_parameters
from warehouses.http.moments import Moment, parse_moment
from warehouses.identifiers import decode
from warehouses.refusals import InvalidInput

__all__ = ["InventoryAnalytics"]

_PARAMETER = {"start": "fromDate", "end": "toDate"}
_HOW = "Give a day, as in 2026-03-12, or an instant with its offset, as in 2026-03-12T14:00:00Z."


class InventoryAnalytics(BackofficeView):
    """How stock has moved, and what it is worth, at the locations that the caller may see."""

    permissions = {"GET": ("inventory.read",)}
    query_parameters = ("locationId", "fromDate", "toDate", "categoryId")

    @documentation.get_analytics
    def get(self, request: Request) -> HttpResponse:
        window = self._window()
        place, category = self.location(), self._category()
        report = analyse(access=self.access, window=window, warehouse=place, category=category)
        return Response(
            analytics_object(
                report, organization=self.access.organization, warehouse=place, category=category
            )
        )

    def _window(self) -> Window:
        moments: dict[str, Moment | None] = {}
        faults = []
        for word, name in _PARAMETER.items():
            text = self.request.query_params.get(name)
            moments[word] = None if text is None else parse_moment(text)
            if text is not None and moments[word] is None:
                faults.append((name, "INVALID", _HOW))
        if faults:
            raise invalid_parameters(faults)
        try:
            return window_of(organization=self.access.organization, now=timezone.now(), **moments)
        except InvalidInput as refusal:
            raise invalid_parameters(
                (_PARAMETER[problem.field or "start"], problem.code, problem.detail)
                for problem in refusal.problems
            ) from refusal

    def _category(self) -> Category | None:
        """Raises 404 `CATEGORY_NOT_FOUND`: a report about nothing would look like one about something."""
        named = self.request.query_params.get("categoryId")
        if named is None:
            return None
        key = decode(Category.prefix, named)
        found = (
            Category.objects.filter(organization=self.access.organization, pk=key).first() if key else None
        )
        if found is None:
            detail = "There is no such category."
            fault = {"parameter": "categoryId", "code": "CATEGORY_NOT_FOUND", "detail": detail}
            raise RequestFault(404, "CATEGORY_NOT_FOUND", detail, errors=[fault])
        return found
