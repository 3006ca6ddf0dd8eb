"""The cycle-count routes, which `config.backoffice` mounts beside the inventory's."""

from cycle_counts.api.batches import urls as batches
from cycle_counts.api.reports import urls as reports
from cycle_counts.api.reviews import urls as reviews
from cycle_counts.api.sheets import urls as sheets

# What is spelt out (`resolve`, `abc`, `blind-form`) comes before the ids of counts.
urlpatterns = [*reports.urlpatterns, *sheets.urlpatterns, *reviews.urlpatterns, *batches.urlpatterns]
