"""How the stock-request routes are grouped in the backoffice contract's document."""

from __future__ import annotations

from typing import Final

__all__ = ["TAGS"]

TAGS: Final = (
    ("Stock requests", "Goods that somebody asks for: submitted, approved, picked and fulfilled."),
    ("Stocklists", "What is asked for again and again: templates of stock requests."),
)
