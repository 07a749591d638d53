"""Every benchmark is in the list of their page."""

import re

from quick_benchmarks import BENCHMARKS


def test_the_readme_lists_every_script_that_can_be_run():
    page = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    scripts = {
        file.name for file in BENCHMARKS.glob("*.py") if "__main__" in file.read_text(encoding="utf-8")
    }
    listed = set(re.findall(r"`(\w+\.py)`", page))
    assert sorted(scripts - listed) == []
    assert sorted(listed - {file.name for file in BENCHMARKS.glob("*.py")}) == []
