"""The limits of CONTRIBUTING.md on files and functions hold."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ("linkage", "encoders", "pipelines", "sample_data", "benchmarks", "tests")
MOST_LINES_IN_A_FILE = 500
MOST_LINES_IN_A_FUNCTION = 60
VAGUE_NAMES = {"utils", "util", "misc", "helpers", "common"}


def python_files() -> list[Path]:
    """Every Python file of the project, without those of environments."""
    below = sorted(file for folder in SOURCES for file in (ROOT / folder).rglob("*.py"))
    return [*ROOT.glob("*.py"), *below]


def function_bodies(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    """Every function with the number of lines of its body, its docstring left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            yield node, (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_file_is_too_long() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in python_files()}
    too_long = [
        str(file.relative_to(ROOT)) for file, length in lengths.items() if length > MOST_LINES_IN_A_FILE
    ]
    assert too_long == []


def test_no_function_is_too_long() -> None:
    too_long = {
        f"{file.relative_to(ROOT)}:{function.lineno} {function.name}": length
        for file in python_files()
        for function, length in function_bodies(ast.parse(file.read_text(encoding="utf-8")))
        if length > MOST_LINES_IN_A_FUNCTION
    }
    assert too_long == {}


def test_every_file_says_what_it_is() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in python_files()
        if ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [str(file.relative_to(ROOT)) for file in python_files() if file.stem in VAGUE_NAMES] == []
