"""The routes of places: `/api/locations` with their rooms and bins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, cast

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.places import documentation
from inventory.api.backoffice.places.bodies import (
    BinChangeBody,
    BinsBody,
    LocationBody,
    LocationChangeBody,
    RoomBody,
    RoomChangeBody,
)
from inventory.api.backoffice.places.filters import BinFilters, LocationFilters, RoomFilters
from inventory.api.backoffice.places.objects import (
    bin_objects,
    bin_version,
    location_objects,
    location_version,
    room_objects,
    room_version,
)
from inventory.api.tags import require_tag, tag_of
from warehouses import places
from warehouses.http.etags import Expected, expected_tags
from warehouses.identifiers import decode
from warehouses.models import Bin, Room, Warehouse
from warehouses.places import BinChanges, NewBin, RoomChanges, WarehouseChanges
from warehouses.refusals import gather

__all__ = ["BinDetail", "BinList", "LocationDetail", "LocationList", "RoomDetail", "RoomList"]

_LIST: Mapping[str, tuple[str, ...]] = {"GET": ("inventory.read",), "POST": ("locations.write",)}
_DETAIL: Mapping[str, tuple[str, ...]] = {
    "GET": ("inventory.read",),
    "PATCH": ("locations.write",),
    "DELETE": ("locations.write",),
}
#: The bodies' words → ours, where they differ.
_WORDS: Final = {
    "isReadonly": "is_readonly",
    "roomType": "room_type",
    "isSellable": "is_sellable",
    "pickSequence": "pick_sequence",
}


class PlaceView(BackofficeView):
    shows_stock = False  # what is reserved is no matter of places
    pointer_names: ClassVar[Mapping[str, str]] = {
        **BackofficeView.pointer_names,
        **{ours: theirs for theirs, ours in _WORDS.items()},
    }
    rows_field = "bins"

    @property
    def by(self) -> dict[str, Any]:
        return {"organization": self.access.organization, "actor": self.access.actor}

    def readable(self, public_id: str) -> Warehouse:
        return places.find_location(access=self.access, public_id=public_id)

    def writable(self, public_id: str) -> Warehouse:
        return places.find_location(access=self.access, public_id=public_id, writing=True)

    def shown(self, path: str, version: str, shown: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
        """A single record with its ETag, and where it is found when it is new."""
        headers = {"Location": f"/{self.contract}/api/locations{path}/{shown['id']}"} if status == 201 else {}
        return self.record(shown, tag_of(version, shown), status=status, headers=headers)


def _changes(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """What `body` says under `names`, in our words; null for a text is none."""
    found = {_WORDS.get(name, name): body[name] for name in names if name in body}
    return {name: "" if value is None and name != "capacity" else value for name, value in found.items()}


class LocationView(PlaceView):
    def shown_location(self, place: Warehouse, *, status: int = 200) -> HttpResponse:
        (shown,) = location_objects(self.access.organization, [place.pk])
        return self.shown("", location_version(place), shown, status=status)

    def expected(self, public_id: str, expected: Expected) -> Warehouse:
        """The location, locked, if it still is what `If-Match` names."""
        found = self.writable(public_id)
        place = places.locked(Warehouse.objects.all(), self.access.organization, found)
        require_tag(expected, location_version(place))
        return place


class LocationList(LocationView):
    """`GET` and `POST /api/locations`."""

    permissions = _LIST
    filterset_class = LocationFilters
    paging_class = BackofficePaging

    @documentation.list_locations
    def get(self, request: Request) -> HttpResponse:
        seen = self.access.narrow(Warehouse.objects.order_by("name", "pk"), "inventory.read", warehouse="pk")
        organization = self.access.organization
        return self.paged(self.page(self.filtered(seen), lambda keys: location_objects(organization, keys)))

    @documentation.create_location
    def post(self, request: Request) -> HttpResponse:
        body = LocationBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = _changes(body.validated_data, "name", "type", "marketplace", "address", "isReadonly")

        def work() -> HttpResponse:
            places.require_builder(self.access)
            return self.shown_location(places.create_warehouse(**self.by, **values), status=201)

        return self.write(work)


class LocationDetail(LocationView):
    """`GET`, `PATCH` and `DELETE /api/locations/[id]`."""

    permissions = _DETAIL

    @documentation.get_location
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown_location(self.readable(id))

    @documentation.change_location
    def patch(self, request: Request, id: str) -> HttpResponse:
        body = LocationChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        changes = _changes(values, "name", "type", "marketplace", "address", "isReadonly")
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            place = self.expected(id, expected)
            if changes:
                places.update_warehouse(**self.by, warehouse=place, **cast(WarehouseChanges, changes))
            if values.get("isActive", place.is_active) != place.is_active:
                act = places.deactivate_warehouse if place.is_active else places.activate_warehouse
                act(**self.by, warehouse=place)
            return self.shown_location(place)

        return self.write(work)

    @documentation.delete_location
    def delete(self, request: Request, id: str) -> HttpResponse:
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            places.delete_warehouse(**self.by, warehouse=self.expected(id, expected))
            return Response(status=204)

        return self.write(work, body={})


class RoomView(PlaceView):
    def shown_room(self, room: Room, location: str, *, status: int = 200) -> HttpResponse:
        (shown,) = room_objects([room.pk])
        return self.shown(f"/{location}/rooms", room_version(room), shown, status=status)

    def expected(self, location: str, public_id: str, expected: Expected) -> Room:
        """The room, locked, if it still is what `If-Match` names."""
        found = places.find_room(warehouse=self.writable(location), public_id=public_id)
        room = places.locked(Room.objects.select_related("warehouse"), self.access.organization, found)
        require_tag(expected, room_version(room))
        return room


class RoomList(RoomView):
    """`GET` and `POST /api/locations/[id]/rooms`."""

    permissions = _LIST
    filterset_class = RoomFilters
    paging_class = BackofficePaging

    @documentation.list_rooms
    def get(self, request: Request, id: str) -> HttpResponse:
        rows = Room.objects.filter(warehouse=self.readable(id)).order_by("name", "pk")
        return self.paged(self.page(self.filtered(rows), room_objects))

    @documentation.create_room
    def post(self, request: Request, id: str) -> HttpResponse:
        body = RoomBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = _changes(body.validated_data, "name", "roomType", "isSellable")

        def work() -> HttpResponse:
            room = places.create_room(**self.by, warehouse=self.writable(id), **values)
            return self.shown_room(room, id, status=201)

        return self.write(work)


class RoomDetail(RoomView):
    """`GET`, `PATCH` and `DELETE /api/locations/[id]/rooms/[roomId]`."""

    permissions = _DETAIL

    @documentation.get_room
    def get(self, request: Request, id: str, roomId: str) -> HttpResponse:
        return self.shown_room(places.find_room(warehouse=self.readable(id), public_id=roomId), id)

    @documentation.change_room
    def patch(self, request: Request, id: str, roomId: str) -> HttpResponse:
        body = RoomChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        changes = cast(RoomChanges, _changes(body.validated_data, "name", "roomType", "isSellable"))
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            room = self.expected(id, roomId, expected)
            return self.shown_room(places.update_room(**self.by, room=room, **changes), id)

        return self.write(work)

    @documentation.delete_room
    def delete(self, request: Request, id: str, roomId: str) -> HttpResponse:
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            places.delete_room(**self.by, room=self.expected(id, roomId, expected))
            return Response(status=204)

        return self.write(work, body={})


class BinView(PlaceView):
    def shown_bin(self, shelf: Bin, location: str) -> HttpResponse:
        (shown,) = bin_objects([shelf.pk])
        return self.shown(f"/{location}/bins", bin_version(shelf), shown)

    def expected(self, location: str, public_id: str, expected: Expected) -> Bin:
        """The bin, locked, if it still is what `If-Match` names."""
        found = places.find_bin(warehouse=self.writable(location), public_id=public_id)
        rows = Bin.objects.select_related("warehouse", "room")
        shelf = places.locked(rows, self.access.organization, found)
        require_tag(expected, bin_version(shelf))
        return shelf


class BinList(BinView):
    """`GET` and `POST /api/locations/[id]/bins`."""

    permissions = _LIST
    filterset_class = BinFilters
    paging_class = BackofficePaging

    @documentation.list_bins
    def get(self, request: Request, id: str) -> HttpResponse:
        rows = Bin.objects.filter(warehouse=self.readable(id)).order_by("pick_sequence", "code", "pk")
        return self.paged(self.page(self.filtered(rows), bin_objects))

    @documentation.create_bins
    def post(self, request: Request, id: str) -> HttpResponse:
        body = BinsBody(data=request.data)
        body.is_valid(raise_exception=True)
        rows = body.validated_data["bins"]

        def work() -> HttpResponse:
            place = self.writable(id)
            made = places.create_bins(**self.by, warehouse=place, bins=self._named(place, rows))
            shown = bin_objects([shelf.pk for shelf in made])
            headers = {"Location": f"/{self.contract}/api/locations/{id}/bins"}
            return Response({"data": shown}, status=201, headers=headers)

        return self.write(work)

    def _named(self, place: Warehouse, rows: list[dict[str, Any]]) -> list[NewBin]:
        """The rows with the rooms that they name, or the default room. One query."""
        rooms = {room.pk: room for room in Room.objects.filter(warehouse=place)}
        default = next(room for room in rooms.values() if room.is_default)
        named: list[NewBin] = []
        missing = []
        for index, row in enumerate(rows):
            key = decode(Room.prefix, row["roomId"]) if "roomId" in row else default.pk
            room = rooms.get(key) if key is not None else None
            if room is None:
                missing.append(places.room_not_found(place, index=index, field="room"))
                continue
            values = _changes(row, "code", "barcode", "pickSequence", "capacity")
            named.append(NewBin(room=room, index=index, **values))
        if missing:
            raise gather(missing)
        return named


class BinDetail(BinView):
    """`GET`, `PATCH` and `DELETE /api/locations/[id]/bins/[binId]`."""

    permissions = _DETAIL
    rows_field = ""

    @documentation.get_bin
    def get(self, request: Request, id: str, binId: str) -> HttpResponse:
        return self.shown_bin(places.find_bin(warehouse=self.readable(id), public_id=binId), id)

    @documentation.change_bin
    def patch(self, request: Request, id: str, binId: str) -> HttpResponse:
        body = BinChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            shelf = self.expected(id, binId, expected)
            changes = _changes(values, "code", "barcode", "pickSequence", "capacity")
            if "roomId" in values:
                changes["room"] = places.find_room(
                    warehouse=shelf.warehouse, public_id=values["roomId"], field="room"
                )
            if changes:
                places.update_bin(**self.by, shelf=shelf, **cast(BinChanges, changes))
            if values.get("isActive", shelf.is_active) != shelf.is_active:
                act = places.deactivate_bin if shelf.is_active else places.activate_bin
                act(**self.by, shelf=shelf)
            return self.shown_bin(shelf, id)

        return self.write(work)

    @documentation.delete_bin
    def delete(self, request: Request, id: str, binId: str) -> HttpResponse:
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            places.delete_bin(**self.by, shelf=self.expected(id, binId, expected))
            return Response(status=204)

        return self.write(work, body={})
