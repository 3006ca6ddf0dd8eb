"""How counts, their lines and what they come to are named, on screens, in notices and in refusals."""

from __future__ import annotations

from decimal import Decimal

from cycle_counts.models import CountBatch, CountLine

__all__ = ["goods_of", "line_in_words", "lines_in_words", "money", "title_of"]


def title_of(batch: CountBatch) -> str:
    """`CC-00012`, with the name that somebody gave it."""
    return f"{batch.label} “{batch.name}”" if batch.name else batch.label


def goods_of(line: CountLine) -> str:
    """The SKU's code, else what was scanned; with the lot. Reads `sku` and `lot`."""
    what = line.sku.code if line.sku is not None else f"“{line.code}”"
    lot = line.lot.code if line.lot is not None else line.lot_code
    return f"{what}, lot {lot}" if lot else what


def line_in_words(line: CountLine) -> str:
    """The goods and the bin. Reads `sku`, `lot` and `bin`."""
    return f"{goods_of(line)} in {line.bin.code}"


def lines_in_words(number: int) -> str:
    return f"{number:,} line{'s' * (number != 1)}"


def money(value: Decimal, currency: str) -> str:
    return f"{value:,.2f} {currency}"
