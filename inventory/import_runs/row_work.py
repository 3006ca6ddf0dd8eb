"""What the kinds of imports have in common: rows are read, posted, and undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from inventory.import_runs.effects import Judged, Trouble
from inventory.imports.batches import rehearsal
from inventory.models import ImportRow, ImportRun
from warehouses.access import Access
from warehouses.http.rendering import is_formula

__all__ = ["RowWork", "cells_of"]


def cells_of(mapping: Sequence[str], content: Sequence[str]) -> dict[str, str]:
    """A row's values under our column names.

    Our own downloads put an apostrophe in front of what a spreadsheet program would calculate with: it is taken off.
    """
    return {
        name: value[1:] if value.startswith("'") and is_formula(value[1:]) else value
        for name, value in zip(mapping, content, strict=False)
        if name
    }


class RowWork:
    """One kind's work on one import, for somebody with rights. It remembers the rows that it has read."""

    permission: ClassVar[str]
    #: Whether the permission must hold everywhere, not only in the warehouses that rows name.
    is_organization_wide: ClassVar[bool] = False
    #: Whether rows that are refused may be good once later ones are in.
    tries_again: ClassVar[bool] = False
    #: Whether what was posted is undone document by document.
    has_documents: ClassVar[bool] = False

    def __init__(self, run: ImportRun, access: Access) -> None:
        self.run = run
        self.access = access
        self.organization = access.organization
        self.places: set[UUID] = set()

    @classmethod
    def may(cls, access: Access) -> bool:
        if cls.is_organization_wide:
            return access.everywhere(cls.permission)
        return access.may(cls.permission)

    def read(self, row: ImportRow, cells: Mapping[str, str]) -> Any:
        """What the row asks for, with its number as `index`; None where an earlier row has said the same.

        Raises BadValue.
        """
        raise NotImplementedError

    def cells(self, row: ImportRow) -> dict[str, str]:
        return cells_of(self.run.mapping, row.content)

    def key_of(self, entry: Any) -> str:
        """What the row is known by."""
        return ""

    def post(self, entries: Sequence[Any]) -> Judged:
        """Do it, in a transaction of the caller's or one of its own; the good ones are kept."""
        raise NotImplementedError

    def judge(self, entries: Sequence[Any]) -> Judged:
        """What `post` would come to: it is really done, and taken back."""
        with rehearsal(True):
            return self.post(entries)

    def judge_at_last(self) -> Judged:
        """Of rows about which nothing could be said before all were read."""
        return Judged()

    def undo(self, rows: Iterable[ImportRow]) -> dict[int, Trouble]:
        """Take these rows back, in the caller's transaction. Answers, by number, why some had to stay as they are."""
        raise NotImplementedError
