"""How many processors there are for this process: what both zones size their threads by."""

import os

__all__ = ["available_threads"]


def available_threads() -> int:
    """Processors that this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
