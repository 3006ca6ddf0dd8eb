"""How the OpenAPI document describes the routes."""

from drf_spectacular.utils import extend_schema

list_inventory = extend_schema(summary="list_inventory")
low_stock = extend_schema(summary="low_stock")
get_inventory = extend_schema(summary="get_inventory")
set_inventory = extend_schema(summary="set_inventory")
adjust = extend_schema(summary="adjust")
bulk_update = extend_schema(summary="bulk_update")
