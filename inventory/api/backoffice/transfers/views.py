"""The transfer routes: `/api/inventory/transfers` and what is under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from inventory import transfers
from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.transfers import documentation
from inventory.api.backoffice.transfers.bodies import TransferActionBody, TransferBody
from inventory.api.backoffice.transfers.filters import TransferBinFilters, TransferFilters
from inventory.api.backoffice.transfers.objects import (
    bin_object,
    transfer_object,
    transfer_rows,
    version_of,
)
from inventory.api.tags import require_tag, tag_of
from inventory.catalogue import find_skus
from inventory.models import Sku, Transfer, TransferLine, sku_key
from inventory.names import Names
from inventory.transfers.bins import FROM, TO, bins_to_choose_from, contents_of
from warehouses.http.etags import Expected, expected_tags
from warehouses.http.faults import RequestFault, invalid_parameters
from warehouses.identifiers import decode
from warehouses.models import Warehouse
from warehouses.refusals import Refusal, gather

__all__ = ["TransferBinList", "TransferDetail", "TransferList"]

_PERMISSIONS: Final[Mapping[str, tuple[str, ...]]] = {"GET": (transfers.READ,), "POST": (transfers.WRITE,)}


class TransferView(BackofficeView):
    shows_stock = False  # neither documents nor bins show what is reserved
    permissions = _PERMISSIONS
    pointer_names: ClassVar[Mapping[str, str]] = {
        **BackofficeView.pointer_names,
        "line": "lineId",
        "shortage_reason": "shortageReason",
        "surplus_reason": "surplusReason",
    }

    def shown(self, transfer: Transfer, *, status: int = 200) -> HttpResponse:
        shown = transfer_object(self.access, transfer)
        tag = tag_of(version_of(transfer), shown)
        here = f"/{self.contract}/api/inventory/transfers/{transfer.public_id}"
        return self.record(shown, tag, status=status, headers={"Location": here} if status == 201 else {})


class TransferList(TransferView):
    """`GET` and `POST /api/inventory/transfers`."""

    filterset_class = TransferFilters
    paging_class = BackofficePaging

    @documentation.list_transfers
    def get(self, request: Request) -> HttpResponse:
        rows = transfers.visible_transfers(access=self.access).order_by("-created_at", "-pk")
        return self.paged(self.page(self.filtered(rows), transfer_rows))

    @documentation.create_transfer
    def post(self, request: Request) -> HttpResponse:
        body = TransferBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        return self.write(lambda: self._create(values))

    def _create(self, values: Mapping[str, Any]) -> HttpResponse:
        rows: Sequence[Mapping[str, Any]] = values["lines"]
        names = Names(
            self.access,
            transfers.WRITE,
            skus=(row["sku"] for row in rows),
            locations=(values["fromLocationId"], values["toLocationId"]),
            bins=(row.get(name) for row in rows for name in ("fromBinId", "toBinId")),
            lots=(row.get("lotId") for row in rows),
        )
        source = names.location(values["fromLocationId"], field="from_warehouse")
        destination = names.location(values["toLocationId"], field="to_warehouse")
        wanted: list[transfers.WantedLine] = []
        refused: list[Refusal] = []
        for index, row in enumerate(rows):
            try:
                wanted.append(_wanted(names, row, source, destination, index))
            except Refusal as refusal:
                refused.append(refusal)
        if refused:
            raise gather(refused)
        transfer = transfers.create_transfer(
            access=self.access,
            from_warehouse=source,
            to_warehouse=destination,
            lines=wanted,
            note=values.get("note", ""),
            reference=values.get("referenceId", ""),
            expected_on=values.get("expectedOn"),
        )
        return self.shown(transfer, status=201)


class TransferDetail(TransferView):
    """`GET` and `POST /api/inventory/transfers/[id]`."""

    @documentation.get_transfer
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown(transfers.find_transfer(access=self.access, public_id=id))

    @documentation.act_on_transfer
    def post(self, request: Request, id: str) -> HttpResponse:
        body = TransferActionBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        expected = expected_tags(request._request)
        return self.write(lambda: self._act(id, values, expected))

    def _act(self, public_id: str, values: Mapping[str, Any], expected: Expected) -> HttpResponse:
        transfer = transfers.find_transfer(
            access=self.access, public_id=public_id, permission=transfers.WRITE
        )
        given: dict[str, Any] = {
            "access": self.access,
            "transfer": transfer,
            "note": values.get("note", ""),
            "condition": lambda locked: require_tag(expected, version_of(locked)),
        }
        match values["action"]:
            case "ship":
                return self.shown(transfers.ship_transfer(**given))
            case "cancel":
                return self.shown(transfers.cancel_transfer(**given))
            case _:
                if "lines" in values and transfers.may_act(self.access, transfer, "receive"):
                    given["receipts"] = self._receipts(transfer, values["lines"])
                is_final = values.get("isFinal", False)
                return self.shown(transfers.receive_transfer(**given, is_final=is_final))

    def _receipts(self, transfer: Transfer, rows: Sequence[Mapping[str, Any]]) -> list[transfers.Receipt]:
        """What the rows name, where the caller may receive. Raises every bad row together."""
        lines = {line.pk: line for line in transfer.lines.select_related("sku")}
        names = Names(
            self.access,
            transfers.WRITE,
            bins=(row.get("toBinId") for row in rows),
            lots=(row.get("lotId") for row in rows),
        )
        receipts: list[transfers.Receipt] = []
        refused: list[Refusal] = []
        for index, row in enumerate(rows):
            key = decode(TransferLine.prefix, row["lineId"])
            line = lines.get(key) if key is not None else None
            try:
                lot = names.lot(row["lotId"], line.sku, index) if "lotId" in row and line else None
                shelf = (
                    names.bin(row["toBinId"], transfer.to_warehouse, index, field="to_bin")
                    if "toBinId" in row
                    else None
                )
            except Refusal as refusal:
                refused.append(refusal)
                continue
            receipts.append(
                transfers.Receipt(
                    line_id=line.pk if line is not None else None,
                    quantity=row["quantity"],
                    lot=lot,
                    to_bin=shelf,
                    shortage_reason=row.get("shortageReason", ""),
                    surplus_reason=row.get("surplusReason", ""),
                    index=index,
                )
            )
        if refused:
            raise gather(refused)
        return receipts


class TransferBinList(TransferView):
    """`GET /api/inventory/transfers/bins`: the bins to take from, or to bring to."""

    permissions = {"GET": (transfers.READ,)}
    filterset_class = TransferBinFilters
    paging_class = BackofficePaging
    query_parameters = ("locationId", "sku", "direction")

    @documentation.list_transfer_bins
    def get(self, request: Request) -> HttpResponse:
        direction = request.query_params.get("direction", FROM)
        if direction not in (FROM, TO):
            raise invalid_parameters([("direction", "INVALID_CHOICE", f"Give one of {FROM}, {TO}.")])
        location = self.location(permission=transfers.READ)
        if location is None:
            raise invalid_parameters([("locationId", "REQUIRED", "Name the location.")])
        sku = self._sku()
        rows = self.filtered(bins_to_choose_from(location, direction=direction, sku=sku))
        today = self.access.organization.today()

        def shown(keys: list[UUID]) -> list[dict[str, Any]]:
            found = contents_of(keys, sku=sku, today=today)
            return [bin_object(contents, is_of_sku=sku is not None) for contents in found]

        return self.paged(self.page(rows, shown))

    def _sku(self) -> Sku | None:
        code = self.request.query_params.get("sku")
        if code is None:
            return None
        found = find_skus(organization=self.access.organization, codes=[code]).get(sku_key(code))
        if found is None:
            detail = f"There is no inventory of the SKU {code!r}."
            fault = {"parameter": "sku", "code": "INVENTORY_NOT_FOUND", "detail": detail}
            raise RequestFault(404, "INVENTORY_NOT_FOUND", detail, errors=[fault])
        return found


def _wanted(
    names: Names, row: Mapping[str, Any], source: Warehouse, destination: Warehouse, index: int
) -> transfers.WantedLine:
    sku = names.sku(row["sku"], index)
    return transfers.WantedLine(
        sku=sku,
        quantity=row["quantity"],
        lot=names.lot(row["lotId"], sku, index) if "lotId" in row else None,
        from_bin=(
            names.bin(row["fromBinId"], source, index, field="from_bin") if "fromBinId" in row else None
        ),
        to_bin=names.bin(row["toBinId"], destination, index, field="to_bin") if "toBinId" in row else None,
        index=index,
    )
