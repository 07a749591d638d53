"""Reading a specification: all of its faults at once, before any data is read."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.plurals import counted
from linkage.exchange.specification.derived import with_derived_sections
from linkage.exchange.specification.model import Specification
from linkage.exchange.specification.references import reference_faults
from linkage.exchange.specification.risks import unaccepted_risks
from linkage.exchange.specification.schema_walk import known_keys
from linkage.exchange.suggestions import suggestion

__all__ = ["default_specification_text", "parse_specification", "read_specification"]


def read_specification(path: Path) -> Specification:
    """Read and check a specification file.

    Raises
    ------
    SpecificationRefused
        If the file cannot be read, is not TOML, or has faults; the message lists every fault with its key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecificationRefused(
            f"{path}: there is no such specification; make one with 'childindex spec new {path}'"
        ) from None
    except UnicodeDecodeError:
        raise SpecificationRefused(f"{path}: a specification is a UTF-8 text file, this is not") from None
    except OSError as error:
        raise SpecificationRefused(
            f"{path}: cannot be read as a specification ({error.strerror}); give the file"
        ) from None
    return parse_specification(text, origin=str(path))


def parse_specification(text: str, *, origin: str) -> Specification:
    """Check the text of a specification; `origin` names it in messages.

    Raises
    ------
    SpecificationRefused
        As `read_specification`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecificationRefused(f"{origin}: not valid TOML: {error}") from None
    document = with_derived_sections(document)
    faults: list[str] = []
    specification = None
    try:
        specification = Specification.model_validate(document)
    except ValidationError as error:
        faults += [_sentence(detail) for detail in error.errors(include_url=False)]
    faults += reference_faults(document)
    if specification is not None and not faults:
        faults += unaccepted_risks(specification)
    if specification is None or faults:
        raise SpecificationRefused("\n  - ".join([f"{origin}: {counted(len(faults), 'fault')}:", *faults]))
    return specification


def default_specification_text(name: str = "children_private") -> str:
    """The commented specification that ships with the product."""
    return (files("linkage.exchange.specification") / f"{name}.toml").read_text(encoding="utf-8")


def _sentence(detail: ErrorDetails) -> str:
    where = ""
    for step in detail["loc"]:
        where += f"[{step}]" if isinstance(step, int) else f".{step}" if where else str(step)
    kind = detail["type"]
    if kind == "extra_forbidden":
        known = known_keys(Specification, detail["loc"][:-1])
        return f"{where}: unknown key; {suggestion(str(detail['loc'][-1]), known)}"
    if kind == "missing":
        return f"{where}: expected a value, got none"
    return f"{where}: {_lower_first(detail['msg'])}, got {_short(detail['input'])}"


def _lower_first(message: str) -> str:
    return message[:1].lower() + message[1:]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
