"""Whoever left while an import was worked on is told what became of it."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from inventory.models import ImportRun, ImportState
from warehouses import transactions
from warehouses.notices import Message, notify

__all__ = ["tell"]


def tell(run: ImportRun) -> None:
    """A notice to the person on whose behalf it was worked on, where it has come to an end or waits for them."""
    current = ImportRun.objects.select_related("organization", "user").get(pk=run.pk)
    words = _words(current)
    if words is None or current.user is None:
        return
    user = current.user
    page = reverse("admin:inventory_importrun_change", args=(current.pk,))
    message = Message("import", *words, page)

    def work() -> None:
        notify(
            organization=current.organization,
            users=[user],
            message=message,
            at=timezone.now(),
            by_email=False,
            doer=None,
        )

    transactions.run(work)


def _words(run: ImportRun) -> tuple[str, str] | None:
    name = run.file_name
    good = run.new_count + run.changed_count
    if run.state == ImportState.READY:
        return f"{name} is checked", f"{good:,} rows can be imported, {run.wrong_count:,} have errors."
    if run.state == ImportState.MAPPING:
        return f"{name} is read", "Say which of its columns is which."
    if run.state == ImportState.IMPORTED:
        left = f" {run.refused_count:,} rows were refused." if run.refused_count else ""
        return f"{name} is imported", f"{run.done_count:,} rows are in.{left} {run.error}".strip()
    if run.state == ImportState.UNDONE:
        left = f" {run.kept_count:,} could not be." if run.kept_count else ""
        return f"The import of {name} is undone", f"{run.undone_count:,} rows are taken back.{left}"
    if run.state == ImportState.FAILED:
        return f"{name} was not read", run.error
    return None
