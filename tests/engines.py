"""Which tests run on one engine only, where the suite runs on both.

The rule is that a test runs on both: the ledger and whatever writes stock, locks, constraints, the workflows. These
are the exceptions: the engine makes no difference to what they look at, and they are what takes long. Run by itself,
without `make test`, pytest leaves none of them out.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ENOUGH", "enough_for"]

#: The engine that is enough → where the tests are: a folder, a file, or a class or function of one.
ENOUGH: Final = {
    "sqlite": (
        # Pages in a browser: how they look, and what their scripts do.
        "browser",
        # The product before it has a database, and what its files say.
        "config/test_environment.py",
        "config/test_launch.py",
        "config/test_layers.py",
        "config/test_requirements.py",
        "config/test_settings.py",
        # Messages and addresses, before and after a transaction; the retried write stays on both.
        "inventory/labels",
        "inventory/outgoing",
        "warehouses/http/test_authentication.py",
        "warehouses/http/test_bodies.py",
        "warehouses/http/test_fields.py",
        "warehouses/http/test_parsers.py",
        "warehouses/http/test_problems.py",
        "warehouses/http/test_texts.py",
        # The documents, and their examples.
        "inventory/api/test_openapi.py",
        # Refused for what the caller is, before stock is looked at.
        "inventory/api/test_routes.py::TestTable",
        "inventory/api/test_routes.py::TestRefusedCallers",
        "inventory/api/test_routes.py::TestEndedCallers",
        "inventory/api/test_routes.py::TestCsrf",
        "inventory/api/test_routes.py::TestMethods",
        "inventory/api/test_routes.py::test_only_json_is_answered",
        # A walk over all that a counter can see, for numbers that must not be there.
        "cycle_counts/test_blind_walk.py",
        # The demonstration is what `make run` shows, on this engine.
        "inventory/demo/test_demo.py",
        "inventory/demo/test_requests.py",
        # Who comes in, and what is no message of ours.
        "security/test_document.py",
        "security/test_logins.py",
        "security/test_sessions.py",
        "security/test_tasks.py",
        # A walk through the whole site as a stranger, for words and numbers that must not be there.
        "inventory/demo/test_leaks.py",
    ),
    "postgresql": (
        # Pages of the back office are queries: those of the engine that it is for. The browser opens them on the other.
        "cycle_counts/admin",
        "inventory/admin",
        "stock_requests/admin",
        "warehouses/admin",
        # Whatever a program or an attacker may send reaches the stricter of the two: NUL and numbers without end.
        "inventory/api/test_hostile_input.py",
        "inventory/api/test_openapi_fuzzed.py",
        "machine/test_mutations.py",
        "security/test_raw_requests.py",
        "security/test_foreign_ids.py",
        "security/test_hostile_names.py",
        "security/test_large_questions.py",
        # Figures are of the engine that figures are wanted of.
        "config/test_bench.py",
        # Loads the demonstration on this engine too.
        "inventory/demo/test_counts.py",
        # What contracts make of the same stock; the other engine answers the documented examples of every route.
        "cycle_counts/api",
        "inventory/api/backoffice",
        "inventory/api/gateway",
        "inventory/api/nexus",
        "inventory/api/pos",
        "inventory/api/test_routes.py::TestGoodRequests",
        "stock_requests/api",
        # What comes in and goes out between transactions: workers that run side by side are of this engine.
        "inventory/imports/test_online_retail.py",
        "inventory/sync",
        "inventory/webhooks",
    ),
}


def enough_for(node: str) -> str:
    """The engine that is enough for a test, by its id; "" where both are needed."""
    for engine, places in ENOUGH.items():
        for place in places:
            found = f"tests/{place}"
            if node == found or node.startswith((f"{found}/", f"{found}::", f"{found}[")):
                return engine
    return ""
