"""Identifiers of records as texts: mostly right, sometimes missing, misspelt or another child's."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.simulation.misspelling import misspelt_code
from pipelines.simulation.population.children import Children
from pipelines.simulation.population.identifiers import nhs_numbers, spaced_nhs_numbers, upns
from pipelines.simulation.rates import Rates
from pipelines.simulation.recording.columns import blanked, edited, replaced
from pipelines.simulation.recording.records import Faults, Records

__all__ = ["draw_nhs_numbers", "draw_upns"]

_NO_NHS_NUMBER = "0000000000"


def draw_nhs_numbers(
    rates: Rates,
    children: Children,
    records: Records,
    faults: Faults,
    held: npt.NDArray[np.bool_],
    seed: int,
    spaced: float,
) -> pa.StringArray:
    """NHS numbers of records.

    Parameters
    ----------
    rates, children, records, faults, seed
        As drawn.
    held
        bool (n,): the records that hold one.
    spaced
        Share that is written in groups; a habit of the source, not a fault.
    """
    child = _child_or_other(records, children, faults, rates.nhs_number_of_other, held)
    texts = pa.array(nhs_numbers(children.number[child], seed)).cast(pa.string())
    texts = edited(texts, faults.strikes(rates.nhs_number_misspelt, held), misspelt_code, faults.rng)
    texts = replaced(texts, faults.rng.random(len(held)) < spaced, spaced_nhs_numbers(texts))
    texts = replaced(texts, faults.strikes(rates.nhs_number_placeholder, held), _NO_NHS_NUMBER)
    return blanked(texts, ~held)


def draw_upns(
    rates: Rates, children: Children, records: Records, faults: Faults, held: npt.NDArray[np.bool_], seed: int
) -> pa.StringArray:
    """UPNs of records; parameters as of `draw_nhs_numbers`."""
    child = _child_or_other(records, children, faults, rates.upn_of_other, held)
    year = children.born[child].astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    texts = upns(children.number[child], year, seed)
    texts = edited(texts, faults.strikes(rates.upn_misspelt, held), misspelt_code, faults.rng)
    return blanked(texts, ~held)


def _child_or_other(
    records: Records, children: Children, faults: Faults, rate: float, held: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """The child of each record, or the next one of the chunk, who is often a younger sibling."""
    other = faults.strikes(rate, held)
    return np.where(other, (records.child + 1) % len(children.number), records.child)
