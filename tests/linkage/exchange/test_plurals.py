"""A number with its noun, as every message has it."""

import ast
import re
from pathlib import Path

import pytest

from linkage.exchange.plurals import counted

ROOT = Path(__file__).parents[3]
PLURAL = re.compile(
    r"^ (?:records|pairs|children|rows|packages|links|questions|labels|entries|columns|faults|runs)\b"
)
MANY = {
    # Constants and sizes that are never 1.
    "encoders/feeds/checks.py",
    "encoders/gate/attack_findings.py",
    "encoders/gate/sameness.py",
    "encoders/gate/translation_findings.py",
    "pipelines/buckets.py",
    "pipelines/at_source/attack.py",
    "pipelines/at_source/remedies.py",
    "pipelines/demo.py",
}


@pytest.mark.parametrize(
    ("number", "words", "told"),
    [
        (0, ("record",), "0 records"),
        (1, ("record",), "1 record"),
        (2, ("record",), "2 records"),
        (1_234_567, ("pair",), "1,234,567 pairs"),
        (1, ("child", "children"), "1 child"),
        (0, ("row has", "rows have"), "0 rows have"),
    ],
)
def test_a_number_with_its_noun(number, words, told):
    assert counted(number, *words) == told


def written_out(path):
    """Lines of f-strings of messages in which a count stands before a plural."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            for before, after in zip(node.values, node.values[1:], strict=False):
                if (
                    isinstance(before, ast.FormattedValue)
                    and before.format_spec is not None
                    and isinstance(after, ast.Constant)
                    and PLURAL.match(str(after.value))
                ):
                    yield node.lineno


def test_no_message_writes_the_plural_of_a_count_by_itself():
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for zone in ("encoders", "linkage", "pipelines")
        for path in sorted((ROOT / zone).rglob("*.py"))
        if str(path.relative_to(ROOT)) not in MANY
        for line in written_out(path)
    }
    assert not found
