"""The backoffice contract's routes, of whichever app. No two of them fit one address."""

from cycle_counts.api import urls as cycle_counts
from inventory.api.backoffice import urls as inventory
from stock_requests.api import urls as stock_requests

app_name = "backoffice"

urlpatterns = [*inventory.urlpatterns, *stock_requests.urlpatterns, *cycle_counts.urlpatterns]
