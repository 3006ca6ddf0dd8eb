"""Each with and without a slash at the end. What is spelt out under `/api/stock-requests` comes before these."""

from django.urls import re_path

from stock_requests.api.requests.views import (
    RequestApproval,
    RequestComments,
    RequestDetail,
    RequestLines,
    RequestList,
    RequestRejection,
    RequestRollback,
    RequestStatus,
    RequestSubmission,
)

_ONE = r"^api/stock-requests/(?P<id>[^/]+)"

urlpatterns = [
    re_path(r"^api/stock-requests/?$", RequestList.as_view(), name="stock-request-list"),
    re_path(rf"{_ONE}/?$", RequestDetail.as_view(), name="stock-request-detail"),
    re_path(rf"{_ONE}/lines/?$", RequestLines.as_view(), name="stock-request-lines"),
    re_path(rf"{_ONE}/submit/?$", RequestSubmission.as_view(), name="stock-request-submission"),
    re_path(rf"{_ONE}/approve/?$", RequestApproval.as_view(), name="stock-request-approval"),
    re_path(rf"{_ONE}/reject/?$", RequestRejection.as_view(), name="stock-request-rejection"),
    re_path(rf"{_ONE}/rollback/?$", RequestRollback.as_view(), name="stock-request-rollback"),
    re_path(rf"{_ONE}/comment/?$", RequestComments.as_view(), name="stock-request-comments"),
    re_path(rf"{_ONE}/status/?$", RequestStatus.as_view(), name="stock-request-status"),
]
