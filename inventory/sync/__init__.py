"""Stock learned from point-of-sale systems: connections, runs, and the engine that works on them.

A run is a row of `SyncRun` and the durable queue at once: whoever works on it holds a lease, and every batch of rows
is one transaction with the ledger's movements, the keys of the rows, their problems, the counts and the place to go
on from. A process that is killed at any moment has therefore neither lost a row nor counted one twice.
"""
