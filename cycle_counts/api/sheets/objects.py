"""The blind form as it is shown: where to go and what to look for, and no quantity at all."""

from __future__ import annotations

from typing import Any

from cycle_counts.sheets import Form, FormBin, FormLine

__all__ = ["form_object"]


def form_object(form: Form) -> dict[str, Any]:
    batch = form.batch
    return {
        "batchId": batch.public_id,
        "number": batch.label,
        "name": batch.name or None,
        "locationId": batch.warehouse.public_id,
        "locationName": batch.warehouse.name,
        "status": batch.state,
        "dueOn": batch.due_on.isoformat() if batch.due_on else None,
        "note": batch.note or None,
        "bins": [_bin(row) for row in form.bins],
    }


def _bin(row: FormBin) -> dict[str, Any]:
    return {
        "binId": row.bin.public_id,
        "binCode": row.bin.code,
        "roomName": row.room_name,
        "lines": [_line(line) for line in row.lines],
    }


def _line(line: FormLine) -> dict[str, Any]:
    return {
        "lineId": line.line_id,
        "position": line.position,
        "sku": line.sku_code,
        "title": line.title,
        "barcode": line.barcode or None,
        "lotCode": line.lot_code or None,
        "expiresOn": line.expires_on.isoformat() if line.expires_on else None,
        "unit": line.unit,
    }
