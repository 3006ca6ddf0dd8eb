"""Which column of a file is which of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory.imports.sheet import SheetError, fold

__all__ = ["Columns", "match_columns", "read_mapping"]


@dataclass(frozen=True, slots=True)
class Columns:
    """Our column names → their place in a record; `ignored` are the file's columns that mean nothing to us."""

    places: Mapping[str, int]
    ignored: Sequence[str]

    def pick(self, values: Sequence[str]) -> dict[str, str]:
        return {name: values[place] for name, place in self.places.items()}


def read_mapping(texts: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """`["Artikel=sku"]` → `{"artikel": "sku"}`. Raises SheetError for anything else."""
    mapping: dict[str, str] = {}
    for text in texts:
        theirs, separator, ours = text.rpartition("=")
        name = next((name for name in known if fold(name) == fold(ours)), None)
        if not separator or not fold(theirs):
            raise SheetError(f"“{text}” is not of the form THEIRS=OURS, such as Artikel={known[0]}.")
        if name is None:
            raise SheetError(f"“{text}”: there is no column “{ours.strip()}”; there are {', '.join(known)}.")
        if fold(theirs) in mapping:
            raise SheetError(f"The column “{theirs.strip()}” is mapped twice.")
        mapping[fold(theirs)] = name
    return mapping


def match_columns(
    header: Sequence[str], *, known: Sequence[str], required: Sequence[str], mapping: Mapping[str, str]
) -> Columns:
    """Find our columns in `header`, by `mapping` (file's folded name → ours) or by name, whatever the case.

    Raises SheetError naming columns that are missing, stand twice, or are mapped but not there.
    """
    names = [fold(name) for name in header]
    twice = sorted(name for name, count in Counter(names).items() if name and count > 1)
    if twice:
        raise SheetError(f"The header names {_listing(twice)} more than once.")
    absent = [theirs for theirs in mapping if theirs not in names]
    if absent:
        raise SheetError(f"The file has no column {_listing(absent)}; it has {_listing(header)}.")
    by_name = {fold(name): name for name in known}
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, name in enumerate(names):
        ours = mapping.get(name) or by_name.get(name)
        if ours is None:
            ignored.append(header[place])
        elif ours in places:
            raise SheetError(f"Both “{header[places[ours]]}” and “{header[place]}” are the column “{ours}”.")
        else:
            places[ours] = place
    missing = [name for name in required if name not in places]
    if missing:
        raise SheetError(
            f"The file lacks the column {_listing(missing)}; it has {_listing(header)}."
            " Other names are given with --map THEIRS=OURS."
        )
    return Columns(places, tuple(name for name in ignored if name))


def _listing(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names if name) or "none"
