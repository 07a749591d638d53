"""A project with three sources, a unit and small simulated feeds, made once for all tests of the jobs."""

import pytest
from click.testing import CliRunner
from project_on_disk import SOURCES, Project, make_keys

from cli import main
from linkage.exchange.specification import default_specification_text
from pipelines import simulate
from pipelines.at_source import encode
from pipelines.at_unit import init, link, load

CHILDREN = 400


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Feeds, specification and keys; nothing is encoded."""
    project = Project(tmp_path_factory.mktemp("prepared"))
    simulate.run(project.folder / "feeds", CHILDREN, seed=3, formats=("csv",), workers=1)
    project.spec.write_text(default_specification_text("children"), encoding="utf-8")
    make_keys(project)
    (project.folder / "packages").mkdir()
    return project


@pytest.fixture(scope="session")
def encoded(prepared: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """All three feeds as packages."""
    project = prepared.copy(tmp_path_factory.mktemp("encoded"))
    for source in SOURCES:
        encode.run(project.job(source))
    return project


@pytest.fixture(scope="session")
def linked(encoded: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """An index, loaded and linked; read it only."""
    project = encoded.copy(tmp_path_factory.mktemp("linked"))
    init.run(project.index, project.spec)
    load.run(project.index, [project.package(source) for source in SOURCES], project.unit_keys)
    link.run(link.LinkJob(project.index))
    return project


@pytest.fixture
def smallest_attack(prepared: Project) -> tuple[object, ...]:
    """A command line that attacks as little as it can."""
    told = ("--source", "gp", "--spec", prepared.spec, "--knows", "nobody", "--people", 100, "--no-network")
    return ("attack", prepared.feed("gp"), *told)


@pytest.fixture
def run_command():
    """Run a command line in this process; the result has exit_code, stdout and stderr."""

    def run(*arguments: object):
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return run
