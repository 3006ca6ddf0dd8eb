"""What somebody would write by hand for one route, over the product's tables: what the product is measured against.

No keys, no rights, no limits, no idempotency, no documents, events or logs; the same server with the same settings.
"""
