"""Our columns, what they are called elsewhere, and which of them a file's columns are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from inventory.imports.sheet import fold
from inventory.models import ImportKind

__all__ = ["COLUMNS", "EXPECTED", "Column", "guess_kind", "header_key", "lacking", "match_header"]


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is the API's; `others` is what it is called elsewhere, in small letters and digits only."""

    name: str
    label: str
    others: tuple[str, ...] = ()
    is_number: bool = False


_SKU: Final = Column(
    "sku",
    "SKU",
    ("skucode", "itemcode", "itemnumber", "itemno", "article", "articlenumber", "articleno", "artikel", "artikelnummer",
     "artikelnr", "partnumber", "partno", "stockcode", "productcode", "materialnumber"),
)  # fmt: skip
_WAREHOUSE: Final = Column(
    "warehouse",
    "Warehouse",
    ("location", "warehousename", "site", "store", "lager", "standort", "locationname"),
)
_NOTE: Final = Column("note", "Note", ("comment", "comments", "remark", "remarks", "bemerkung"))
_REASON: Final = Column("reason_code", "Reason", ("reason", "grund"))
_THRESHOLDS: Final = (
    Column(
        "safety_stock",
        "Safety stock",
        ("minimum", "minstock", "minimumstock", "sicherheitsbestand"),
        is_number=True,
    ),
    Column("reorder_point", "Reorder point", ("reorderlevel", "meldebestand"), is_number=True),
    Column(
        "reorder_quantity",
        "Reorder quantity",
        ("reorderqty", "orderquantity", "bestellmenge"),
        is_number=True,
    ),
)

COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {
    ImportKind.CATALOGUE.value: (
        _SKU,
        Column("title", "Title",
            ("name", "description", "productname", "itemname", "bezeichnung", "artikelbezeichnung"),
        ),
        Column("product", "Product", ("productmaster", "parent", "style", "produkt")),
        Column("category", "Category", ("group", "productgroup", "producttype", "kategorie", "warengruppe")),
        Column("unit_cost", "Unit cost",
            ("cost", "costprice", "purchaseprice", "buyprice", "einkaufspreis", "ek"), is_number=True,
        ),
        Column("unit_price", "Unit price",
            ("price", "saleprice", "sellprice", "rrp", "retailprice", "verkaufspreis", "vk", "preis"), is_number=True,
        ),
        Column("barcode", "Barcode", ("ean", "ean13", "gtin", "upc", "barcodes")),
        Column("lot_controlled", "Lot-controlled", ("lottracked", "batchtracked", "islotcontrolled")),
        *_THRESHOLDS,
    ),
    ImportKind.STOCK.value: (
        _SKU,
        _WAREHOUSE,
        Column("bin", "Bin", ("bincode", "shelf", "binlocation", "position", "lagerplatz")),
        Column("lot", "Lot", ("lotcode", "batch", "batchnumber", "lotnumber", "charge")),
        Column("expires_on", "Expires on", ("expiry", "expirydate", "bestbefore", "expirationdate", "mhd")),
        Column("quantity", "Quantity",
            ("qty", "onhand", "stock", "instock", "stockonhand", "count", "counted", "menge", "bestand"),
            is_number=True,
        ),
        _REASON,
        _NOTE,
    ),
    ImportKind.MOVEMENTS.value: (
        _SKU,
        _WAREHOUSE,
        Column("quantity_change", "Change",
            ("change", "delta", "adjustment", "qtychange", "difference"), is_number=True,
        ),
        _REASON,
        _NOTE,
        Column("reference", "Reference",
            ("referenceid", "document", "documentnumber", "invoice", "invoiceno", "order", "ordernumber"),
        ),
        Column("occurred_at", "When", ("date", "datetime", "time", "occurredon", "invoicedate", "datum")),
    ),
    ImportKind.REORDER.value: (_SKU, _WAREHOUSE, *_THRESHOLDS),
}  # fmt: skip

#: Of each kind: what a file must have, and columns of which it must have one.
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    ImportKind.CATALOGUE.value: ("sku",),
    ImportKind.STOCK.value: ("sku", "quantity"),
    ImportKind.MOVEMENTS.value: ("sku", "quantity_change"),
    ImportKind.REORDER.value: ("sku",),
}
_ONE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    ImportKind.CATALOGUE.value: (
        "title",
        "product",
        "category",
        "unit_cost",
        "unit_price",
        "barcode",
        "lot_controlled",
    ),
    ImportKind.REORDER.value: ("safety_stock", "reorder_point", "reorder_quantity"),
}
#: The order in which kinds are thought of: a file with quantities is about stock, whatever else it tells of the SKUs.
_GUESSED: Final = (
    ImportKind.MOVEMENTS.value,
    ImportKind.STOCK.value,
    ImportKind.CATALOGUE.value,
    ImportKind.REORDER.value,
)

#: Every name by which a delimiter can be told.
EXPECTED: Final = frozenset(
    name
    for columns in COLUMNS.values()
    for column in columns
    for name in (column.name, column.label, *column.others)
)

_SEPARATORS: Final = re.compile(r"[\W_]+")


def _bare(name: str) -> str:
    """`Unit Price (net)` → `unitpricenet`."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", name).casefold())


def match_header(header: Sequence[str], kind: str) -> list[str]:
    """Which of the kind's columns each of the file's is, "" where none: by our name first, then by others.

    A name that stands twice is matched once, at its first place.
    """
    columns = COLUMNS[kind]
    places: dict[str, int] = {}
    bare = [_bare(name) for name in header]
    for rank in (0, 1):
        for column in columns:
            if column.name in places:
                continue
            names = column.others if rank else (_bare(column.name), _bare(column.label))
            # In the order of the names: the better one wins, wherever it stands.
            for name in names:
                place = next(
                    (at for at, text in enumerate(bare) if text == name and at not in places.values()), None
                )
                if place is not None:
                    places[column.name] = place
                    break
    found = {place: name for name, place in places.items()}
    return [found.get(place, "") for place in range(len(header))]


def lacking(kind: str, mapping: Collection[str]) -> list[str]:
    """What is still to be chosen before rows can be checked, in words."""
    labels = {column.name: column.label for column in COLUMNS[kind]}
    missing = [labels[name] for name in _REQUIRED[kind] if name not in mapping]
    choice = _ONE_OF.get(kind, ())
    if choice and not any(name in mapping for name in choice):
        missing.append("one of " + ", ".join(labels[name] for name in choice))
    return missing


def guess_kind(header: Sequence[str], kinds: Collection[str]) -> tuple[str, list[str]]:
    """What the file is most likely about, among `kinds`, and its mapping; ("", []) where it is not clear."""
    for kind in _GUESSED:
        if kind in kinds:
            mapping = match_header(header, kind)
            if not lacking(kind, mapping):
                return kind, mapping
    return "", []


def header_key(header: Sequence[str]) -> str:
    return sha256("\x1f".join(fold(name) for name in header).encode("utf-8", "replace")).hexdigest()
