"""SKUs by words of their titles: found in an index of words on PostgreSQL, however many SKUs there are."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import BooleanField, CharField, F, Func, Q, Value

__all__ = ["has_words"]


class _Words(Func):
    """`inventory_sku_title_words` is an index of this expression; in another form it would not be used."""

    template = "to_tsvector('simple', %(expressions)s"
    arg_joiner = ") @@ to_tsquery('simple', "
    output_field = BooleanField()

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*expressions, **({"template": f"{self.template})"} | extra))


def has_words(text: str, *, title: str = "title") -> Q:
    """That each word of `text` begins a word of the title, without regard to case. `title` is the path to it.

    A text without any word is in no title.
    """
    words = text.split()
    if not words:
        return Q(pk__in=())
    if connection.vendor == "postgresql":
        return Q(_Words(F(title), Value(" & ".join(map(_beginning, words)), output_field=CharField())))
    found = Q()
    for word in words:
        found &= Q(**{f"{title}__istartswith": word}) | Q(**{f"{title}__icontains": f" {word}"})
    return found


def _beginning(word: str) -> str:
    """The word as PostgreSQL's own parser would take it from a title, or anything that begins like it."""
    quoted = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}':*"
