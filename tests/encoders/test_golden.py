"""No bit of an encoding changes unnoticed."""

import importlib.util
import json
from pathlib import Path

GOLDEN = Path(__file__).parent.parent / "golden"


def test_the_encodings_are_the_committed_ones():
    location = importlib.util.spec_from_file_location("make_encodings", GOLDEN / "make_encodings.py")
    module = importlib.util.module_from_spec(location)
    location.loader.exec_module(module)
    committed = json.loads((GOLDEN / "encodings.json").read_text(encoding="utf-8"))
    made = module.encodings()
    assert made.keys() == committed.keys()
    for part, vectors in committed.items():
        assert made[part] == vectors, f"{part}: output bits have changed, which is a breaking change"
