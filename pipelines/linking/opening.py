"""The records in the hands of the engine that was asked for."""

from contextlib import AbstractContextManager

from linkage.exchange.specification import Specification
from linkage.index import Index
from pipelines.linking.clustered import open_clustered
from pipelines.linking.comparable import Comparable
from pipelines.linking.records import open_records
from pipelines.linking.resources import SPARK, Resources

__all__ = ["open_comparable"]


def open_comparable(
    index: Index, specification: Specification, resources: Resources
) -> AbstractContextManager[Comparable]:
    """Give the live records of an index, as `open_records` or `open_clustered` does."""
    if resources.engine == SPARK:
        return open_clustered(index, specification, resources)
    return open_records(index, specification, resources)
