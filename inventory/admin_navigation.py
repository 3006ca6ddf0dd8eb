"""The inventory's part of the sidebar."""

from __future__ import annotations

from warehouses.admin_navigation import Group, Item

__all__ = ["GROUPS"]

GROUPS = (
    Group(
        "Stock",
        (
            Item("Stock levels", "inventory", "inventory.stocklevel", description="SKUs by warehouse"),
            Item("Stock items", "shelves", "inventory.stockitem", description="By bin and lot"),
            Item("Movements", "receipt_long", "inventory.movement", description="The ledger, newest first"),
            Item(
                "Adjustments",
                "published_with_changes",
                "inventory.adjustment",
                description="Who changed what, and why",
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
            Item("Reason codes", "sell", "inventory.reasoncode", description="Why stock changes"),
        ),
    ),
    Group(
        "Integrations",
        (
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
            Item("Sync runs", "sync", "inventory.syncrun", description="What each sync changed or refused"),
        ),
    ),
)
