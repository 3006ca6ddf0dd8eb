"""What the backoffice contract's views share."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response

from warehouses.http.paging import Page, PageNumberPaging
from warehouses.http.views import ApiView

__all__ = ["BackofficePaging", "BackofficeView"]


class BackofficePaging(PageNumberPaging):
    page_parameter = "page"
    size_parameter = "limit"
    default_size = 50
    maximum_size = 200


class BackofficeView(ApiView):
    contract = "backoffice"

    def paged(self, page: Page[Any]) -> Response:
        paging = {"page": page.page, "limit": page.size, "total": page.total, "totalPages": page.total_pages}
        return Response({"data": page.rows, "pagination": paging})
