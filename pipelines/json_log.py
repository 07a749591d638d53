"""Logs for machines: one JSON object a line on standard error, instead of progress bars.

Members: ``time`` (ISO 8601, UTC), ``level``, ``event``, and what belongs to the event. Nothing of a record appears.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from pipelines.progress import Stage

__all__ = ["JsonLog"]


class JsonLog:
    """Writes a line when a stage begins and ends, and for every event it is told."""

    def tell(self, event: str, *, level: str = "info", **members: object) -> None:
        """Write one line."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"time": now, "level": level, "event": event, **members}
        sys.stderr.write(json.dumps(line, default=str) + "\n")
        sys.stderr.flush()

    @contextmanager
    def stage(self, name: str, *, total: int | None = None, unit: str = "records") -> Iterator[Stage]:
        """Tell of one stage while it lasts."""
        self.tell("stage_started", stage=name, total=total, unit=unit)
        started = time.perf_counter()
        stage = _CountedStage()
        try:
            yield stage
        except BaseException as error:
            self.tell("stage_failed", level="error", stage=name, error=type(error).__name__)
            raise
        seconds = round(time.perf_counter() - started, 3)
        self.tell("stage_finished", stage=name, done=stage.done, unit=unit, seconds=seconds)


class _CountedStage:
    def __init__(self) -> None:
        self.done = 0

    def reach(self, done: int) -> None:
        """Remember how far it came."""
        self.done = done
