"""What a process holds at its peak is told from what it maps."""

import subprocess
import sys

import pytest

PEAK = """
import numpy as np
from pipelines.at_unit.linking.memory import own_peak_mib
before = own_peak_mib(otherwise=-1)
held = np.ones(8 << 20)
del held
print(own_peak_mib(otherwise=-1) - before, before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")
def test_the_peak_counts_what_was_given_back():
    told = subprocess.run([sys.executable, "-c", PEAK], check=True, capture_output=True, text=True).stdout
    grown, before = map(float, told.split())
    assert before > 0
    assert grown == pytest.approx(64, abs=16)
