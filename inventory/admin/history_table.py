"""The history of a record on its page."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from inventory import history
from inventory.admin.integrations import clock_time
from inventory.models import StateChange
from warehouses.models.base import PublicModel

__all__ = ["history_table"]


def history_table(subject: PublicModel) -> SafeString:
    """What was done with the record, from the beginning on: when, what, how many units, by whom and why. One query."""
    rows = format_html_join(
        "",
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        (
            (
                clock_time(change.created_at),
                _deed(change),
                f"{change.quantity:,}" if change.quantity is not None else "",
                change.actor_name,
                change.note,
            )
            for change in history.history_of([subject])[subject.pk]
        ),
    )
    return format_html(
        '<div class="history"><table class="history-table"><thead><tr><th>When</th><th>What</th><th>Units</th>'
        "<th>Who</th><th>Why</th></tr></thead><tbody>{}</tbody></table></div>",
        rows,
    )


def _deed(change: StateChange) -> str:
    """Such as `Create`, `Fulfil`, `Release → Released`."""
    words = change.action.replace("_", " ").capitalize()
    if not change.from_state or change.from_state == change.to_state:
        return words
    return f"{words} → {change.to_state.replace('_', ' ').capitalize()}"
