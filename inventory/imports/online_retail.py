"""The preset for "Online Retail" (UCI, 10.24432/C5BW33): a shop's invoice lines as catalogue and as movements.

The file says in one table what was sold, cancelled, corrected and charged for. `docs/imports.md` gives the reasons
for what is decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from inventory.catalogue import SkuEntry
from inventory.imports.fields import BadValue, read_change, read_code, read_money, read_text
from inventory.imports.sheet import Record
from inventory.models import sku_key

__all__ = ["COLUMNS", "Assortment", "NoStock", "movement_cells"]

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")

# Postage, carriage, discounts, samples, fees and hand-written amounts: charged, never on a shelf.
_NO_STOCK = frozenset({"post", "dot", "c2", "d", "m", "s", "b", "cruk", "bank charges", "amazonfee"})
_VOUCHER = "gift_"


@dataclass(frozen=True, slots=True)
class NoStock:
    """The line is about something that is no stock."""

    code: str


def movement_cells(cells: Mapping[str, str]) -> dict[str, str] | NoStock:
    """A line of the file as a line of our own format. Raises BadValue, naming the file's own column."""
    code = read_code(cells, "StockCode")
    if _is_no_stock(code):
        return NoStock(code)
    quantity = read_change(cells, "Quantity")
    invoice = read_text(cells, "InvoiceNo", longest=40)
    if not invoice:
        raise BadValue("InvoiceNo", "is missing")
    common = {"sku": code, "reference": invoice, "occurred_at": cells["InvoiceDate"]}
    if not cells["InvoiceDate"].strip():
        raise BadValue("InvoiceDate", "is missing")
    if invoice[0] in "Cc":
        if quantity > 0:
            raise BadValue("Quantity", f"{quantity} is not negative on a cancellation")
        return {**common, "quantity_change": str(-quantity), "reason_code": "RETURN"}
    if _is_correction(cells):
        note = read_text(cells, "Description", longest=500)
        return {**common, "quantity_change": str(quantity), "reason_code": "ADJUSTMENT", "note": note}
    if quantity < 0:
        raise BadValue(
            "Quantity", f"{quantity} is negative, but the line is neither a cancellation nor a correction"
        )
    return {**common, "quantity_change": str(-quantity), "reason_code": "SALE"}


@dataclass(slots=True)
class _Article:
    record: Record
    spellings: Counter[str] = field(default_factory=Counter)
    titles: Counter[str] = field(default_factory=Counter)
    prices: Counter[Decimal] = field(default_factory=Counter)


@dataclass(slots=True)
class Assortment:
    """Gathers the lines of the file into one article per SKU."""

    articles: dict[str, _Article] = field(default_factory=dict)

    def add(self, record: Record, cells: Mapping[str, str]) -> NoStock | None:
        code = read_code(cells, "StockCode")
        if _is_no_stock(code):
            return NoStock(code)
        price = read_money(cells, "UnitPrice")
        title = _clean(read_text(cells, "Description", longest=200))
        article = self.articles.setdefault(sku_key(code), _Article(record))
        article.spellings[code] += 1
        if title and not _is_correction(cells):
            article.titles[title] += 1
        if price:
            article.prices[price] += 1
        return None

    def entries(self) -> list[tuple[Record, SkuEntry]]:
        """In the order in which the codes first appear; an article that is never described has an empty title."""
        return [
            (
                article.record,
                SkuEntry(
                    code=_commonest(article.spellings),
                    title=_commonest(article.titles),
                    # Of equally frequent prices the lowest: single buyers pay more than the trade.
                    unit_price=min(
                        article.prices, key=lambda price: (-article.prices[price], price), default=None
                    ),
                    index=article.record.line,
                ),
            )
            for article in self.articles.values()
        ]

    def notes(self) -> list[str]:
        articles = list(self.articles.values())
        return [
            _counted(articles, [len(each.spellings) > 1 for each in articles])
            + " written in several ways (85123A, 85123a): one SKU, in the commonest spelling",
            _counted(articles, [len(each.titles) > 1 for each in articles])
            + " described in several ways: the most frequent description is the title",
            _counted(articles, [not each.titles for each in articles])
            + " never described: a new SKU has its code for a title",
            _counted(articles, [not each.prices for each in articles]) + " without a price",
        ]


def _counted(articles: Sequence[_Article], which: Sequence[bool]) -> str:
    return f"{sum(which):,} of {len(articles):,} codes"


def _is_no_stock(code: str) -> bool:
    key = sku_key(code)
    return key in _NO_STOCK or key.startswith(_VOUCHER)


def _is_correction(cells: Mapping[str, str]) -> bool:
    """Whether the shop put its stock record right: no price, no customer, and a remark or nothing for a title.

    Titles of goods are in capitals; remarks ("Found", "damages", "Dotcom sales", "?") are not.
    """
    if read_money(cells, "UnitPrice") or cells["CustomerID"].strip():
        return False
    letters = [letter for letter in cells["Description"] if letter.isalpha()]
    return 2 * sum(map(str.isupper, letters)) <= len(letters)


def _commonest(texts: Counter[str]) -> str:
    return texts.most_common(1)[0][0] if texts else ""


def _clean(text: str) -> str:
    return " ".join(text.split())
