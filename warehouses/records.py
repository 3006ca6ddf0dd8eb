"""Model validation as a refusal, for business code that does not go through a form."""

from __future__ import annotations

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from warehouses.refusals import InvalidInput, Problem

__all__ = ["validate"]


def validate(record: models.Model, *, exclude: tuple[str, ...] = ()) -> None:
    """Raise InvalidInput `INVALID_INPUT`, with a problem per bad field, unless the record may be written.

    Uniqueness is left to the caller, who knows how to say it. A NUL is refused here: PostgreSQL stores none.
    """
    problems = [
        Problem("INVALID_INPUT", "Null characters are not allowed.", field=field.name)
        for field in record._meta.concrete_fields
        if "\x00" in str(getattr(record, field.attname) or "")
    ]
    if not problems:
        relations = [field.name for field in record._meta.concrete_fields if field.is_relation]
        try:
            # The foreign keys were fetched by the caller: asking the database again would be a query for each.
            record.full_clean(
                exclude=[*relations, *exclude], validate_unique=False, validate_constraints=False
            )
        except ValidationError as error:
            problems = [
                Problem("INVALID_INPUT", message, field=None if name == NON_FIELD_ERRORS else name)
                for name, messages in error.message_dict.items()
                for message in messages
            ]
    if problems:
        first = problems[0]
        subject = f"{first.field}: " if first.field else ""
        raise InvalidInput("INVALID_INPUT", f"{subject}{first.detail}", problems=problems)
