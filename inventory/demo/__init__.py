"""The demonstration: a trading company with ninety days behind it, all of it through the real ledger."""
