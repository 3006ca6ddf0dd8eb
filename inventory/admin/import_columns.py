"""Which column of a file is which of ours, as a form."""

from __future__ import annotations

from typing import Any, Self

from django import forms
from django.http import QueryDict

from inventory.import_runs.columns import COLUMNS, match_header
from inventory.import_runs.kinds import KINDS, kinds_for
from inventory.import_runs.reading import known_mapping
from inventory.models import ImportKind, ImportRow, ImportRun, ReasonCode
from inventory.stock_documents import RESERVED_REASONS
from warehouses.access import Access
from warehouses.models import Warehouse
from warehouses.refusals import Refusal

__all__ = ["ColumnsForm"]

_EXAMPLES = 3
_WITH_PLACE = (ImportKind.STOCK, ImportKind.MOVEMENTS, ImportKind.REORDER)
_WITH_REASON = (ImportKind.STOCK, ImportKind.MOVEMENTS)


class ColumnsForm(forms.Form):
    """A choice for each column of the file (`column_0`, …), and what rows are about that do not say it themselves."""

    kind = forms.ChoiceField(
        label="What the file is about", error_messages={"required": "Choose what it is about."}
    )
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(), label="Warehouse of rows that name none", required=False, empty_label="None"
    )
    reason_code = forms.ModelChoiceField(
        ReasonCode.objects.none(), label="Reason of rows that name none", required=False, empty_label="None"
    )

    def __init__(
        self, data: QueryDict | None = None, *, run: ImportRun, access: Access, kind: str = ""
    ) -> None:
        self.run = run
        self.access = access
        self.mapping: list[str] = list(run.mapping)
        self.shown_kind = kind or run.kind
        if kind and kind != run.kind:
            known = known_mapping(access, run.header, [kind])
            self.mapping = known.mapping if known is not None else match_header(run.header, kind)
        elif data is not None and data.get("kind") in COLUMNS:
            self.shown_kind = str(data["kind"])
        super().__init__(
            data,
            initial={
                "kind": self.shown_kind,
                "warehouse": run.warehouse_id,
                "reason_code": run.reason_code_id,
            },
        )
        kinds = [each for each in ImportKind if each.value in kinds_for(access)]
        chooser: Any = self.fields["kind"]
        chooser.choices = [
            *([] if self.shown_kind else [("", "Choose")]),
            *((each.value, each.label) for each in kinds),
        ]
        self._narrow()
        columns = COLUMNS.get(self.shown_kind, ())
        choices = [
            ("", "Not used"),
            *((column.name, f"{column.label} ({column.name})") for column in columns),
        ]
        for place, name in enumerate(run.header):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=name or f"Column {place + 1}",
                choices=choices,
                required=False,
                initial=self.mapping[place] if place < len(self.mapping) else "",
            )

    def _narrow(self) -> None:
        place: Any = self.fields["warehouse"]
        reason: Any = self.fields["reason_code"]
        if self.shown_kind in _WITH_PLACE:
            permission = KINDS[self.shown_kind].permission
            places = self.access.narrow(Warehouse.objects.order_by("name"), permission, warehouse="pk")
            place.queryset = places.filter(is_active=True, is_readonly=False)
            place.empty_label = "The default one"
        else:
            del self.fields["warehouse"]
        if self.shown_kind in _WITH_REASON:
            reasons = ReasonCode.objects.filter(organization=self.access.organization, is_active=True)
            reason.queryset = reasons.exclude(code_key__in=RESERVED_REASONS).order_by("name")
            reason.label_from_instance = lambda found: f"{found.name} ({found.code})"
        else:
            del self.fields["reason_code"]

    def is_kind_only(self) -> bool:
        """Whether another kind was chosen: the columns on the page are not those of that."""
        return "other_kind" in self.data or (
            self.data.get("kind", "") in COLUMNS and self.data.get("of", "") != self.data.get("kind", "")
        )

    def for_kind(self) -> Self:
        """The form with the columns of the kind that was chosen."""
        return type(self)(run=self.run, access=self.access, kind=self.data.get("kind", ""))

    def chosen(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            "kind": values["kind"],
            "mapping": [values[f"column_{place}"] for place in range(len(self.run.header))],
            "warehouse": values.get("warehouse"),
            "reason_code": values.get("reason_code"),
        }

    def show(self, refusal: Refusal) -> None:
        for problem in refusal.problems:
            name = f"column_{problem.index}" if problem.index is not None else None
            self.add_error(name if name in self.fields else None, problem.detail)
        if not refusal.problems:
            self.add_error(None, refusal.detail)

    def head(self) -> list[Any]:
        return [self[name] for name in ("kind", "warehouse", "reason_code") if name in self.fields]

    def columns(self) -> list[dict[str, Any]]:
        """Each column of the file with its choice and what stands in it, as examples. One query."""
        rows = list(
            ImportRow.objects.filter(run=self.run, is_unreadable=False)
            .order_by("number")
            .values_list("content", flat=True)[:_EXAMPLES]
        )
        return [
            {
                "name": name or f"Column {place + 1}",
                "field": self[f"column_{place}"],
                "examples": [row[place][:60] for row in rows if place < len(row) and row[place].strip()],
            }
            for place, name in enumerate(self.run.header)
        ]
