"""The gateway contract (`sources/gateway.txt`): stock levels as Inventory Objects, in camelCase, paged by number."""
