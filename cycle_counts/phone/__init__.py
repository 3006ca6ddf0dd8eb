"""The counter's screen, `/count/`: plain pages for a phone or a handheld scanner, blind whatever the batch says.

No page, script or answer here holds what the books say: the quantities that a counter sees are those that the same
counter has entered.
"""
