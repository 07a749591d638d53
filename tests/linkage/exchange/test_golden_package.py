"""A package of version 1, sealed once and kept, is still read."""

import runpy
from pathlib import Path

import numpy as np

from linkage.exchange.package_reader import open_package
from linkage.exchange.records import EncodedRecords

GOLDEN = runpy.run_path(str(Path(__file__).with_name("make_golden_package.py")))


def test_version_1_is_read() -> None:
    trusted = {"school": GOLDEN["SOURCE"].public}
    for key in (GOLDEN["UNIT"], GOLDEN["SOURCE"].envelope_key):
        with open_package(GOLDEN["GOLDEN"], key, trusted, GOLDEN["EXPECTED"]) as package:
            back = EncodedRecords.concatenate(list(package.batches()))
        for name in ("record_ids", "operations", "flags", "words"):
            np.testing.assert_array_equal(getattr(back, name), getattr(GOLDEN["records"](), name))
