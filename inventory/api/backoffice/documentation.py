"""The backoffice contract as a document."""

from __future__ import annotations

from typing import Final

from warehouses.http.operations import Contract

__all__ = ["CONTRACT"]

CONTRACT: Final = Contract(
    name="backoffice",
    title="Tallyhouse: backoffice contract",
    urlconf="inventory.api.backoffice.urls",
    tags=(
        ("Stock", "What is where, and how it is corrected and received."),
        ("Reservations", "Units that are promised to somebody, until they leave or the promise ends."),
        ("Holds", "Units that neither leave nor move until they are released."),
        ("Lots", "Batches, their expiry, and what becomes of expired goods."),
        ("Channels", "Where stock is sold, and how much of it each channel may be promised."),
        ("Transfers", "Goods on their way between locations and bins."),
        ("Put-away", "Tasks that bring received goods to their shelves."),
        ("Replenishment", "What should be ordered, and what is on order."),
        ("Analytics", "How stock has moved, and what it is worth."),
        ("Catalogue", "Products, SKUs and categories."),
        ("Locations", "Warehouses with their rooms and bins."),
        ("Webhooks", "Who is told of what happens, and whether they were."),
    ),
    fields={
        "data": "The results.",
        "pagination": "Where this page stands.",
        "attempts": "Every request that was made, the newest first.",
    },
    description="""\
What the back office's own screens and tools call, in camelCase. `locationId` is a warehouse's id.

**Who is calling.** A signed-in person's browser session, or an API key in any of three header forms:
`X-API-Key: KEY`, `Authorization: Bearer KEY` or `Authorization: KEY`. A session's writes need `X-CSRFToken`.

**Errors** are `application/problem+json` with a stable `code`; `errors` names everything at fault. An unknown parameter
or field is an error, never ignored.

**Retrying.** Send an `Idempotency-Key` with every write: the same request again gets the first answer again.

**Lost updates.** Send the `ETag` of what you read as `If-Match` of the write that follows from it.""",
)
