"""Webhooks: events that the outbox has queued, signed and sent to the endpoints that subscribed, and the log of it."""
