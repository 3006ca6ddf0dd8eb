"""Channels, availability and what may be promised."""
