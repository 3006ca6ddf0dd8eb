"""Taking a page out as a file, and the files that one has asked for. They are nobody's but the person's who asked."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from inventory import exports
from inventory.models import Export, ExportFormat, ExportState
from warehouses.access import Access
from warehouses.http.organization import require_access
from warehouses.refusals import NotFound, Refusal
from warehouses.tables import Table

__all__ = ["pages"]

_LONGEST_PAGE: Final = 60


def pages(site: Any) -> list[URLPattern]:
    """Of the admin site. The setting ADMIN_PAGES names this."""
    return [
        path("exports/", site.admin_view(_Pages(site).listing), name="exports"),
        path("exports/new/", site.admin_view(_Pages(site).new), name="export"),
        path("exports/<str:public_id>/file/", site.admin_view(_Pages(site).file), name="export_file"),
        path("exports/<str:public_id>/delete/", site.admin_view(_Pages(site).delete), name="export_delete"),
    ]


class _Pages:
    def __init__(self, site: Any) -> None:
        self._site = site
        self.listing = require_safe(self._listing)
        self.new = require_POST(self._new)
        self.file = require_safe(self._file)
        self.delete = require_POST(self._delete)

    def _listing(self, request: HttpRequest, status: int = 200) -> HttpResponse:
        access = require_access(request)
        shown = [_shown(export) for export in exports.exports_of(access=access)[:100]]
        is_open = any(row["is_open"] for row in shown)
        context = {
            **self._site.each_context(request),
            "title": "My exports",
            "rows": shown,
            "refresh": 2 if is_open else None,
            "state": " ".join(row["state"] for row in shown),
        }
        return TemplateResponse(request, "inventory/admin/exports.html", context, status=status)

    def _new(self, request: HttpRequest) -> HttpResponseBase:
        """The page named in the form, with the query that it was looked at with: the file, or a place in the queue."""
        access = require_access(request)
        asked: dict[str, Any] = {
            "page": request.POST.get("page", "")[:_LONGEST_PAGE],
            "query": request.POST.get("query", "").replace("\x00", ""),
            "all_columns": request.POST.get("columns") == "all",
        }
        format_ = request.POST.get("format", "")
        if format_ not in ExportFormat.values:
            format_ = ExportFormat.CSV
        try:
            table = exports.table_of(access=access, **asked)
            if table.count(exports.AT_ONCE + 1) <= exports.AT_ONCE:
                return _sent(access, table, format_)
            exports.ask(access=access, title=_title(table), file_format=format_, **asked)
        except NotFound:
            raise
        except Refusal as refusal:
            messages.error(request, refusal.detail)
            return HttpResponseRedirect(_back(request))
        messages.info(
            request,
            f"More than {exports.AT_ONCE:,} rows: the file is being written. You will be told when it is ready.",
        )
        return redirect("admin:exports")

    def _file(self, request: HttpRequest, public_id: str) -> HttpResponseBase:
        export = exports.find_export(access=require_access(request), public_id=public_id)
        if export.state != ExportState.READY:
            raise NotFound("EXPORT_NOT_READY", "The file is not ready yet.")
        headers = _headers(export.filename) | {"Content-Length": str(export.size)}
        return StreamingHttpResponse(
            exports.content_of(export), content_type=exports.content_type(export.format), headers=headers
        )

    def _delete(self, request: HttpRequest, public_id: str) -> HttpResponse:
        access = require_access(request)
        export = exports.find_export(access=access, public_id=public_id)
        exports.delete_export(access=access, export=export)
        messages.success(request, f"The export “{export.title}” is deleted.")
        return redirect("admin:exports")


def _sent(access: Access, table: Table, format_: str) -> HttpResponse:
    zone = access.organization.zone
    content = exports.written(table, file_format=format_, zone=zone)
    named = Export(title=_title(table), format=format_, created_at=timezone.now().astimezone(zone))
    return HttpResponse(content, content_type=exports.content_type(format_), headers=_headers(named.filename))


def _headers(filename: str) -> dict[str, str]:
    # Never looked at in the browser, whatever stands in the cells, and in no cache between.
    return {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "private, no-store"}


def _title(table: Table) -> str:
    return table.title[:1].upper() + table.title[1:]


def _back(request: HttpRequest) -> str:
    """The page that was exported, if that is one of ours."""
    target = request.headers.get("Referer", "")
    own = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if own else reverse("admin:exports")


def _shown(export: Export) -> dict[str, Any]:
    is_open = export.state in (ExportState.QUEUED, ExportState.RUNNING)
    total = export.row_count or 0
    return {
        "export": export,
        "state": str(ExportState(export.state).label),
        "is_open": is_open,
        "is_ready": export.state == ExportState.READY,
        "is_failed": export.state == ExportState.FAILED,
        "percent": min(100, 100 * export.rows_done // total) if total else 0,
        "kept_until": export.created_at + exports.KEPT,
        "format": str(ExportFormat(export.format).label),
    }
