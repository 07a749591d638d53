"""The specification: what sources and unit agree on, checked whole and fingerprinted."""

from linkage.exchange.specification.every_pair import compares_every_pair, most_records_in_full
from linkage.exchange.specification.model import Specification
from linkage.exchange.specification.reading import (
    default_specification_text,
    parse_specification,
    read_specification,
)
from linkage.exchange.specification.risks import RISKS, keys_of_tokens, named_risks

__all__ = [
    "RISKS",
    "Specification",
    "compares_every_pair",
    "default_specification_text",
    "keys_of_tokens",
    "most_records_in_full",
    "named_risks",
    "parse_specification",
    "read_specification",
]
