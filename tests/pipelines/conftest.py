"""A project with three sources, a unit and small simulated feeds, made once for all tests of the jobs."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from linkage.exchange.specification import default_specification_text
from pipelines import encode, init, keys, link, load, simulate

SOURCES = ("school", "gp", "benefits")
CHILDREN = 400


@dataclass(frozen=True)
class Project:
    """Where the parts of a project lie."""

    folder: Path

    @property
    def spec(self) -> Path:
        return self.folder / "spec.toml"

    @property
    def unit_keys(self) -> Path:
        return self.folder / "unit-keys"

    @property
    def index(self) -> Path:
        return self.folder / "index"

    @property
    def truth(self) -> Path:
        return self.folder / "feeds" / "truth.parquet"

    def feed(self, source: str) -> Path:
        return self.folder / "feeds" / f"{source}.csv"

    def keys(self, source: str) -> Path:
        return self.folder / f"{source}-keys"

    def package(self, source: str) -> Path:
        return self.folder / "packages" / f"{source}.cip"

    def id_map(self, source: str) -> Path:
        return self.folder / "feeds" / f"{source}.record_ids.parquet"

    def job(self, source: str, **changes: object) -> encode.EncodeJob:
        settings = {
            "feed": self.feed(source),
            "source": source,
            "specification": self.spec,
            "keys": self.keys(source),
            "out": self.package(source),
        }
        return encode.EncodeJob(**(settings | changes))  # type: ignore[arg-type]

    def copy(self, to: Path) -> "Project":
        shutil.copytree(self.folder, to, dirs_exist_ok=True)
        return Project(to)


def make_keys(project: Project, sources: tuple[str, ...] = SOURCES) -> None:
    keys.unit(project.unit_keys)
    for source in sources:
        keys.source(source, project.keys(source))
    keys.project(project.spec, project.keys(sources[0]))
    for source in sources:
        keys.trust(project.unit_keys / "unit.pub", project.keys(source), None)
        keys.trust(project.keys(source) / f"source-{source}.pub", project.unit_keys, None)
        if source != sources[0]:
            shutil.copy(project.keys(sources[0]) / "project.key", project.keys(source))


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Feeds, specification and keys; nothing is encoded."""
    project = Project(tmp_path_factory.mktemp("prepared"))
    simulate.run(project.folder / "feeds", CHILDREN, seed=3, formats=("csv",), workers=1)
    project.spec.write_text(default_specification_text(), encoding="utf-8")
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
def run_command():
    """Run a command line in this process; the result has exit_code, stdout and stderr."""

    def run(*arguments: object):
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return run
