"""People of the sample data and their codes under filters that tests ask for."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from encoders.attacks.code_bits import signs_of
from encoders.attacks.similarity import bit_correlation, code_dice, normal_scores, people_dice
from encoders.attacks.token_knowledge import token_indicators
from encoders.attacks.token_matrix import TokenMatrix
from encoders.feeds.feed import open_feed
from encoders.filters.bloom import FilterEncoder
from encoders.filters.hardening import FilterHardening
from encoders.normalise import normalise
from linkage.exchange.specification.encoding import FieldRule, FilterRule
from sample_data import FOLDER

COLUMNS = {
    "forename": ("given_name", "name"),
    "surname": ("family_name", "name"),
    "birth_date": ("date_of_birth", "date"),
    "postcode": ("postcode", "postcode"),
}
FIELDS = {name: FieldRule.model_validate({"kind": kind}) for name, (_, kind) in COLUMNS.items()}


@dataclass(frozen=True)
class Target:
    """Codes of some people under one filter, and what the attacker knows of them."""

    codes: npt.NDArray[np.uint64]
    tokens: TokenMatrix
    diffused: bool

    @property
    def bits(self) -> npt.NDArray[np.float32]:
        return signs_of(self.codes)

    def code_scores(self) -> npt.NDArray[np.float32]:
        return normal_scores(bit_correlation(self.codes) if self.diffused else code_dice(self.codes))

    def people_scores(self) -> npt.NDArray[np.float32]:
        return normal_scores(people_dice(self.tokens))


def key_of(label: str) -> bytes:
    return hashlib.sha256(label.encode()).digest()


@pytest.fixture(scope="session")
def people() -> Mapping[str, pa.StringArray]:
    """Normalised fields of everybody in the GP feed of the sample, but those who lack one of them."""
    with open_feed(FOLDER / "gp.csv", columns=[column for column, _ in COLUMNS.values()]) as feed:
        batch = pa.concat_batches(list(feed))
    columns = {
        name: normalise(FIELDS[name].kind, batch.column(column), date_formats=["%Y-%m-%d"], field=name).values
        for name, (column, _) in COLUMNS.items()
    }
    complete = np.logical_and.reduce([np.asarray(values.is_valid()) for values in columns.values()])
    rows = pa.array(np.flatnonzero(complete))
    return {name: values.take(rows) for name, values in columns.items()}


@pytest.fixture(scope="session")
def encode(people: Mapping[str, pa.StringArray]) -> Callable[..., Target]:
    """Encode the first `n` people under a filter given as keywords of the specification."""

    def encoded(n: int, fields: list[object] | None = None, **filter_rule: object) -> Target:
        members = fields or ["forename", "surname", "birth_date"]
        rule = FilterRule.model_validate(
            {
                "name": "tested",
                "fields": [member if isinstance(member, dict) else {"field": member} for member in members],
                **filter_rule,
            }
        )
        columns = {name: values.slice(0, n) for name, values in people.items()}
        plain = FilterEncoder(rule, FIELDS, key_of).encode(columns, n)
        codes = FilterHardening(rule, key_of).apply(plain, np.zeros((n, 16), np.uint8))
        diffused = any(step.kind == "diffuse" for step in rule.hardening)
        return Target(codes, token_indicators(rule, FIELDS, columns, n), diffused)

    return encoded
