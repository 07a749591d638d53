"""The three feeds: what each source's system calls its columns and how it writes names, dates, codes and addresses.

The form is a source's own and is the same in CSV and in Parquet, where every column is text; a missing value is an
empty cell or a null.

========  ==========================  =========================  =================================
feed      case and letters            dates                      sex
========  ==========================  =========================  =================================
school    Proper Case, accents kept   ``dd/mm/yyyy``             ``M``, ``F``, ``U``
gp        UPPER CASE, ASCII           ``yyyy-mm-dd``             ``1``, ``2``, ``0`` or ``9``
benefits  any case, ASCII             ``03 Sep 2014``            ``male``, ``female``, missing
========  ==========================  =========================  =================================
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulation.lists.tables import FEMALE
from pipelines.simulation.recording.columns import blanked, joined, replaced
from pipelines.simulation.recording.drafts import Draft
from pipelines.simulation.recording.recorded_dates import MISSING_DAY
from pipelines.simulation.recording.recorded_numbers import draw_nhs_numbers, draw_upns

__all__ = ["COLUMNS", "benefits_feed", "gp_feed", "school_feed"]

Columns = dict[str, pa.StringArray]

# The columns after the record id, in order.
COLUMNS = {
    "school": (
        "pupil_ref", "upn", "legal_forename", "middle_names", "legal_surname", "former_surname", "dob", "gender",
        "address", "postcode", "contact_forename", "contact_surname",
    ),
    "gp": (
        "patient_id", "nhs_number", "title", "given_name", "other_given_names", "family_name", "previous_family_name",
        "date_of_birth", "sex_code", "address_line_1", "address_line_2", "post_town", "postcode",
    ),
    "benefits": (
        "claim_child_ref", "child_first_name", "child_middle_name", "child_last_name", "child_birth_date", "child_sex",
        "claimant_first_name", "claimant_last_name", "house", "street", "town", "post_code", "nhs_no", "upn",
    ),
}  # fmt: skip


def school_feed(draft: Draft) -> Columns:
    """The school census: one pupil a row, name and contact as the school typed them."""
    words = draft.tables.words
    names = draft.names(words)
    places = draft.whereabouts(words, 0.2)
    held = ~draft.faults.strikes(draft.rates.missing_upn) & draft.knows_number()
    return {
        "upn": draw_upns(draft.rates, draft.children, draft.records, draft.faults, held, draft.seed),
        "legal_forename": names.forename,
        "middle_names": names.middle,
        "legal_surname": names.surname,
        "former_surname": names.former,
        "dob": _dates(draft.days(), "%d/%m/%Y"),
        "gender": _coded(draft.sexes(), ("M", "F", "U")),
        "address": joined(", ", joined(" ", places.house, places.street), places.locality, places.town),
        "postcode": _postcodes(draft, places.postcode, unspaced=0.06, lower=0.02),
        "contact_forename": _titled(
            names.guardian_forename,
            draft.some(draft.rates.guardian_title),
            ("Mrs", "Mr"),
            draft.records.guardian,
        ),
        "contact_surname": names.guardian_surname,
    }


def gp_feed(draft: Draft) -> Columns:
    """The register of patients: upper case without accents, a title, the address in lines."""
    words = pc.utf8_upper(draft.tables.plain_words)
    names = draft.names(words)
    places = draft.whereabouts(words, 0.05)
    sexes = draft.sexes()
    titled = draft.faults.strikes(draft.rates.title_in_name)
    held = ~draft.faults.strikes(draft.rates.missing_nhs_number) & draft.knows_number()
    upper = {
        "title": blanked(_coded(draft.records.sex, ("MASTER", "MISS")), draft.some(0.25)),
        "given_name": _titled(names.forename, titled, ("MASTER", "MISS"), draft.records.sex),
        "other_given_names": names.middle,
        "family_name": names.surname,
        "previous_family_name": names.former,
        "date_of_birth": _dates(draft.days(), "%Y-%m-%d"),
        "sex_code": _coded(np.where(draft.some(0.5) & (sexes > FEMALE), 3, sexes), ("1", "2", "0", "9")),
        "address_line_1": joined(" ", places.house, places.street),
        "address_line_2": places.locality,
        "post_town": places.town,
        "postcode": _postcodes(draft, places.postcode, unspaced=0.01, lower=0.0),
    }
    numbers = draw_nhs_numbers(
        draft.rates, draft.children, draft.records, draft.faults, held, draft.seed, spaced=0.3
    )
    return {"nhs_number": numbers} | {name: pc.utf8_upper(column) for name, column in upper.items()}


def benefits_feed(draft: Draft) -> Columns:
    """The register of claims: keyed by many hands, so of any case, the address in parts, few identifiers."""
    words = draft.tables.plain_words
    names = draft.names(words)
    places = draft.whereabouts(words, 0.4)
    rates, rng = draft.rates, draft.faults.rng
    hand = rng.random(draft.n)
    claimant = _titled(
        names.guardian_forename, draft.some(rates.guardian_title), ("Ms", "Mr"), draft.records.guardian
    )
    cased = {
        "child_first_name": names.forename,
        "child_middle_name": names.middle,
        "child_last_name": names.surname,
        "claimant_first_name": claimant,
        "claimant_last_name": names.guardian_surname,
        "house": places.house,
        "street": places.street,
        "town": places.town,
    }
    upper, lower = hand < 0.3, hand > 0.9
    written = {
        name: replaced(replaced(column, upper, pc.utf8_upper(column)), lower, pc.utf8_lower(column))
        for name, column in cased.items()
    }
    has_nhs_number = rng.random(draft.n) < rates.benefits_nhs_number
    has_upn = (rng.random(draft.n) < rates.benefits_upn) & draft.children.pupil[draft.records.child]
    common = (rates, draft.children, draft.records, draft.faults)
    return written | {
        "child_birth_date": _dates(draft.days(), "%d %b %Y"),
        "child_sex": blanked(_coded(sexes := draft.sexes(), ("male", "female", "")), sexes > FEMALE),
        "post_code": _postcodes(draft, places.postcode, unspaced=0.5, lower=0.3),
        "nhs_no": draw_nhs_numbers(*common, has_nhs_number, draft.seed, spaced=0.1),
        "upn": draw_upns(*common, has_upn, draft.seed),
    }


def _dates(days: npt.NDArray[np.int64], form: str) -> pa.StringArray:
    """Dates in a source's form; null for MISSING_DAY."""
    distinct, at = np.unique(days, return_inverse=True)
    dates = [
        None if day == MISSING_DAY else np.datetime64(int(day), "D").item().strftime(form) for day in distinct
    ]
    return pa.array(dates, pa.string()).take(pa.array(at))


def _coded(values: npt.NDArray[np.int64], codes: tuple[str, ...]) -> pa.StringArray:
    return pa.array(codes).take(pa.array(values))


def _titled(
    texts: pa.StringArray, where: npt.NDArray[np.bool_], titles: tuple[str, str], by: npt.NDArray[np.int64]
) -> pa.StringArray:
    """One of two titles before some of the names."""
    return replaced(texts, where, pc.binary_join_element_wise(_coded(by, titles), texts, " "))


def _postcodes(draft: Draft, texts: pa.StringArray, *, unspaced: float, lower: float) -> pa.StringArray:
    texts = replaced(texts, draft.some(unspaced), pc.replace_substring(texts, " ", ""))
    return replaced(texts, draft.some(lower), pc.utf8_lower(texts))
