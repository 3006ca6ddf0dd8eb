"""The syncs of the pos contract: asking for one, and how it is getting on, which is a route of ours."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from inventory.api.pos import documentation
from inventory.api.pos.base import PosView
from inventory.api.pos.bodies import SyncBody
from inventory.api.pos.runs import run_object, with_problems
from inventory.api.tags import tag_of
from inventory.models import SyncRun, SyncType
from inventory.resolution import find_warehouse
from inventory.sync.runs import start_run
from warehouses.http.etags import refuse_condition
from warehouses.identifiers import decode
from warehouses.refusals import NotFound

__all__ = ["Sync", "SyncRunDetail"]


class Sync(PosView):
    """`POST /inventory/sync`: ask for a sync of a location with its point-of-sale system."""

    shows_stock = False
    permissions = {"POST": ("inventory.write",)}
    pointer_names = {"warehouse": "location_id"}

    @documentation.start_sync
    def post(self, request: Request) -> HttpResponse:
        refuse_condition(request._request)
        body = SyncBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data

        def work() -> HttpResponse:
            location = find_warehouse(access=self.access, public_id=asked["location_id"])
            run = start_run(access=self.access, warehouse=location, sync_type=SyncType(asked["sync_type"]))
            address = reverse("pos:sync-detail", args=[run.public_id])
            return self.record(run_object(run), status=202, headers={"Location": address})

        return self.write(work)


class SyncRunDetail(PosView):
    """`GET /inventory/sync/{id}`: how a sync is getting on."""

    shows_stock = False
    permissions = {"GET": ("inventory.read",)}

    @documentation.get_sync
    def get(self, request: Request, id: str) -> HttpResponse:
        key = decode(SyncRun.prefix, id)
        seen = self.access.narrow(SyncRun.objects.order_by(), "inventory.read")
        run = seen.filter(pk=key).first() if key is not None else None
        if run is None:
            raise NotFound("SYNC_NOT_FOUND", "There is no such sync.")
        shown = with_problems(run)
        return self.record(shown, tag_of(run.pk.hex, shown))
