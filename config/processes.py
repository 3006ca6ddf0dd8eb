"""The product's processes: `python -m config.processes` runs all of them, `… web|worker|beat` becomes that one.

One terminal shows all of them, and Ctrl-C stops all of them; a service manager starts them one by one.
"""

from __future__ import annotations

import os
import shlex
import sys

__all__ = ["command", "main"]

NAMES = ("web", "worker", "beat")


def command(name: str) -> list[str]:
    """The command line of one process, as the settings have it."""
    from django.conf import settings

    celery = [sys.executable, "-m", "celery", "--app", "config", "--quiet"]
    level = f"--loglevel={settings.LOG_LEVEL}"
    if name == "web":
        return [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "config.wsgi:application"),
            *("--host", settings.HOST, "--port", str(settings.PORT)),
            *("--workers", str(settings.WEB_WORKERS), "--blocking-threads", str(settings.WEB_THREADS)),
            *("--respawn-failed-workers", "--no-ws", "--workers-kill-timeout", "10"),
            *("--log-level", settings.LOG_LEVEL.lower()),
        ]
    if name == "worker":
        # Workers need no news of each other, and the channels for it are where connections have got stuck.
        quiet = ["--without-gossip", "--without-mingle"]
        return [*celery, "worker", level, f"--concurrency={settings.TASK_WORKERS}", *quiet]
    if name == "beat":
        # The pid file would be left behind by a kill, and keep the next one from starting.
        return [*celery, "beat", level, "--pidfile="]
    raise ValueError(f"no process is called {name!r}; there are {', '.join(NAMES)}")


def run_all() -> int:
    """Run every process until one ends or a signal comes, then stop them all. Answers the exit status."""
    from django.conf import settings
    from honcho import manager as honcho

    # honcho kills after five seconds. The worker may let its tasks finish for longer, and takes some seconds itself.
    honcho.KILL_WAIT = settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT + 15
    manager = honcho.Manager()
    for name in NAMES:
        # Python's own buffering would hold back lines while the output is a pipe.
        manager.add_process(
            name, shlex.join(["exec", *command(name)]), env=os.environ | {"PYTHONUNBUFFERED": "1"}
        )
    manager.loop()
    status: int = manager.returncode or 0
    return 0 if status in {130, 143} else status  # stopped by Ctrl-C or a service manager, as asked


def main(arguments: list[str]) -> int:  # noqa: RET503 - execv never returns
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if not arguments:
        return run_all()
    if len(arguments) > 1 or arguments[0] not in NAMES:
        print(f"usage: python -m config.processes [{'|'.join(NAMES)}]", file=sys.stderr)
        return 2
    chosen = command(arguments[0])
    # Replaces this process: the service manager's signals reach the right one.
    os.execv(chosen[0], chosen)  # noqa: S606 - a fixed command line, no shell


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
