"""Departments: for whom goods are used up. Written by those who may write requests in the whole organization."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from stock_requests import departments
from stock_requests.models import Department
from stock_requests.rights import READ, WRITE
from warehouses.access import Access
from warehouses.admin.forms import PlaceForm
from warehouses.admin.model_admins import RefusedDeletion

__all__ = ["DepartmentAdmin"]


@admin.register(Department)
class DepartmentAdmin(RefusedDeletion):
    read_permission = READ
    write_permission = WRITE
    form = PlaceForm
    icon = "groups"
    list_display = ("name", "state")
    list_filter = ("is_active",)
    search_fields = ("name",)
    search_help_text = "Name"
    ordering = ("name", "pk")
    empty_hint = (
        "Goods that are requested for a department leave the stock for good when they are handed over."
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name",) if obj is None else ("name", "is_active")

    @display(description="state", ordering="is_active", label={"Active": "success", "Inactive": ""})
    def state(self, department: Department) -> str:
        return "Active" if department.is_active else "Inactive"

    def store(self, request: HttpRequest, access: Access, obj: Department, form: Any, change: bool) -> None:
        if change:
            written = departments.change_department(access=access, department=obj, **form.cleaned_data)
        else:
            written = departments.create_department(access=access, **form.cleaned_data)
        obj.__dict__.update(written.__dict__)

    def remove(self, request: HttpRequest, access: Access, obj: Department) -> None:
        departments.delete_department(access=access, department=obj)
