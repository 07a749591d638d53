"""Which model a run uses: the one in use, that of a file, or none, which means to fit one."""

from dataclasses import dataclass

from linkage.index import Index
from pipelines.at_unit.linking.decided_model import DecidedModel

__all__ = ["ModelChoice", "model_in_use"]


@dataclass(frozen=True)
class ModelChoice:
    """Which model to use.

    Attributes
    ----------
    decided
        A model with its threshold; None to fit one.
    run_no
        The run that fitted it or read it from a file, if it is kept there.
    """

    decided: DecidedModel | None = None
    run_no: int | None = None


def model_in_use(index: Index) -> ModelChoice:
    """The model of the last published run that has one, so that nights are alike until somebody refits."""
    for earlier in reversed(index.runs()):
        if earlier.status == "published" and earlier.model:
            decided = DecidedModel.from_json(dict(earlier.model), origin=f"run {earlier.run_no}")
            return ModelChoice(decided, earlier.run_no)
    return ModelChoice()
