from __future__ import annotations

from django.db import models
from django.db.models import Q

from inventory.models import Document, LastNumber
from warehouses.models.base import OrganizationQuerySet

__all__ = ["Priority", "RequestNumber", "RequestState", "StockRequest"]


class RequestState(models.TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    APPROVED = "approved", "Approved"
    PICKING = "picking", "Picking"
    FULFILLED = "fulfilled", "Fulfilled"
    REJECTED = "rejected", "Rejected"
    CANCELLED = "cancelled", "Cancelled"


class Priority(models.IntegerChoices):
    """Numbers, so that the database sorts by them; outside they are words."""

    LOW = 1, "Low"
    NORMAL = 2, "Normal"
    HIGH = 3, "High"
    URGENT = 4, "Urgent"

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Priority:
        return cls[word.upper()]

    @classmethod
    def words(cls) -> list[tuple[str, str]]:
        """For a choice: each word with its label."""
        return [(priority.word, str(priority.label)) for priority in cls]


class StockRequest(Document):
    """Goods of one warehouse that somebody asks for: `draft → submitted → approved → picking → fulfilled`.

    They go to another warehouse, to a room (of this or of another one), to a department, or, where none of these is
    named, they are handed out at the source. `requested_by` and `submitted_by` are the persons behind it, for a key
    whoever made the key: none of them approves it, unless the organization allows that.
    """

    prefix = "req"

    number = models.PositiveIntegerField(editable=False)
    from_warehouse = models.ForeignKey(
        "warehouses.Warehouse", verbose_name="from", on_delete=models.PROTECT, related_name="+"
    )
    to_warehouse = models.ForeignKey(
        "warehouses.Warehouse",
        verbose_name="to",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    to_room = models.ForeignKey(
        "warehouses.Room",
        verbose_name="room",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    department = models.ForeignKey(
        "stock_requests.Department", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    category = models.ForeignKey(
        "inventory.Category", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    needed_by = models.DateField("needed by", null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=9, choices=RequestState.choices, default=RequestState.DRAFT)
    stocklist = models.ForeignKey(
        "stock_requests.Stocklist", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    back_order_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="back_orders"
    )
    transfer = models.ForeignKey(
        "inventory.Transfer", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_by = models.ForeignKey(
        "warehouses.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    submitted_by = models.ForeignKey(
        "warehouses.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: A draft that was thrown away. Its number is not given again, and its history stays.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("organization", "number"), name="stock_requests_request_number"),
            models.CheckConstraint(
                condition=Q(department__isnull=True) | Q(to_warehouse__isnull=True),
                name="stock_requests_request_one_destination",
            ),
            models.CheckConstraint(
                condition=Q(to_room__isnull=True) | Q(to_warehouse__isnull=False),
                name="stock_requests_request_room_of_warehouse",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(state="draft"),
                name="stock_requests_request_deleted_as_draft",
            ),
        )
        indexes = (
            models.Index(fields=("organization", "-created_at", "-id"), name="stock_requests_newest"),
            models.Index(
                fields=("organization", "from_warehouse", "submitted_at"),
                condition=Q(state="submitted"),
                name="stock_requests_waiting",
            ),
            models.Index(fields=("organization", "state", "-created_at"), name="stock_requests_of_state"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What people call it: `SR-00012`."""
        return f"SR-{self.number:05d}"


class RequestNumber(LastNumber):
    """The last number that was given to a request of the organization."""
