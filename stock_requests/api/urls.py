"""The stock-request routes, which `config.backoffice` mounts beside the inventory's."""

from stock_requests.api.reads import urls as reads
from stock_requests.api.requests import urls as requests
from stock_requests.api.stocklists import urls as stocklists

# What is spelt out (`by-category`, `dashboard`) comes before the ids of requests.
urlpatterns = [*reads.urlpatterns, *stocklists.urlpatterns, *requests.urlpatterns]
