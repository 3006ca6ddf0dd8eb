"""The backoffice contract's routes, part by part. No two of them fit one address: literal paths are spelt out first."""

from inventory.api.backoffice.analytics import urls as analytics
from inventory.api.backoffice.catalogue import urls as catalogue
from inventory.api.backoffice.channels import urls as channels
from inventory.api.backoffice.holds import urls as holds
from inventory.api.backoffice.lots import urls as lots
from inventory.api.backoffice.places import urls as places
from inventory.api.backoffice.put_away import urls as put_away
from inventory.api.backoffice.receipts import urls as receipts
from inventory.api.backoffice.replenishment import urls as replenishment
from inventory.api.backoffice.reservations import urls as reservations
from inventory.api.backoffice.stock import urls as stock
from inventory.api.backoffice.transfers import urls as transfers
from inventory.api.backoffice.webhooks import urls as webhooks

app_name = "backoffice"

urlpatterns = [
    *stock.urlpatterns,
    *receipts.urlpatterns,
    *reservations.urlpatterns,
    *holds.urlpatterns,
    *lots.urlpatterns,
    *channels.urlpatterns,
    *transfers.urlpatterns,
    *put_away.urlpatterns,
    *replenishment.urlpatterns,
    *analytics.urlpatterns,
    *catalogue.urlpatterns,
    *places.urlpatterns,
    *webhooks.urlpatterns,
]
