"""Make the golden encodings: what a fixed key makes of fixed values, bit by bit.

``python tests/golden/make_encodings.py`` writes ``encodings.json`` beside itself. An empty diff says that no bit has
changed. A diff is a breaking change: old codes and new ones cannot be compared, and the changelog has to say so.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from encoders.filters.bloom import FilterEncoder
from encoders.filters.hardening import FilterHardening
from encoders.filters.positions import positions_of
from encoders.keys.project_key import ProjectKey, Purpose
from encoders.record_encoder import RecordEncoder
from linkage.exchange.secret_bytes import SecretBytes
from linkage.exchange.specification.encoding import (
    Balance,
    Blip,
    Diffuse,
    FieldRule,
    FilterField,
    FilterRule,
    Fold,
    Resample,
    Rule90,
    TokenKind,
)
from linkage.exchange.specification.reading import parse_specification

TARGET = Path(__file__).with_name("encodings.json")
SPECIFICATION = Path(__file__).with_name("specification.toml")
VALUES = {
    "forename": ["ada", "mary ann", None, "o"],
    "surname": ["lovelace", "byron king", "noel", None],
    "former_surname": [None, "byron", None, None],
    "guardian_forename": ["anne", None, "annabella", "george"],
    "birth_date": ["18151210", "20100229", "20111111", None],
    "sex": ["f", "f", None, "m"],
    "postcode": ["sw1a1aa", "m11ae", None, "ec1a1bb"],
    "address": ["12 saint james square", "flat 2 1 high street", None, "x"],
    "nhs_number": ["9434765919", None, None, "4010232137"],
    "upn": [None, "a123456789012", None, None],
    "house": ["12", "13", None, "12a"],
}
FIELD_OF = {
    TokenKind.NEIGHBOURHOOD: "house",
    TokenKind.DIGITS: "birth_date",
    TokenKind.DATE_PARTS: "birth_date",
}
STEPS = {
    "diffuse": Diffuse(kind="diffuse", inputs=10, bits=192),
    "fold": Fold(kind="fold"),
    "resample": Resample(kind="resample", bits=64),
    "rule90": Rule90(kind="rule90"),
    "balance": Balance(kind="balance"),
    "blip": Blip(kind="blip", flip=0.1),
}


def project_key() -> ProjectKey:
    """A key that everybody knows, for vectors only."""
    return ProjectKey("golden", 1, SecretBytes(bytes(range(32))))


def encodings() -> dict[str, object]:
    """All vectors."""
    key = project_key()
    columns = {field: pa.array(values, pa.string()) for field, values in VALUES.items()}
    fields = {
        "forename": FieldRule(kind="name"),
        "house": FieldRule(kind="number"),
        "birth_date": FieldRule(kind="date"),
    }

    def hashing(label: str) -> bytes:
        return key.derive(Purpose.HASHING, label)

    def filter_of(rule: FilterRule) -> np.ndarray:  # type: ignore[type-arg]
        return FilterEncoder(rule, fields, hashing).encode(columns, 4)

    tokens = {}
    for kind in TokenKind:
        field = FIELD_OF.get(kind, "forename")
        rule = FilterRule(name="golden", bits=128, fields=[FilterField(field=field, tokens=kind)])
        tokens[str(kind)] = _rows(filter_of(rule))
    salted = FilterRule(
        name="golden", bits=128, fields=[FilterField(field="forename", salt="birth_date:year")]
    )
    plain = FilterRule(
        name="golden", bits=128, fields=[FilterField(field="forename"), FilterField(field="birth_date")]
    )
    ids = np.arange(64, dtype=np.uint8).reshape(4, 16)
    hardened = {
        name: _rows(
            FilterHardening(
                plain.model_copy(update={"hardening": [step]}),
                lambda label: key.derive(Purpose.DIFFUSION, label),
            ).apply(filter_of(plain), ids)
        )
        for name, step in STEPS.items()
    }
    specification = parse_specification(SPECIFICATION.read_text(encoding="utf-8"), origin=SPECIFICATION.name)
    encoder = RecordEncoder(specification, "school", key.derive)
    pseudonyms = encoder.pseudonyms(pa.array(["1", "2", "3", "4"]))
    records = encoder.encode(pseudonyms, columns)
    return {
        "positions": positions_of(hashing("positions"), [b"a", b"bc", b""], n_bits=960, k=12).tolist(),
        "tokens": tokens,
        "salted": _rows(filter_of(salted)),
        "hardened": hardened,
        "fingerprint": specification.fingerprint,
        "record_ids": [row.tobytes().hex() for row in pseudonyms],
        "records": {
            column.label: _rows(records.words[:, column.offset : column.stop])
            for column in specification.record_schema.columns
        },
    }


def _rows(words: np.ndarray) -> list[str]:  # type: ignore[type-arg]
    return [np.ascontiguousarray(row, dtype="<u8").tobytes().hex() for row in words]


if __name__ == "__main__":
    TARGET.write_text(json.dumps(encodings(), indent=1) + "\n", encoding="utf-8")
