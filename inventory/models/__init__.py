from inventory.models.adjustment import Adjustment, Source
from inventory.models.barcode import Barcode
from inventory.models.category import Category
from inventory.models.delivery import Delivery, DeliveryAttempt, DeliveryState, Trigger
from inventory.models.event import SUBSCRIBABLE, Event, EventType
from inventory.models.imported_line import ImportedLine
from inventory.models.lot import Lot, LotState
from inventory.models.movement import DocumentType, Movement
from inventory.models.pos_connection import Adapter, PosConnection
from inventory.models.product import Product
from inventory.models.reason_code import Direction, Nature, ReasonCode
from inventory.models.sku import Sku, sku_key
from inventory.models.stock_item import StockItem
from inventory.models.stock_level import StockLevel
from inventory.models.stock_summary import StockSummary
from inventory.models.sync_run import SyncedRow, SyncProblem, SyncRun, SyncState, SyncType
from inventory.models.webhook_endpoint import EndpointState, WebhookEndpoint

__all__ = [
    "SUBSCRIBABLE",
    "Adapter",
    "Adjustment",
    "Barcode",
    "Category",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryState",
    "Direction",
    "DocumentType",
    "EndpointState",
    "Event",
    "EventType",
    "ImportedLine",
    "Lot",
    "LotState",
    "Movement",
    "Nature",
    "PosConnection",
    "Product",
    "ReasonCode",
    "Sku",
    "Source",
    "StockItem",
    "StockLevel",
    "StockSummary",
    "SyncProblem",
    "SyncRun",
    "SyncState",
    "SyncType",
    "SyncedRow",
    "Trigger",
    "WebhookEndpoint",
    "sku_key",
]
