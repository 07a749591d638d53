"""Small populations that many tests look at, made once."""

from collections.abc import Callable

import pytest
from oracle_population import Population, population, without_faults

from pipelines import simulate
from pipelines.simulation.lists.tables import Tables
from pipelines.simulation.lists.tables_registry import registry_tables
from pipelines.simulation.rates import Rates


@pytest.fixture(scope="session")
def tables() -> Tables:
    return registry_tables()


@pytest.fixture(scope="session")
def usual(tables: Tables) -> Population:
    """Ten thousand children at the default rates."""
    return population(tables, 10_000, 7, Rates())


@pytest.fixture(scope="session")
def faultless(tables: Tables) -> Population:
    """Children about whom every source says the same, half of the births twins."""
    return population(tables, 3_000, 7, without_faults("twin=0.5"))


@pytest.fixture(scope="session")
def made_with(tables: Tables) -> Callable[..., Population]:
    """Make 4,000 children without faults but for the rates given, once for each set of rates."""
    made: dict[tuple[str, ...], Population] = {}

    def make(*pairs: str) -> Population:
        if pairs not in made:
            made[pairs] = population(tables, 4_000, 11, without_faults(*pairs))
        return made[pairs]

    return make


@pytest.fixture
def tables_at_hand(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `run` take the tables that the tests have, rather than make them once more."""
    monkeypatch.setattr(simulate, "registry_tables", lambda: tables)
