"""Cycle counts: planned, listed, read, counted and handed in."""
