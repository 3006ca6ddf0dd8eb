#!/usr/bin/env python
"""Django's commands, with this project's settings."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # The limit protects the web from a slow query. Whoever runs a command is there to stop it, and an import, a
    # migration or a verification of everything may take its time.
    os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT", "0")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
