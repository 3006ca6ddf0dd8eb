from inventory.models.adjustment import Adjustment, Source
from inventory.models.barcode import Barcode
from inventory.models.category import Category
from inventory.models.imported_line import ImportedLine
from inventory.models.lot import Lot, LotState
from inventory.models.movement import DocumentType, Movement
from inventory.models.product import Product
from inventory.models.reason_code import Direction, Nature, ReasonCode
from inventory.models.sku import Sku, sku_key
from inventory.models.stock_item import StockItem
from inventory.models.stock_level import StockLevel
from inventory.models.stock_summary import StockSummary

__all__ = [
    "Adjustment",
    "Barcode",
    "Category",
    "Direction",
    "DocumentType",
    "ImportedLine",
    "Lot",
    "LotState",
    "Movement",
    "Nature",
    "Product",
    "ReasonCode",
    "Sku",
    "Source",
    "StockItem",
    "StockLevel",
    "StockSummary",
    "sku_key",
]
