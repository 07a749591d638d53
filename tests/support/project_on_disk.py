"""A project on disk as the tests of the jobs use it: where its parts lie, and its keys."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipelines.at_source import encode, keys
from pipelines.at_unit.keys import unit as create_unit
from pipelines.key_trust import trust

SOURCES = ("school", "gp", "benefits")


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
    told_by_unit = create_unit(project.unit_keys)["fingerprint"]
    told = {source: keys.source(source, project.keys(source))["fingerprint"] for source in sources}
    keys.project(project.spec, project.keys(sources[0]))
    for source in sources:
        trust(project.unit_keys / "unit.pub", project.keys(source), told_by_unit)
        trust(project.keys(source) / f"source-{source}.pub", project.unit_keys, told[source])
        if source != sources[0]:
            shutil.copy(project.keys(sources[0]) / "project.key", project.keys(source))
