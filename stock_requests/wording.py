"""What people call the ends and the requester of a request, on screens, in notices and in mail."""

from __future__ import annotations

from stock_requests.models import StockRequest

__all__ = ["destination_of", "requester_of"]


def destination_of(request: StockRequest) -> str:
    """Where the goods go to."""
    if request.to_room is not None and request.to_warehouse is not None:
        if request.to_warehouse_id == request.from_warehouse_id:
            return request.to_room.name
        return f"{request.to_warehouse.name} / {request.to_room.name}"
    if request.to_warehouse is not None:
        return request.to_warehouse.name
    if request.department is not None:
        return request.department.name
    return "Handed out there"


def requester_of(request: StockRequest) -> str:
    """The person behind it, else whatever made it."""
    person = request.requested_by
    return person.get_full_name() if person is not None else request.actor_name
