"""`childindex completion`: what a shell needs to complete commands, options and files."""

import click
from click.shell_completion import get_completion_class

from pipelines.commands.group import print_result
from pipelines.commands.options import JSON

__all__ = ["completion"]

PROGRAM = "childindex"
VARIABLE = "_CHILDINDEX_COMPLETE"


# Lines that click must not fill follow a backspace, which a docstring should not hold.
HELP = """Print what SHELL needs to complete commands and options.

\b
bash: eval "$(childindex completion bash)"     in ~/.bashrc
zsh:  eval "$(childindex completion zsh)"      in ~/.zshrc
fish: childindex completion fish | source      in ~/.config/fish/config.fish

Example: childindex completion bash
"""


@click.command(help=HELP)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@JSON
@click.pass_context
def completion(ctx: click.Context, shell: str, *, as_json: bool) -> None:
    """Print what SHELL needs to complete commands and options."""
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"this version of click has no completion for {shell}")
    source = found(ctx.find_root().command, {}, PROGRAM, VARIABLE).source()
    print_result({"shell": shell, "source": source}, source, as_json=as_json)
