"""The demonstration's stock requests: what the places of the company ask of each other."""

from stock_requests.demo.requests import add_stock_requests

__all__ = ["add_stock_requests"]
