"""NHS numbers and UPNs with valid check characters, unique over all chunks without being remembered.

NHS number: nine digits and a check digit modulo 11 (NHS Data Dictionary, NHS NUMBER). UPN: a check letter, three
digits of a local authority, four of a school, two of the year and three of a series (Department for Education,
"Unique pupil numbers: guide", 2019). The numbers are invented; a real child may carry the same digits, as with any
valid number, without any connection.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulation.streams import key_of, permuted

__all__ = ["nhs_numbers", "spaced_nhs_numbers", "upns"]

Ints = npt.NDArray[np.int64]

# Bodies 400,000,000 to 799,999,999 are issued in England; a body whose check digit would be 10 is not issued.
_NHS_FIRST, _NHS_HALF, _NHS_CANDIDATES = 400_000_000, 20_000, 12
_UPN_HALF, _UPN_CHECK = 16_384, "ABCDEFGHJKLMNPQRTUVWXYZ"
_AUTHORITIES = np.array(
    [
        *range(201, 214), *range(301, 321), *range(330, 337), *range(340, 345), *range(350, 360), *range(370, 374),
        *range(380, 385), *range(390, 395), 420, 800, 801, 802, 803, 805, 806, 807, 808, 810, 811, 812, 813, 815, 816,
        821, 822, 823, 825, 826, 830, 831, 835, 836, 837, 840, 841, 845, 846, 850, 851, 852, 855, 856, 857, 860, 861,
        *range(865, 875), *range(876, 897), 908, 909, 916, 919, 921, 925, 926, 928, 929, 931, 933, 935, 936, 937, 938,
    ]
)  # fmt: skip


def nhs_numbers(children: Ints, seed: int) -> Ints:
    """NHS numbers of children.

    Parameters
    ----------
    children
        int64 (n,): numbers of children, below 33 million.
    seed
        Of the population.

    Returns
    -------
    int64 (n,)
        Ten digits each, different for different children.
    """
    key = key_of(seed, "nhs number")
    numbers = np.zeros(len(children), np.int64)
    for candidate in range(_NHS_CANDIDATES):
        # One of eleven bodies has no check digit; each child has twelve bodies of its own to try.
        open_rows = np.flatnonzero(numbers == 0)
        if not len(open_rows):
            break
        body = _NHS_FIRST + permuted(children[open_rows] * _NHS_CANDIDATES + candidate, _NHS_HALF, key)
        check = _nhs_check(body)
        numbers[open_rows] = np.where(check < 10, body * 10 + check, 0)
    return numbers


def _nhs_check(body: Ints) -> Ints:
    total = np.zeros_like(body)
    for weight in range(2, 11):
        body, digit = np.divmod(body, 10)
        total += weight * digit
    return np.asarray((11 - total % 11) % 11, dtype=np.int64)


def spaced_nhs_numbers(numbers: pa.StringArray) -> pa.StringArray:
    """The same numbers written in groups: 943 476 5919."""
    groups = [pc.utf8_slice_codeunits(numbers, start, stop) for start, stop in ((0, 3), (3, 6), (6, 10))]
    return pc.binary_join_element_wise(*groups, " ")


def upns(children: Ints, born_year: Ints, seed: int) -> pa.StringArray:
    """UPNs of pupils.

    Parameters
    ----------
    children
        int64 (n,): numbers of children, below 33 million.
    born_year
        int64 (n,): years of birth; a UPN is issued in the year a child turns five.
    seed
        Of the population.

    Returns
    -------
    text (n,)
        Thirteen characters each, different for different children.
    """
    scattered = permuted(children, _UPN_HALF, key_of(seed, "upn"))
    authority, rest = np.divmod(scattered, 2_000_000)
    school, series = np.divmod(rest, 1_000)
    digits = (
        (_AUTHORITIES[authority] * 10_000 + 2_000 + school) * 100_000 + (born_year + 5) % 100 * 1_000 + series
    )
    total = np.zeros_like(digits)
    body = digits
    for weight in range(13, 1, -1):
        body, digit = np.divmod(body, 10)
        total += weight * digit
    letters = pa.array(list(_UPN_CHECK)).take(pa.array(total % 23))
    return pc.binary_join_element_wise(letters, pc.cast(pa.array(digits), pa.string()), "")
