"""The public names of every package resolve, and change only on purpose."""

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

PINNED = Path(__file__).with_name("public_names.txt")
PACKAGES = ("linkage", "encoders", "pipelines")


def public_packages() -> list[ModuleType]:
    """All packages (not plain modules) that ship, outermost first."""
    packages = [importlib.import_module(name) for name in PACKAGES]
    below = [
        importlib.import_module(module.name)
        for package in packages
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if module.ispkg
    ]
    return packages + below


def public_names() -> list[str]:
    """One line for each public name, `package: name`, sorted."""
    return sorted(f"{package.__name__}: {name}" for package in public_packages() for name in package.__all__)


def test_every_package_declares_its_public_names() -> None:
    missing = [package.__name__ for package in public_packages() if not hasattr(package, "__all__")]
    assert missing == []


def test_public_names_resolve() -> None:
    unresolved = [
        f"{package.__name__}.{name}"
        for package in public_packages()
        for name in package.__all__
        if not hasattr(package, name)
    ]
    assert unresolved == []


def test_public_names_are_those_pinned() -> None:
    pinned = set(PINNED.read_text(encoding="utf-8").splitlines())
    found = set(public_names())
    assert found == pinned, (
        f"new: {sorted(found - pinned)}; gone: {sorted(pinned - found)}. "
        "If that is meant: make public-names, and a line in CHANGELOG.md when a name went away."
    )


if __name__ == "__main__":
    PINNED.write_text("".join(f"{name}\n" for name in public_names()), encoding="utf-8")
