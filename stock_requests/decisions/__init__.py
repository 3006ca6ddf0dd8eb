"""What approvers, and those who undo, do with a request: each act locks it, checks, and writes what follows."""
