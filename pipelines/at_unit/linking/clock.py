"""Seconds of each stage of a job."""

import time

__all__ = ["Clock"]


class Clock:
    """Starts when it is made; each lap ends a stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Write down the time since the last lap; laps of one stage add up."""
        now = time.perf_counter()
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + now - self._last, 3)
        self._last = now
