"""Which article is stocked where, how it sells there, and what shall be left of it today."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Final

from inventory.demo.catalogue import Article
from inventory.demo.documented import Fixed
from inventory.demo.places import Place
from inventory.demo.shelf_plan import DAYS, Aside, Kind, Rhythm, Shelf
from inventory.formulas import StockStatus

__all__ = ["arrange_shelves"]

#: Of 25 articles: 1 sold out, 1 critical, 2 low, the others as they should be.
_STATUSES: Final = (
    StockStatus.OUT_OF_STOCK,
    StockStatus.CRITICAL,
    StockStatus.LOW,
    StockStatus.LOW,
    *(StockStatus.NORMAL,) * 21,
)
# Warehouse → rhythm, share of the article's demand, how goods get there.
_WAYS: Final = {
    "Warehouse A": (Rhythm.WEB, 1.0, Kind.RECEIPT),
    "Warehouse B": (Rhythm.WEB, 0.6, Kind.RECEIPT),
    "Store Berlin Mitte": (Rhythm.SHOP, 0.5, Kind.FROM_WAREHOUSE),
    "FBA EU": (Rhythm.MARKETPLACE, 0.7, Kind.SYNC_ARRIVAL),
    "3PL Rotterdam": (Rhythm.WEB, 0.8, Kind.RECEIPT),
}


def arrange_shelves(
    *, articles: Sequence[Article], places: Mapping[str, Place], random: random.Random
) -> list[Shelf]:
    """A shelf for every article and warehouse that stocks it; Warehouse A's last, for they supply the others."""
    shelves: list[Shelf] = []
    statuses = [_STATUSES[place % len(_STATUSES)] for place in range(len(articles))]
    random.shuffle(statuses)
    for article, status in zip(articles, statuses, strict=True):
        if article.fixed is not None:
            shelves += [_fixed(article, article.fixed, name, places[name]) for name in article.fixed.stock]
            continue
        names = _stockists(article, random)
        arranged = [_shelf(article, name, places[name], status) for name in names]
        for shelf in arranged:
            shelf.left = _left(shelf, random)
        if status is StockStatus.NORMAL and len(arranged) > 1 and random.random() < 0.15:
            _empty_one(arranged, random)
        shelves += arranged
    _set_aside(shelves, random)
    return sorted(shelves, key=lambda shelf: shelf.place.warehouse.name == "Warehouse A")


def _stockists(article: Article, random: random.Random) -> list[str]:
    if article.is_unreleased:
        return ["Warehouse A", "Store Berlin Mitte"]
    if random.random() < 0.25:
        return ["Warehouse B", "3PL Rotterdam"] if random.random() < 0.5 else ["Warehouse B"]
    names = ["Warehouse A"]
    names += [name for name, share in _SHARES if random.random() < share]
    return names


_SHARES: Final = (
    ("Warehouse B", 0.15),
    ("Store Berlin Mitte", 0.45),
    ("FBA EU", 0.25),
    ("3PL Rotterdam", 0.12),
)


def _shelf(article: Article, name: str, place: Place, status: StockStatus) -> Shelf:
    rhythm, share, delivery = _WAYS[name]
    sku = article.sku
    return Shelf(
        article,
        place,
        rhythm,
        article.units_a_day * share,
        max(1, round(sku.safety_stock * share)),
        max(3, round(sku.reorder_point * share)),
        delivery,
        status,
    )


def _fixed(article: Article, fixed: Fixed, name: str, place: Place) -> Shelf:
    left, safety_stock, reorder_point = fixed.stock[name]
    shelf = _shelf(article, name, place, StockStatus.NORMAL)
    shelf.left, shelf.safety_stock, shelf.reorder_point = left, safety_stock, reorder_point
    if len(fixed.stock) == 1:
        shelf.delivery = Kind.RECEIPT
    return shelf


def _left(shelf: Shelf, random: random.Random) -> int:
    """A quantity of today that gives the shelf its status; if all shelves of a SKU have it, so has their sum."""
    if shelf.status is StockStatus.OUT_OF_STOCK:
        return 0
    if shelf.status is StockStatus.CRITICAL:
        return random.randint(1, shelf.safety_stock)
    if shelf.status is StockStatus.LOW:
        return random.randint(shelf.safety_stock + 1, shelf.reorder_point - 1)
    return round(shelf.reorder_point * random.uniform(1.2, 3.4)) + random.randint(1, 6)


def _empty_one(shelves: list[Shelf], random: random.Random) -> None:
    """One warehouse runs short while the SKU as a whole does not: the others have the more."""
    short = random.choice(shelves[1:])
    short.status = random.choice((StockStatus.LOW, StockStatus.CRITICAL, StockStatus.OUT_OF_STOCK))
    short.left = _left(short, random)
    shelves[0].left += short.reorder_point


def _set_aside(shelves: list[Shelf], random: random.Random) -> None:
    """Some lots have expired, some are about to, some are blocked, and some were written off in time."""
    candidates = [
        shelf
        for shelf in shelves
        if shelf.article.sku.is_lot_controlled
        and shelf.delivery is Kind.RECEIPT
        and shelf.status is StockStatus.NORMAL
        and shelf.left >= 16
    ]
    random.shuffle(candidates)
    for shelf, kind in zip(candidates, _ASIDES, strict=False):
        units = random.randint(4, min(shelf.left // 3, 30))
        if kind == "expired":
            aside = Aside(day=-1, units=units, expires_in=-random.randint(1, 25))
        elif kind == "expiring":
            aside = Aside(day=DAYS - 1, units=units, expires_in=random.randint(1, 14))
        elif kind == "quarantined":
            aside = Aside(
                day=DAYS - 12, units=units, expires_in=random.randint(120, 300), is_quarantined=True
            )
        else:
            gone = random.randint(10, DAYS - 2)
            aside = Aside(day=-1, units=units, expires_in=gone - DAYS - 1, written_off=gone)
        shelf.aside.append(aside)


_ASIDES: Final = ("expired",) * 6 + ("expiring",) * 7 + ("quarantined",) * 2 + ("written off",) * 8
