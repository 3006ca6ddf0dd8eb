"""What `verify_stock` asks of stock requests: that they, their lines and the stock say the same."""

from __future__ import annotations

from typing import Final

from inventory.verification import Check

__all__ = ["CHECKS", "DOCUMENT", "TABLE"]

DOCUMENT: Final = "stock_request"
TABLE: Final = "stock_requests_stockrequest"

_LINES = "stock_requests_requestline l JOIN stock_requests_stockrequest r ON r.id = l.request_id"
_RESERVES = "('approved', 'picking')"
# Of a request's own movements, by SKU: those that take from it, and those that bring to another place of its source.
_MOVED = (
    "SELECT document_id, sku_id, SUM(CASE WHEN delta < 0 THEN -delta ELSE 0 END) AS taken,"
    " SUM(CASE WHEN delta > 0 THEN delta ELSE 0 END) AS brought FROM inventory_movement"
    " WHERE document_type = 'stock_request' GROUP BY document_id, sku_id"
)
# What left a request's source without a transfer, by SKU.
_GONE = (
    "SELECT l.request_id, l.sku_id, SUM(CASE WHEN r.transfer_id IS NULL THEN l.fulfilled ELSE 0 END) AS units"
    f" FROM {_LINES} GROUP BY l.request_id, l.sku_id"
)
_SUBSTITUTES = (
    "SELECT substitute_for_id, SUM(requested) AS units FROM stock_requests_requestline"
    " WHERE substitute_for_id IS NOT NULL GROUP BY substitute_for_id"
)
_GIVEN = (
    "SELECT request_id, COUNT(*) AS given FROM stock_requests_approval WHERE withdrawn_at IS NULL"
    " GROUP BY request_id"
)

