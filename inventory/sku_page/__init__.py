"""What the page of a SKU tells: where its stock is, what happened to it, how much there was, and how long it lasts."""
