"""Pages agree with the tree: every key of a specification, every link, every page and every package."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SCRIPT = DOCS / "make_specification.py"
MEND = "correct docs/specification_keys.toml and run: python docs/make_specification.py"


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("make_specification", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_key_of_a_specification_is_explained_and_no_other(reference):
    told = {f"{section}.{key}" for section, keys in reference.texts().items() for key in keys}
    known = {f"{model.__name__}.{key}" for model in reference.sections() for key in model.model_fields}
    assert sorted(known ^ told) == [], MEND


def test_the_page_is_the_one_that_the_script_writes(reference):
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), MEND


def test_links_between_pages_lead_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_readme_of_the_pages_lists_them_all():
    listed = set(re.findall(r"\]\(([^)]+)\)", (DOCS / "README.md").read_text(encoding="utf-8")))
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {"README.md", "index.md"}
    assert sorted(pages - listed - {"security.md", "architecture.md"}) == []


def test_the_architecture_names_every_package():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = [
        file.parent
        for zone in ("encoders", "linkage", "pipelines")
        for file in (ROOT / zone).rglob("__init__.py")
        if len(file.parent.relative_to(ROOT).parts) <= 3
    ]
    unnamed = [str(each.relative_to(ROOT)) for each in packages if f"{each.name}/" not in text]
    assert unnamed == []
