"""Realistic feeds of children who do not exist, with the truth about them."""

from pipelines.simulation.plan import SOURCES, Plan
from pipelines.simulation.rates import Rates

__all__ = ["SOURCES", "Plan", "Rates"]
