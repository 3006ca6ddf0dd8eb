from django.urls import path

from warehouses.views.invitations import invitation
from warehouses.views.organization import choose

app_name = "warehouses"

urlpatterns = [
    path("organization/", choose, name="organization"),
    path("invitations/<str:token>/", invitation, name="invitation"),
]
