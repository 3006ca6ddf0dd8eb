"""What the channel and availability views share: locations, channels and SKUs that a query names."""

from __future__ import annotations

from inventory.api.backoffice.base import BackofficeView
from inventory.channels import channels_named
from inventory.models import Channel, Sku, sku_key
from warehouses.http.faults import RequestFault, invalid_parameters
from warehouses.identifiers import decode
from warehouses.models import Warehouse
from warehouses.refusals import NotFound

__all__ = ["ChannelView"]


class ChannelView(BackofficeView):
    def needed_location(self) -> Warehouse:
        """The location of `locationId`, without which there is nothing to answer."""
        found = self.location()
        if found is None:
            raise invalid_parameters([("locationId", "REQUIRED", "Name the location.")])
        return found

    def channels(self, name: str = "channels") -> list[Channel]:
        """The channels of `channels`, which has commas between ids, or the one of `channelId`, by name.

        All that are active where the query does not have it. Raises `CHANNEL_NOT_FOUND`, which names the parameter: a
        column that is missing in silence is a wrong answer.
        """
        named = self.request.query_params.get(name)
        several = named.split(",") if named is not None and name == "channels" else [named or ""]
        public_ids = None if named is None else [part.strip() for part in several]
        try:
            return channels_named(access=self.access, public_ids=public_ids)
        except NotFound as refusal:
            fault = {"parameter": name, "code": refusal.code, "detail": refusal.detail}
            raise RequestFault(404, refusal.code, refusal.detail, errors=[fault]) from refusal

    def sku_of_id(self, public_id: str) -> Sku:
        """A SKU of the catalogue. Raises `INVENTORY_NOT_FOUND`."""
        key = decode(Sku.prefix, public_id)
        found = Sku.objects.for_organization(self.access.organization).filter(pk=key).first() if key else None
        if found is None:
            raise self.no_such_sku()
        return found

    @staticmethod
    def no_such_sku() -> NotFound:
        """One that is not there and one that is not the caller's are answered alike."""
        return NotFound("INVENTORY_NOT_FOUND", "There is no inventory of this SKU.")

    def sku_of_query(self) -> Sku:
        """The SKU that the query names by `sku` (its code) or `skuId`. Raises `INVENTORY_NOT_FOUND`."""
        code, public_id = (self.request.query_params.get(name) for name in ("sku", "skuId"))
        if (code is None) == (public_id is None):
            raise invalid_parameters([("sku", "REQUIRED", "Name the SKU, by sku or by skuId.")])
        rows = Sku.objects.for_organization(self.access.organization)
        if code is not None:
            found = rows.filter(code_key=sku_key(code)).first()
        else:
            key = decode(Sku.prefix, public_id or "")
            found = rows.filter(pk=key).first() if key is not None else None
        if found is None:
            name = "sku" if code is not None else "skuId"
            refusal = self.no_such_sku()
            fault = {"parameter": name, "code": refusal.code, "detail": refusal.detail}
            raise RequestFault(404, refusal.code, refusal.detail, errors=[fault])
        return found
