"""The nexus contract (`sources/nexus.txt`): SKUs over their warehouses, in snake_case, paged by cursor."""
