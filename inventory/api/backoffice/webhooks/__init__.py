"""Webhook endpoints, their deliveries and what may be done about both, under `/api/webhooks`."""
