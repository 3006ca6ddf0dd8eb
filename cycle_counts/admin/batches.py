"""Cycle counts in the back office: planned, counted on paper, reviewed and posted, each by those who may."""

from __future__ import annotations

from django.contrib import admin

from cycle_counts.admin.accuracy_page import AccuracyPage
from cycle_counts.admin.batch_list import BatchListAdmin
from cycle_counts.admin.batch_page import BatchPage
from cycle_counts.admin.classes_page import ClassesPage
from cycle_counts.admin.plan_page import PlanPage
from cycle_counts.admin.review import ReviewPages
from cycle_counts.admin.settings_page import SettingsPage
from cycle_counts.admin.sheet_pages import SheetPages
from cycle_counts.models import CountBatch
from cycle_counts.rights import COUNT

__all__ = ["CountBatchAdmin"]


@admin.register(CountBatch)
class CountBatchAdmin(
    PlanPage, ReviewPages, SheetPages, BatchPage, ClassesPage, AccuracyPage, SettingsPage, BatchListAdmin
):
    """Seen by whoever may count in the warehouse; what the books say is shown as far as each count allows."""

    read_permission = COUNT
    write_permission = COUNT
    warehouse_path = "warehouse_id"
    icon = "pin"
