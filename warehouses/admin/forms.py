"""The base of the admin's forms."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from warehouses.models import Organization
from warehouses.refusals import Refusal

__all__ = ["PlaceForm", "ScopedForm"]


class ScopedForm(forms.ModelForm):
    """A form for a record of one organization, which `ScopedModelAdmin.get_form` sets on the class.

    A refusal of the business code is shown beside the field it names, or above the form.
    """

    organization: ClassVar[Organization | None] = None
    refusal: ClassVar[Refusal | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and self.organization is not None and self._has_organization:
            self.instance.organization = self.organization

    @property
    def _has_organization(self) -> bool:
        return any(field.name == "organization" for field in self.instance._meta.concrete_fields)

    def _get_validation_exclusions(self) -> set[str]:
        # The organization is no field of the form but is known: what must be unique in it can be checked.
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        if self.instance._state.adding or self._has_organization:
            excluded.discard("organization")
        return excluded

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal is not None:
            self._show(self.refusal)
        return cleaned

    def _show(self, refusal: Refusal) -> None:
        for problem in refusal.problems:
            self.add_error(problem.field if problem.field in self.fields else None, problem.detail)
        if not refusal.problems:
            self.add_error(None, refusal.detail)


class PlaceForm(ScopedForm):
    """For records whose business functions check what must be unique, and say it better than a constraint's name."""

    def _post_clean(self) -> None:
        # A form has no switch for this; its instance's method is what it calls.
        self.instance.validate_constraints = lambda exclude=None: None
        try:
            super()._post_clean()  # type: ignore[misc]
        finally:
            del self.instance.validate_constraints

    def validate_unique(self) -> None:
        pass
