"""What a process holds at its peak is told from what it maps."""

import subprocess
import sys

import pytest

PEAK = """
import mmap, tempfile, time
import numpy as np
from pipelines.at_unit.linking.memory import OwnPeak
with OwnPeak() as peak:
    before = peak.mib
    held = np.ones(8 << 20)
    time.sleep(0.3)
    del held
    with tempfile.TemporaryFile() as file:
        file.write(bytes(64 << 20))
        file.flush()
        mapped = np.frombuffer(mmap.mmap(file.fileno(), 64 << 20, access=mmap.ACCESS_READ), np.uint8)
        mapped.sum()
        time.sleep(0.1)
    print(peak.mib - before, before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it")
def test_the_peak_counts_what_was_given_back_and_not_what_is_mapped():
    told = subprocess.run([sys.executable, "-c", PEAK], check=True, capture_output=True, text=True).stdout
    grown, before = map(float, told.split())
    assert before > 0
    assert grown == pytest.approx(64, abs=16)
