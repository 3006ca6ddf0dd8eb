from inventory.models.adjustment import Adjustment, AdjustmentKind, Source
from inventory.models.barcode import Barcode
from inventory.models.category import Category
from inventory.models.channel import Channel, ChannelPolicy, ChannelRule
from inventory.models.checkpoint import Checkpoint, CheckpointHorizon
from inventory.models.day_figures import DayFigures, DayFiguresRefresh
from inventory.models.delivery import Delivery, DeliveryAttempt, DeliveryState, Trigger
from inventory.models.destruction import Destruction, DestructionLine
from inventory.models.document import Document, LastNumber
from inventory.models.event import SUBSCRIBABLE, Event, EventType
from inventory.models.export import Export, ExportFormat, ExportPart, ExportState
from inventory.models.hold import Hold, HoldPart, HoldState
from inventory.models.import_run import (
    ImportFile,
    ImportKind,
    ImportMapping,
    ImportRow,
    ImportRun,
    ImportState,
    RowOutcome,
    RowStage,
)
from inventory.models.imported_line import ImportedLine
from inventory.models.lot import Lot, LotState
from inventory.models.movement import DocumentType, Movement
from inventory.models.pos_connection import Adapter, PosConnection
from inventory.models.product import Product
from inventory.models.put_away import PutAway, PutAwayLine, PutAwayState
from inventory.models.reason_code import Direction, Nature, ReasonCode
from inventory.models.replenishment import (
    Replenishment,
    ReplenishmentRule,
    ReplenishmentSource,
    ReplenishmentState,
)
from inventory.models.reservation import Reservation, ReservationState
from inventory.models.sku import Sku, sku_key
from inventory.models.state_change import StateChange
from inventory.models.stock_item import StockItem
from inventory.models.stock_level import StockLevel
from inventory.models.stock_summary import StockSummary
from inventory.models.stock_tally import StockTally, TallyForm, TallyKind
from inventory.models.sync_run import SyncedRow, SyncProblem, SyncRun, SyncState, SyncType
from inventory.models.transfer import Transfer, TransferLine, TransferPick, TransferState
from inventory.models.webhook_endpoint import EndpointState, WebhookEndpoint

__all__ = [
    "SUBSCRIBABLE",
    "Adapter",
    "Adjustment",
    "AdjustmentKind",
    "Barcode",
    "Category",
    "Channel",
    "ChannelPolicy",
    "ChannelRule",
    "Checkpoint",
    "CheckpointHorizon",
    "DayFigures",
    "DayFiguresRefresh",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryState",
    "Destruction",
    "DestructionLine",
    "Direction",
    "Document",
    "DocumentType",
    "EndpointState",
    "Event",
    "EventType",
    "Export",
    "ExportFormat",
    "ExportPart",
    "ExportState",
    "Hold",
    "HoldPart",
    "HoldState",
    "ImportFile",
    "ImportKind",
    "ImportMapping",
    "ImportRow",
    "ImportRun",
    "ImportState",
    "ImportedLine",
    "LastNumber",
    "Lot",
    "LotState",
    "Movement",
    "Nature",
    "PosConnection",
    "Product",
    "PutAway",
    "PutAwayLine",
    "PutAwayState",
    "ReasonCode",
    "Replenishment",
    "ReplenishmentRule",
    "ReplenishmentSource",
    "ReplenishmentState",
    "Reservation",
    "ReservationState",
    "RowOutcome",
    "RowStage",
    "Sku",
    "Source",
    "StateChange",
    "StockItem",
    "StockLevel",
    "StockSummary",
    "StockTally",
    "SyncProblem",
    "SyncRun",
    "SyncState",
    "SyncType",
    "SyncedRow",
    "TallyForm",
    "TallyKind",
    "Transfer",
    "TransferLine",
    "TransferPick",
    "TransferState",
    "Trigger",
    "WebhookEndpoint",
    "sku_key",
]
