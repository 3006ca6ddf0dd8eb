"""Goods that expire: finding them, marking them, using them up, destroying them; and the nightly change of state."""
