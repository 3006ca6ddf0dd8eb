"""A movement, posted in one combined statement with the guard inside."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from warehouses.identifiers import new_id

__all__ = ["Adjust"]

_POST: Final = """
    WITH level AS (
        UPDATE inventory_stocklevel l
        SET on_hand = on_hand + %(change)s, version = version + 1, updated_at = now()
        FROM inventory_sku s
        WHERE s.organization_id = %(organization)s AND s.code_key = %(code)s AND l.sku_id = s.id
            AND l.warehouse_id = %(warehouse)s AND l.on_hand + %(change)s >= 0
        RETURNING l.id, l.organization_id, l.sku_id, l.warehouse_id, l.on_hand, l.version
    ), item AS (
        UPDATE inventory_stockitem i SET on_hand = i.on_hand + %(change)s, updated_at = now()
        FROM level WHERE i.level_id = level.id
        RETURNING i.id, i.level_id, i.on_hand
    ), movement AS (
        INSERT INTO inventory_movement (id, organization_id, level_id, stock_item_id, sku_id, warehouse_id, delta,
            level_before, level_after, item_after, level_version, reason_code_id, note, reference, actor_type,
            actor_name, document_type, document_id, recorded_at)
        SELECT %(movement)s, level.organization_id, level.id, item.id, level.sku_id, level.warehouse_id, %(change)s,
            level.on_hand - %(change)s, level.on_hand, item.on_hand, level.version, %(reason)s, '', '', 'system',
            'By hand', 'adjustment', %(document)s, now()
        FROM level JOIN item ON item.level_id = level.id
    )
    SELECT on_hand, version FROM level
"""


class Adjust(APIView):
    """422 where there is too little of it."""

    def post(self, request: Request) -> Response:
        sent: Any = request.data
        parameters = {
            "organization": UUID(sent["organization"]),
            "warehouse": UUID(sent["warehouse"]),
            "reason": UUID(sent["reason"]),
            "code": sent["sku"],
            "change": int(sent["adjustment"]),
            "movement": new_id(),
            "document": new_id(),
        }
        with connection.cursor() as cursor:
            cursor.execute(_POST, parameters)
            row = cursor.fetchone()
        if row is None:
            return Response({"detail": "There is too little of it."}, status=422)
        return Response({"sku": sent["sku"], "quantity": row[0], "version": row[1]})
