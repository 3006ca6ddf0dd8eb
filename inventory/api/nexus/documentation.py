"""How the OpenAPI document describes the routes."""

from drf_spectacular.utils import extend_schema

list_inventory = extend_schema(summary="list_inventory")
get_inventory = extend_schema(summary="get_inventory")
set_inventory = extend_schema(summary="set_inventory")
bulk_update = extend_schema(summary="bulk_update")
list_warehouses = extend_schema(summary="list_warehouses")
list_adjustments = extend_schema(summary="list_adjustments")
