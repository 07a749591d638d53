"""The tutorials do what they say, command by command."""

import os
from pathlib import Path

import pytest
from tutorials import Reader, blocks_of

PAGES = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.md"))


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return tmp_path_factory.mktemp("demonstration") / "demo"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_can_be_followed(page, made, tmp_path, monkeypatch):
    for variable in ("CHILDINDEX_PASSPHRASE", "CHILDINDEX_PASSPHRASE_FILE", "CHILDINDEX_KEYS"):
        monkeypatch.delenv(variable, raising=False)
    reader = Reader(tmp_path, made)
    blocks = blocks_of(page)
    assert len(blocks) > 4
    for block in blocks:
        if not block.slow or os.environ.get("CHILDINDEX_FULL") == "1":
            reader.follow(block)
