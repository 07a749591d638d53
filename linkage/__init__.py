"""The linkage unit: matches encoded records and keeps the child index.

Nothing here may see plaintext or the project key. Records arrive as packages of keyed encodings
(`linkage.exchange`), and leave as pseudonymous child ids. This package never imports `encoders`, `pipelines`
or `cli`; an import contract and a run-time test hold it to that.

For notebooks ``from linkage import open_workbench`` gives the analyst's object, see `linkage.analysis`. Importing this
package imports nothing, so that the source zone can import `linkage.exchange` without the rest of the unit: the name
is looked up when it is asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linkage.analysis import Workbench, open_workbench

__all__ = ["Workbench", "open_workbench"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from linkage import analysis  # noqa: PLC0415 - see above

    return getattr(analysis, name)
