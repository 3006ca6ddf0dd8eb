"""The base of every API view of every contract: authentication, limits, permissions, problems and headers, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import MethodNotAllowed, NotAcceptable, NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from warehouses import refusals
from warehouses.access import Access
from warehouses.http.authentication import KeyAuthentication, SessionAuthentication
from warehouses.http.etags import not_modified
from warehouses.http.faults import RequestFault, unsupported_media_type
from warehouses.http.filters import StrictFilterSet, check_parameters
from warehouses.http.idempotency import idempotency_key, perform_once
from warehouses.http.organization import found_access
from warehouses.http.paging import Counted, CursorPage, CursorPaging, Page, PageNumberPaging
from warehouses.http.parsers import (
    StrictJSONParser,
    check_media_type,
    is_csv,
    parse_csv_text,
    parse_json_object,
)
from warehouses.http.permissions import HasScope
from warehouses.http.pointers import escape
from warehouses.http.problems import exception_handler
from warehouses.http.rendering import DecimalJSONRenderer
from warehouses.http.throttling import Quota, consume, headers_of, refuse_beyond
from warehouses.idempotency_records import Claim

__all__ = ["ApiView"]

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_VARY = ("X-API-Key", "Authorization", "Cookie", "X-API-Contract", "Accept")
_ACCEPTED = ("application/json", "application/problem+json", "application/*", "*/*")
_NO_TEXT = re.compile("[\x00-\x1f\x7f]")
Row = TypeVar("Row")
Record = TypeVar("Record", bound=Model)


class JsonOnly(BaseContentNegotiation):
    """There is one representation. A caller that takes anything at all gets it; others get 406."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: HttpRequest, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        accept = request.headers.get("Accept", "").strip() or "*/*"
        wanted = {token.split(";")[0].strip().lower() for token in accept.split(",")}
        if wanted.isdisjoint(_ACCEPTED):
            raise NotAcceptable
        return renderers[0], renderers[0].media_type


class JsonRequest(Request):
    """DRF takes an empty body, and one without Content-Length, for `{}`; here both are what they are."""

    def _parse(self) -> tuple[Any, MultiValueDict[str, Any]]:
        plain = self._request
        if "chunked" in plain.headers.get("Transfer-Encoding", "").lower() and not plain.META.get(
            "CONTENT_LENGTH"
        ):
            raise RequestFault(411, "LENGTH_REQUIRED", "Send the body with its Content-Length.")
        if plain.META.get("CONTENT_LENGTH") not in {None, "", "0"}:
            # Before the body is touched: the CSRF check may have read a form from it already.
            if plain.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
                raise unsupported_media_type("A compressed body is not read here.")
            csv_field = self._csv_field()
            if csv_field and is_csv(self.content_type):
                return {csv_field: parse_csv_text(plain.body)}, MultiValueDict()
            check_media_type(self.content_type)
        content = plain.body
        if not content and not self._needs_body():
            return {}, MultiValueDict()
        return parse_json_object(content), MultiValueDict()

    def _needs_body(self) -> bool:
        return self.method in _BODY_METHODS and getattr(self._view(), "body_required", True)

    def _csv_field(self) -> str:
        return getattr(self._view(), "csv_field", "")

    def _view(self) -> Any:
        return (self.parser_context or {}).get("view")


class ApiView(APIView):
    """Subclass once per contract to set `contract`, then once per route.

    `permissions` maps each method to the permissions it needs; a method that is not in it is denied. A list names its
    `filterset_class` and `paging_class`; any other query parameter has to be in `query_parameters`, or is refused.
    """

    contract: ClassVar[str] = ""
    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    filterset_class: ClassVar[type[StrictFilterSet] | None] = None
    paging_class: ClassVar[type[PageNumberPaging] | type[CursorPaging] | None] = None
    query_parameters: ClassVar[tuple[str, ...]] = ()
    #: Those that only reading takes, where the route has writes too.
    reading_parameters: ClassVar[tuple[str, ...]] = ()
    #: The business code's word for an input → the body's, where they differ; empty for what the body does not hold,
    #: with a slash for a member of a member (`source/name`).
    pointer_names: ClassVar[Mapping[str, str]] = {}
    #: The member of the body that holds the rows of a bulk request.
    rows_field: ClassVar[str] = ""
    #: Whether POST, PUT and PATCH without a body are an error, or read as {}.
    body_required: ClassVar[bool] = True
    #: The member of the body that a body of text/csv stands for, of a route that takes that too.
    csv_field: ClassVar[str] = ""

    authentication_classes = (KeyAuthentication, SessionAuthentication)
    permission_classes = (HasScope,)
    throttle_classes = ()
    parser_classes = (StrictJSONParser,)
    renderer_classes = (DecimalJSONRenderer,)
    content_negotiation_class = JsonOnly
    versioning_class = None
    metadata_class = None

    _quota: Quota | None = None

    @property
    def access(self) -> Access:
        """The caller's access; there always is one once `initial` is done."""
        access = found_access(self.request._request)
        if access is None:
            raise refusals.Forbidden("ORG_CONTEXT_REQUIRED", "Choose the organization to work in first.")
        return access

    def pointer_of(self, problem: refusals.Problem) -> str:
        """The JSON pointer of a business problem into this route's body, by `pointer_names` and `rows_field`."""
        mapped = self.pointer_names.get(problem.field or "")
        if mapped is None:
            field = f"/{escape(problem.field)}" if problem.field else ""
        else:
            field = "".join(f"/{escape(token)}" for token in mapped.split("/") if token)
        is_row = self.rows_field and problem.index is not None
        return f"/{self.rows_field}/{problem.index}{field}" if is_row else field

    def write(
        self,
        work: Callable[[], HttpResponse],
        *,
        body: Any = None,
        is_secret: bool = False,
        shortcut: Callable[[Claim | None], HttpResponse | None] | None = None,
    ) -> HttpResponse:
        """Run `work` in one transaction, once per `Idempotency-Key`. `body` is the request's, unless given.

        `is_secret`: the answer shows a secret. `shortcut` is tried before: see `perform_once`.
        """
        sent = self.request.data if body is None else body
        return perform_once(
            self.request._request,
            access=self.access,
            work=work,
            body=sent,
            contract=self.contract,
            is_secret=is_secret,
            shortcut=shortcut,
        )

    def record(
        self,
        data: Mapping[str, Any],
        tag: str | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> HttpResponse:
        """A single resource with its ETag; 304 without a body when the reader has that version."""
        sent = dict(headers or {})
        if tag is not None:
            sent["ETag"] = tag
            if self.request.method in {"GET", "HEAD"} and not_modified(self.request._request, tag):
                return HttpResponse(status=304, headers=sent)
        return Response(data, status=status, headers=sent)

    def filtered(self, queryset: QuerySet[Record]) -> QuerySet[Record]:
        """`queryset` filtered by the query with `filterset_class`.

        Where the query names no filter and needs none, no form is made to find that out: parameters that nobody reads
        have been refused before (`initial`).
        """
        if self.filterset_class is None:
            return queryset
        asked = self.request.query_params.keys()
        if self.filterset_class.needs_nothing() and asked.isdisjoint(self.filterset_class.parameters()):
            return queryset
        besides = self.known_parameters() - self.filterset_class.parameters()
        return self.filterset_class.apply(queryset, self.request._request, besides=besides)

    def page(
        self,
        keys: QuerySet[Any],
        rows: Callable[[list[Any]], list[Row]],
        *,
        counted: Counted | None = None,
    ) -> Page[Row]:
        """The page asked for, of a listing whose `paging_class` is a PageNumberPaging."""
        if self.paging_class is None or not issubclass(self.paging_class, PageNumberPaging):
            raise TypeError(f"{type(self).__name__} does not page by number.")
        return self.paging_class().page(self.request._request, keys, rows, counted=counted)

    def cursor_page(
        self,
        keys: QuerySet[Any],
        rows: Callable[[list[Any]], list[Row]],
        *,
        ordering: tuple[str, ...] | None = None,
        counted: Counted | None = None,
    ) -> CursorPage[Row]:
        """The page after the cursor, of a listing whose `paging_class` is a CursorPaging."""
        if self.paging_class is None or not issubclass(self.paging_class, CursorPaging):
            raise TypeError(f"{type(self).__name__} does not page by cursor.")
        listing = f"{self.contract}:{type(self).__qualname__}:{sorted(self.kwargs.items())}"
        return self.paging_class().page(
            self.request._request,
            keys,
            rows,
            access=self.access,
            listing=listing,
            ordering=ordering,
            counted=counted,
        )

    def known_parameters(self) -> frozenset[str]:
        """The query parameters that the request's method takes."""
        known = frozenset(self.query_parameters)
        if self.request.method in {"GET", "HEAD"}:
            known |= frozenset(self.reading_parameters)
            if self.filterset_class is not None:
                known |= self.filterset_class.parameters()
            if self.paging_class is not None:
                known |= self.paging_class.parameters()
        return known

    # What follows is DRF's life of a request, in the order that the contracts promise.

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        return JsonRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who, how often, what, may they, and is the query in order: before any handler runs."""
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        request.version, request.versioning_scheme = None, None
        self.perform_authentication(request)
        access = found_access(request._request)
        if access is None:
            raise NotAuthenticated
        self._quota = consume(access)
        refuse_beyond(self._quota)
        method = request.method or ""
        if not self._handles(method):
            raise MethodNotAllowed(method)
        self.check_permissions(request)
        if any(isinstance(value, str) and _NO_TEXT.search(value) for value in kwargs.values()):
            raise refusals.NotFound("NOT_FOUND", "There is nothing at this address.")
        if method != "OPTIONS":
            check_parameters(request._request.GET, self.known_parameters())
        if method not in _SAFE_METHODS:
            idempotency_key(request._request)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Which methods there are, in Allow, and no more."""
        return Response(status=204)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], HttpResponse]:
        return exception_handler

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        # DRF's own answers are Responses; problems and stored answers are plain HttpResponses.
        final: HttpResponse = super().finalize_response(request, response, *args, **kwargs)
        if self.contract:
            final["X-API-Contract"] = self.contract
        final["Cache-Control"] = "no-store"
        patch_vary_headers(final, _VARY)
        if self._quota is not None:
            for name, value in headers_of(self._quota).items():
                final[name] = value
        if final.status_code in {204, 304} and final.has_header("Content-Type"):
            del final["Content-Type"]
        return final

    def _handles(self, method: str) -> bool:
        return method.lower() in self.http_method_names and hasattr(self, method.lower())
