"""Each with and without a slash at the end."""

from django.urls import URLPattern, re_path

from inventory.api.backoffice.catalogue.views import (
    CategoryDetail,
    CategoryList,
    ProductDetail,
    ProductList,
    SkuDetail,
    SkuList,
)

urlpatterns: list[URLPattern] = [
    re_path(r"^api/categories/?$", CategoryList.as_view(), name="category-list"),
    re_path(r"^api/categories/(?P<id>[^/]+)/?$", CategoryDetail.as_view(), name="category-detail"),
    re_path(r"^api/products/?$", ProductList.as_view(), name="product-list"),
    re_path(r"^api/products/(?P<id>[^/]+)/?$", ProductDetail.as_view(), name="product-detail"),
    re_path(r"^api/skus/?$", SkuList.as_view(), name="sku-list"),
    re_path(r"^api/skus/(?P<id>[^/]+)/?$", SkuDetail.as_view(), name="sku-detail"),
]
