"""Cycle counts: people count what is there, blind or not, and the differences are reviewed and posted."""