CHECKS: Final = (
    Check(
        "request-line-adds-up",
        "What was asked for is approved or said to come otherwise or not at all, and once it is fulfilled nothing of it"
        " remains; before it is decided, nothing is picked.",
        "SELECT l.id, r.state, l.requested, l.approved, l.picked, l.fulfilled, l.substituted, l.back_ordered, l.closed"
        f" FROM {_LINES} WHERE l.requested < l.fulfilled + l.substituted + l.back_ordered + l.closed"
        " OR COALESCE(l.approved, 0) > l.requested OR l.picked > COALESCE(l.approved, 0)"
        " OR l.fulfilled > COALESCE(l.approved, 0)"
        " OR (r.state = 'draft' AND (l.approved IS NOT NULL OR l.substituted + l.back_ordered + l.closed <> 0))"
        f" OR (r.state IN {_RESERVES} AND (l.approved IS NULL"
        " OR l.requested <> l.approved + l.substituted + l.back_ordered + l.closed))"
        " OR (r.state = 'fulfilled' AND (l.approved IS NULL"
        " OR l.requested <> l.fulfilled + l.substituted + l.back_ordered + l.closed))"
        " OR (r.state <> 'fulfilled' AND l.fulfilled <> 0)"
        " OR (r.state NOT IN ('picking', 'fulfilled') AND l.picked <> 0)",
    ),
    Check(
        "request-substitutes-add-up",
        "What is substituted of a line comes as other lines of its request.",
        "SELECT l.id, l.substituted, COALESCE(s.units, 0) AS substitutes FROM stock_requests_requestline l"
        f" LEFT JOIN ({_SUBSTITUTES}) s ON s.substitute_for_id = l.id"
        " WHERE l.substituted <> COALESCE(s.units, 0)"
        " UNION ALL SELECT l.id, l.requested, o.requested FROM stock_requests_requestline l"
        " JOIN stock_requests_requestline o ON o.id = l.substitute_for_id WHERE o.request_id <> l.request_id",
    ),
    Check(
        "request-is-reserved",
        "While a request is approved or picked, what was approved of each line is reserved, and nothing else ever is.",
        f"SELECT l.id, r.state, l.approved, COALESCE(v.open, 0) AS reserved FROM {_LINES}"
        " LEFT JOIN inventory_reservation v ON v.id = l.reservation_id"
        f" WHERE COALESCE(v.open, 0) <> CASE WHEN r.state IN {_RESERVES} THEN COALESCE(l.approved, 0) ELSE 0 END"
        " UNION ALL SELECT v.id, v.state, v.quantity, v.open FROM inventory_reservation v"
        " LEFT JOIN stock_requests_requestline l ON l.reservation_id = v.id"
        " WHERE v.document_type = 'stock_request' AND l.id IS NULL AND (v.open <> 0 OR v.fulfilled <> 0)",
    ),
    Check(
        "request-reservation-belongs",
        "The reservation of a line was made by its request, of its SKU, at the source.",
        f"SELECT l.id, v.id, v.document_type, v.document_id FROM {_LINES}"
        " JOIN inventory_reservation v ON v.id = l.reservation_id"
        " WHERE v.document_type <> 'stock_request' OR v.document_id <> r.id OR v.document_id IS NULL"
        " OR v.sku_id <> l.sku_id OR v.warehouse_id <> r.from_warehouse_id"
        " OR v.organization_id <> r.organization_id",
    ),
    Check(
        "request-fulfils-reservation",
        "What was fulfilled of a line is what left of its reservation.",
        f"SELECT l.id, l.fulfilled, COALESCE(v.fulfilled, 0) AS left_with_it FROM {_LINES}"
        " LEFT JOIN inventory_reservation v ON v.id = l.reservation_id"
        " WHERE l.fulfilled <> COALESCE(v.fulfilled, 0)",
    ),
    Check(
        "request-moves",
        "What was fulfilled without a transfer has left the source, or was moved within it: neither more nor less.",
        "SELECT s.request_id, s.sku_id, s.units, COALESCE(m.taken, 0) AS taken, COALESCE(m.brought, 0) AS brought"
        f" FROM ({_GONE}) s JOIN {TABLE} r ON r.id = s.request_id"
        f" LEFT JOIN ({_MOVED}) m ON m.document_id = s.request_id AND m.sku_id = s.sku_id"
        " WHERE s.units <> COALESCE(m.taken, 0) OR COALESCE(m.brought, 0) <>"
        " CASE WHEN r.to_warehouse_id = r.from_warehouse_id THEN s.units ELSE 0 END"
        " UNION ALL SELECT m.document_id, m.sku_id, 0, m.taken, m.brought"
        f" FROM ({_MOVED}) m LEFT JOIN ({_GONE}) s ON s.request_id = m.document_id AND s.sku_id = m.sku_id"
        " WHERE s.request_id IS NULL",
    ),
    Check(
        "request-moves-at-source",
        "A request takes from its source and from nowhere else.",
        f"SELECT m.id, m.warehouse_id FROM inventory_movement m JOIN {TABLE} r ON r.id = m.document_id"
        " WHERE m.document_type = 'stock_request' AND m.warehouse_id <> r.from_warehouse_id",
    ),
    Check(
        "request-follows-transfer",
        "What goes to another warehouse was shipped by the request's own transfer, line by line, from end to end.",
        "SELECT l.id, l.fulfilled, COALESCE(c.shipped, 0) AS shipped, r.transfer_id, c.transfer_id AS carried_by"
        f" FROM {_LINES} LEFT JOIN inventory_transferline c ON c.id = l.transfer_line_id"
        " WHERE (r.transfer_id IS NULL AND c.id IS NOT NULL) OR (r.transfer_id IS NOT NULL"
        " AND (l.fulfilled <> COALESCE(c.shipped, 0) OR c.transfer_id <> r.transfer_id OR c.sku_id <> l.sku_id))"
        " UNION ALL SELECT r.id, 0, 0, r.transfer_id, t.id FROM stock_requests_stockrequest r"
        " JOIN inventory_transfer t ON t.id = r.transfer_id WHERE t.from_warehouse_id <> r.from_warehouse_id"
        " OR r.to_warehouse_id IS NULL OR t.to_warehouse_id <> r.to_warehouse_id OR r.state <> 'fulfilled'"
        f" UNION ALL SELECT r.id, l.fulfilled, 0, NULL, NULL FROM {_LINES}"
        " WHERE l.fulfilled > 0 AND r.transfer_id IS NULL AND r.to_warehouse_id <> r.from_warehouse_id",
    ),
    Check(
        "request-belongs",
        "A request, its ends, lines, approvals and comments, and what it names are of one organization; a room is of"
        " the warehouse that it goes to.",
        f"SELECT r.id FROM {TABLE} r JOIN warehouses_warehouse f ON f.id = r.from_warehouse_id"
        " LEFT JOIN warehouses_warehouse t ON t.id = r.to_warehouse_id"
        " LEFT JOIN warehouses_room o ON o.id = r.to_room_id"
        " LEFT JOIN stock_requests_department d ON d.id = r.department_id"
        " LEFT JOIN inventory_category c ON c.id = r.category_id"
        " LEFT JOIN stock_requests_stocklist s ON s.id = r.stocklist_id"
        " LEFT JOIN stock_requests_stockrequest b ON b.id = r.back_order_of_id"
        " LEFT JOIN inventory_transfer x ON x.id = r.transfer_id"
        " WHERE f.organization_id <> r.organization_id OR t.organization_id <> r.organization_id"
        " OR o.organization_id <> r.organization_id OR d.organization_id <> r.organization_id"
        " OR c.organization_id <> r.organization_id OR s.organization_id <> r.organization_id"
        " OR b.organization_id <> r.organization_id OR x.organization_id <> r.organization_id"
        " OR o.warehouse_id <> r.to_warehouse_id"
        f" UNION ALL SELECT l.id FROM {_LINES} JOIN inventory_sku k ON k.id = l.sku_id"
        " WHERE k.organization_id <> r.organization_id"
        f" UNION ALL SELECT a.id FROM stock_requests_approval a JOIN {TABLE} r ON r.id = a.request_id"
        " WHERE a.organization_id <> r.organization_id"
        f" UNION ALL SELECT m.id FROM stock_requests_comment m JOIN {TABLE} r ON r.id = m.request_id"
        " WHERE m.organization_id <> r.organization_id",
    ),
    Check(
        "request-has-its-times",
        "A request was submitted, decided on and closed when its state says so, and not before.",
        f"SELECT id, state, submitted_at, decided_at, closed_at FROM {TABLE}"
        " WHERE (state = 'draft' AND submitted_at IS NOT NULL)"
        " OR (state NOT IN ('draft', 'cancelled') AND submitted_at IS NULL)"
        " OR (state IN ('draft', 'submitted') AND decided_at IS NOT NULL)"
        " OR (state IN ('approved', 'picking', 'fulfilled', 'rejected') AND decided_at IS NULL)"
        " OR (state IN ('draft', 'submitted', 'approved', 'picking') AND closed_at IS NOT NULL)"
        " OR (state = 'fulfilled' AND closed_at IS NULL)",
    ),
    Check(
        "request-is-approved",
        "Somebody has approved what is approved, and nobody a draft.",
        f"SELECT r.id, r.state, COALESCE(a.given, 0) AS approvals FROM {TABLE} r"
        f" LEFT JOIN ({_GIVEN}) a ON a.request_id = r.id"
        " WHERE (r.state IN ('approved', 'picking', 'fulfilled') AND a.given IS NULL)"
        " OR (r.state = 'draft' AND a.given IS NOT NULL)",
    ),
    Check(
        "request-number-is-given",
        "No request has a number that was not given yet.",
        f"SELECT r.id, r.number, n.last FROM {TABLE} r"
        " LEFT JOIN stock_requests_requestnumber n ON n.organization_id = r.organization_id"
        " WHERE n.last IS NULL OR r.number > n.last",
    ),
)
