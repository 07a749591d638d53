"""The records in the hands of the engine that was asked for."""

from contextlib import AbstractContextManager

from linkage.comparison import CommonValues
from linkage.exchange.specification import Specification
from linkage.index import Index
from pipelines.at_unit.linking.comparable import Comparable
from pipelines.at_unit.linking.on_spark import open_on_spark
from pipelines.at_unit.linking.records import open_records
from pipelines.at_unit.linking.resources import SPARK, Resources

__all__ = ["open_comparable"]


def open_comparable(
    index: Index,
    specification: Specification,
    resources: Resources,
    common: tuple[CommonValues, ...] | None = None,
) -> AbstractContextManager[Comparable]:
    """Give the live records of an index, as `open_records` or `open_on_spark` does."""
    if resources.engine == SPARK:
        return open_on_spark(index, specification, resources, common)
    return open_records(index, specification, resources, common)
