"""The inventory's part of the sidebar."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from inventory.admin.developers import may_open as may_open_developers
from warehouses.admin_navigation import Group, Item
from warehouses.http.organization import access_of

__all__ = ["GROUPS"]


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    def shown(request: HttpRequest) -> bool:
        access = access_of(request)
        return access is not None and access.may(permission)

    return shown


GROUPS = (
    Group(
        "Stock",
        (
            Item(
                "Stock",
                "inventory",
                url="admin:inventory_explorer",
                description="Every SKU: what is there, promised, available",
                key="s",
                shown=_may("inventory.read"),
            ),
            Item(
                "Stock levels", "warehouse", "inventory.stocklevel", description="SKUs by warehouse", key="l"
            ),
            Item("Stock items", "shelves", "inventory.stockitem", description="By bin and lot"),
            Item(
                "Movements",
                "receipt_long",
                "inventory.movement",
                description="The ledger, newest first",
                key="m",
            ),
            Item(
                "Adjustments",
                "published_with_changes",
                "inventory.adjustment",
                description="Who changed what, and why",
            ),
            Item(
                "Reservations",
                "bookmark_added",
                "inventory.reservation",
                description="What is promised to whom",
            ),
            Item(
                "Holds",
                "front_hand",
                "inventory.hold",
                description="What may neither leave nor move",
            ),
            Item(
                "Analytics",
                "monitoring",
                url="admin:inventory_analytics",
                description="How stock moves, and what it is worth",
                shown=_may("inventory.read"),
            ),
        ),
    ),
    Group(
        "Goods",
        (
            Item(
                "Receive goods",
                "move_to_inbox",
                url="admin:inventory_replenishment_receive",
                description="What has come from suppliers",
                key="e",
                shown=_may("inventory.write"),
            ),
            Item(
                "Put-away",
                "pallet",
                "inventory.putaway",
                description="From where goods were received to their shelves",
            ),
            Item(
                "Transfers",
                "local_shipping",
                "inventory.transfer",
                description="Between locations, and from bin to bin",
                key="t",
            ),
            Item(
                "Expired goods",
                "event_busy",
                url="admin:inventory_stockitem_expired",
                description="What is past its day, or soon will be",
                shown=_may("inventory.read"),
            ),
            Item(
                "Destructions",
                "delete_forever",
                "inventory.destruction",
                description="What was destroyed, and why",
            ),
        ),
    ),
    Group(
        "Replenishment",
        (
            Item(
                "Suggestions",
                "shopping_cart_checkout",
                url="admin:inventory_replenishmentrule_suggestions",
                description="What should be ordered",
                shown=_may("replenishment.read"),
            ),
            Item("Orders", "shopping_cart", "inventory.replenishment", description="What is on order"),
            # What is set up once is for those who set it up; the others find it from where it is used.
            Item(
                "Rules",
                "rule_settings",
                "inventory.replenishmentrule",
                description="When, how much, where",
                shown=_may("replenishment.write"),
            ),
        ),
    ),
    Group(
        "Channels",
        (
            Item(
                "What can be promised",
                "grid_on",
                url="admin:inventory_channel_matrix",
                description="Channel by SKU, each number explained",
                shown=_may("inventory.read"),
            ),
            Item(
                "Channels",
                "storefront",
                "inventory.channel",
                description="Where stock is sold",
                shown=_may("inventory.write"),
            ),
            Item(
                "Channel rules",
                "rule_settings",
                "inventory.channelrule",
                description="What each channel may have of a SKU",
                shown=_may("inventory.write"),
            ),
        ),
    ),
    Group(
        "Catalogue",
        (
            Item("SKUs", "barcode", "inventory.sku", description="What is kept in stock"),
            Item("Products", "inventory_2", "inventory.product", description="What is sold"),
            Item("Categories", "category", "inventory.category", description="Groups of products"),
            Item("Lots", "deployed_code_history", "inventory.lot", description="Batches and their expiry"),
            Item(
                "Reason codes",
                "sell",
                "inventory.reasoncode",
                description="Why stock changes",
                shown=_may("inventory.write"),
            ),
            Item(
                "Imports",
                "upload_file",
                "inventory.importrun",
                description="Files brought in, and undone",
                key="i",
            ),
        ),
    ),
    Group(
        "Integrations",
        (
            Item(
                "Developers",
                "terminal",
                url="admin:developers",
                description="Keys, the first call, what was refused and why",
                key="d",
                shown=may_open_developers,
            ),
            Item(
                "API requests",
                "receipt_long",
                "warehouses.requestrecord",
                description="What was asked, and what was answered",
            ),
            Item(
                "Webhooks",
                "webhook",
                "inventory.webhookendpoint",
                description="Tell other systems what happens",
            ),
            Item(
                "Deliveries",
                "outgoing_mail",
                "inventory.delivery",
                description="What was sent, and what came back",
            ),
            Item(
                "POS connections",
                "point_of_sale",
                "inventory.posconnection",
                description="Locations that follow their point of sale",
            ),
            Item(
                "Sync runs",
                "sync",
                "inventory.syncrun",
                description="What each sync changed or refused",
                shown=_may("inventory.write"),
            ),
        ),
    ),
)
