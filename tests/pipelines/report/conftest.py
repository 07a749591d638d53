"""One browser for all pages."""

import pytest
from browser_pages import chromium


@pytest.fixture(scope="session")
def browser():
    with chromium() as found:
        yield found
