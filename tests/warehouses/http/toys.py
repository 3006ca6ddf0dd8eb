"""A contract that exists only here: small views on the base that every real contract stands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from warehouses import refusals
from warehouses.http.etags import etag, expected_tags, require_match
from warehouses.http.fields import (
    StrictBooleanField,
    StrictCharField,
    StrictDateField,
    StrictDateTimeField,
    StrictIntegerField,
    StrictSerializer,
    TypeIdField,
)
from warehouses.http.filters import (
    StrictBooleanFilter,
    StrictCharFilter,
    StrictChoiceFilter,
    StrictDateFilter,
    StrictFilterSet,
    StrictIntegerFilter,
    TypeIdFilter,
)
from warehouses.http.paging import CursorPaging, PageNumberPaging, in_order
from warehouses.http.problems import handler400, handler403, handler404, handler500
from warehouses.http.views import ApiView
from warehouses.identifiers import decode
from warehouses.models import Bin, Warehouse

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class ToyView(ApiView):
    contract = "toy"


class BinFilters(StrictFilterSet):
    warehouse_id = TypeIdFilter("wh", field_name="warehouse_id")
    prefix = StrictCharFilter(field_name="code", lookup_expr="startswith", max_length=20)
    active = StrictBooleanFilter(field_name="is_active")
    sequence = StrictIntegerFilter(field_name="pick_sequence", min_value=0, max_value=1000)
    state = StrictChoiceFilter(field_name="barcode", choices=[("a", "A"), ("b", "B")])
    day = StrictDateFilter(method="on_day")

    def on_day(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset

    class Meta:
        model = Bin
        fields: tuple[str, ...] = ()


class BinSerializer(StrictSerializer):
    code = StrictCharField(max_length=40)
    pick_sequence = StrictIntegerField(min_value=0)


class RowSerializer(StrictSerializer):
    code = StrictCharField(max_length=40)
    quantity = StrictIntegerField(required=False)


class EverythingSerializer(StrictSerializer):
    """One field of each kind, to throw things at."""

    code = StrictCharField(max_length=40)
    note = StrictCharField(max_length=200, multiline=True, required=False, allow_blank=True)
    quantity = StrictIntegerField(required=False)
    flag = StrictBooleanField(required=False)
    at = StrictDateTimeField(required=False)
    day = StrictDateField(required=False)
    place = TypeIdField("wh", required=False)
    data = serializers.JSONField(required=False)
    rows = RowSerializer(many=True, required=False, allow_empty=False, max_length=3)


def _rows(keys: list[Any]) -> list[dict[str, Any]]:
    records = in_order(keys, Bin.objects.filter(pk__in=keys))
    return [{"code": record.code, "sequence": record.pick_sequence} for record in records]


class Pages(PageNumberPaging):
    size_parameter = "per_page"
    default_size = 2
    maximum_size = 5


class Cursors(CursorPaging):
    default_size = 2
    maximum_size = 5
    ordering = ("code",)


class PairCursors(Cursors):
    ordering = ("pick_sequence", "code")


class DescendingCursors(Cursors):
    ordering = ("-pick_sequence", "-code")


#: A test may hold a write inside its transaction, or make it fail.
during_write: list[Callable[[], None]] = []


class BinList(ToyView):
    permissions = {"GET": ("inventory.read",), "POST": ("inventory.write",)}
    filterset_class = BinFilters
    paging_class = Pages

    def get(self, request: Request) -> Response:
        mine = self.access.narrow(Bin.objects.filter(is_default=False), "inventory.read")
        page = self.page(self.filtered(mine).order_by("code"), _rows)
        return Response(
            {
                "data": page.rows,
                "page": page.page,
                "size": page.size,
                "total": page.total,
                "pages": page.total_pages,
            }
        )

    def post(self, request: Request) -> HttpResponse:
        serializer = BinSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)

        def work() -> Response:
            place = Warehouse.objects.filter(organization=self.access.organization).earliest("created_at")
            made = Bin.objects.create(
                organization=self.access.organization,
                warehouse=place,
                room=place.rooms.get(is_default=True),
                **serializer.validated_data,
            )
            for action in during_write:
                action()
            headers = {"Location": f"/toy/bins/{made.public_id}", "ETag": etag(1)}
            return Response({"code": made.code, "id": made.public_id}, status=201, headers=headers)

        return self.write(work)


class BinDetail(ToyView):
    permissions = {"GET": ("inventory.read",), "PUT": ("inventory.write",), "DELETE": ("inventory.write",)}
    query_parameters = ("hint",)

    def _bin(self, code: str) -> Bin:
        found = self.access.narrow(Bin.objects.all(), "inventory.read").filter(code=code).first()
        if found is None:
            raise refusals.NotFound("BIN_NOT_FOUND", "There is no such bin.")
        return found

    def get(self, request: Request, code: str) -> HttpResponse:
        found = self._bin(code)
        return self.record({"code": found.code, "sequence": found.pick_sequence}, etag(found.pick_sequence))

    def put(self, request: Request, code: str) -> HttpResponse:
        expected = expected_tags(request._request)
        sequence = request.data.get("sequence")

        def work() -> HttpResponse:
            found = self._bin(code)
            require_match(expected, etag(found.pick_sequence))
            found.pick_sequence = sequence
            found.save()
            return self.record({"sequence": sequence}, etag(sequence))

        return self.write(work)

    def delete(self, request: Request, code: str) -> HttpResponse:
        def work() -> Response:
            self._bin(code).delete()
            return Response(status=204)

        return self.write(work)


class BinCursor(ToyView):
    permissions = {"GET": ("inventory.read",)}
    filterset_class = BinFilters
    paging_class = Cursors

    def get(self, request: Request, **kwargs: Any) -> Response:
        mine = self.access.narrow(Bin.objects.filter(is_default=False), "inventory.read")
        page = self.cursor_page(self.filtered(mine), _rows)
        return Response({"data": page.rows, "total": page.total, "size": page.size, "next": page.next_cursor})


class OtherCursor(BinCursor):
    pass


class PairCursor(BinCursor):
    paging_class = PairCursors


class DescendingCursor(BinCursor):
    paging_class = DescendingCursors


class Everything(ToyView):
    permissions = {"POST": ("inventory.write",)}

    def post(self, request: Request) -> HttpResponse:
        serializer = EverythingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        valid = serializer.validated_data
        decoded = decode("wh", valid.get("place"))
        return self.write(lambda: Response({"fields": sorted(valid), "place": decoded is not None}))


#: What `/raise` raises.
to_raise: list[Exception] = []


class Raising(ToyView):
    permissions = {"GET": ("inventory.read",), "POST": ("inventory.write",)}

    def get(self, request: Request) -> Response:
        raise to_raise[0]

    def post(self, request: Request) -> HttpResponse:
        def work() -> Response:
            raise to_raise[0]

        return self.write(work)


class RaisingElsewhere(Raising):
    def pointer_of(self, problem: refusals.Problem) -> str:
        return f"/rows/{problem.index}/{problem.field}"


class Undeclared(ToyView):
    def get(self, request: Request) -> Response:
        return Response({})


class Bodiless(ToyView):
    permissions = {"POST": ("inventory.write",)}
    body_required = False

    def post(self, request: Request) -> Response:
        return Response({"body": request.data})


def page_that_raises(request: HttpRequest) -> HttpResponse:
    raise to_raise[0]


def page_of_nothing(request: HttpRequest) -> HttpResponse:
    raise Http404


@require_POST
def posting_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("posted")


def refusing_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<h1>A page's own words</h1>", status=422)


def context_page(request: HttpRequest) -> HttpResponse:
    access: Any = request.access  # type: ignore[attr-defined]
    organization: Any = request.organization  # type: ignore[attr-defined]
    return HttpResponse(f"{organization.name if organization else None}/{bool(access)}")


def idle_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("idle")


urlpatterns = [
    path("bins", BinList.as_view()),
    path("bins/", BinList.as_view()),
    path("toy/bins", BinList.as_view()),
    path("bins/<str:code>", BinDetail.as_view()),
    path("cursor", BinCursor.as_view()),
    path("cursor/<str:code>", BinCursor.as_view()),
    path("other-cursor", OtherCursor.as_view()),
    path("pair-cursor", PairCursor.as_view()),
    path("descending-cursor", DescendingCursor.as_view()),
    path("everything", Everything.as_view()),
    path("raise", Raising.as_view()),
    path("raise-elsewhere", RaisingElsewhere.as_view()),
    path("undeclared", Undeclared.as_view()),
    path("bodiless", Bodiless.as_view()),
    path("page/raises", page_that_raises),
    path("page/nothing", page_of_nothing),
    path("page/posting", posting_page),
    path("page/refusing", refusing_page),
    path("page/context", context_page),
    path("page/idle", idle_page),
]
