"""The terminal's side: help by section, completion, suggestions, progress that fits and keeps quiet when it should."""

import io
import json
import re
import subprocess
import sys

import click
import pytest
from click.shell_completion import get_completion_class
from rich.console import Console

from cli import main
from pipelines.commands.group import CommandGroup
from pipelines.commands.help_sections import SECTIONS
from pipelines.console import TerminalProgress, rate_text, table_text


def test_the_help_lists_every_command_once_by_who_runs_it(run_command):
    text = run_command("--help").stdout
    headings = [line.rstrip(":") for line in text.splitlines() if re.match(r"^[A-Z][^:]*:$", line)]
    assert headings == ["Options", *SECTIONS]
    for name in main.commands:
        assert len(re.findall(rf"^  {name} ", text, flags=re.MULTILINE)) == 1, name
    assert max(map(len, text.splitlines())) <= 80


def test_each_shell_has_its_line(run_command):
    lines = run_command("completion", "--help").stdout.splitlines()
    shells = ("bash:", "zsh:", "fish:")
    assert [line.split()[0] for line in lines if line.strip().startswith(shells)] == list(shells)


def test_every_command_has_its_section_and_no_section_names_a_command_that_is_not_there():
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(main.commands)


@pytest.mark.parametrize(
    ("shell", "expected"), [("bash", "complete -o"), ("zsh", "#compdef"), ("fish", "complete ")]
)
def test_completion_for_a_shell(run_command, shell, expected):
    result = run_command("completion", shell)
    assert result.exit_code == 0
    assert expected in result.stdout
    assert "childindex" in result.stdout
    assert run_command("completion", "csh").exit_code == 2
    told = json.loads(run_command("completion", shell, "--json").stdout)
    assert told == {"shell": shell, "source": result.stdout.removesuffix("\n")}


def test_completion_knows_commands_and_options():
    shell = get_completion_class("bash")(main, {}, "childindex", "_CHILDINDEX_COMPLETE")
    assert [item.value for item in shell.get_completions([], "enc")] == ["encode"]
    assert [item.value for item in shell.get_completions(["keys"], "ro")] == ["rotate"]
    assert "--source" in {item.value for item in shell.get_completions(["encode"], "--s")}


def test_a_wrong_option_gets_a_suggestion(run_command):
    result = run_command("encode", "feed.csv", "--sorce", "school")
    assert result.exit_code == 2
    assert "--source" in result.stderr


def walk(group, path=()):
    for name, command in group.commands.items():
        if isinstance(command, CommandGroup):
            yield from walk(command, (*path, name))
        else:
            yield (*path, name), command


def test_an_example_names_no_option_that_is_not_there():
    for path, command in walk(main):
        example = " ".join(re.search(r"Example:(.*)", command.help, flags=re.DOTALL)[1].split())
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        assert set(re.findall(r"(?<!\S)--[a-z][a-z-]*", example)) <= known, path


def test_every_option_says_what_it_is_for():
    silent = [
        (*path, option.name)
        for path, command in walk(main)
        for option in command.params
        if isinstance(option, click.Option) and not option.help and option.type.name != "choice"
    ]
    assert silent == []


def drawn(*, quiet=False, terminal=True, colour=True):
    output = io.StringIO()
    console = Console(
        file=output, force_terminal=terminal, width=80, no_color=not colour, quiet=quiet, legacy_windows=False
    )
    with TerminalProgress(quiet=quiet, console=console).stage(
        "normalise and encode school", total=4000
    ) as stage:
        stage.reach(1000)
        stage.reach(4000)
    return output.getvalue()


def test_progress_fits_80_columns_and_ends_at_the_whole():
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn())
    assert "100%" in plain
    assert max(len(line.rstrip()) for line in re.split(r"[\r\n]", plain)) <= 80


@pytest.mark.parametrize("how", [{"quiet": True}, {"terminal": False}])
def test_progress_is_silent_when_piped_or_asked(how):
    assert drawn(**how) == ""


def test_no_color_takes_the_colours_away():
    assert re.search(r"\x1b\[3[0-9]", drawn())
    assert not re.search(r"\x1b\[(?:3[0-9]|38)", drawn(colour=False))


@pytest.mark.parametrize(
    ("speed", "unit", "told"),
    [
        (1_234_567, "records", "1.2 M records/s"),
        (999, "pairs", "999 pairs/s"),
        (2_500, "bytes", "2.5 kB/s"),
        (7, "bytes", "7 B/s"),
        (3e9, "pairs", "3.0 G pairs/s"),
    ],
)
def test_a_rate_is_short(speed, unit, told):
    assert rate_text(speed, unit) == told
    assert len(told) <= 17


def test_words_of_a_table_are_not_broken_where_they_fit():
    name = "filter.forename_surname_birth_date"
    row = ["entropy of all bits", name, "a sentence of so many words, and more of them, to the end"]
    text = table_text(["check", "on", "found"], [row])
    assert name in text
    # Nothing is cut off either.
    assert text.split()[-1] == "end"
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_table_fits_whatever_it_holds():
    text = table_text(["name", "number"], [["x" * 200, 1], ["y", 22_000]])
    assert max(map(len, text.splitlines())) <= 80
    assert "22,000" in text


def test_help_loads_nothing_heavy():
    script = (
        "import sys, cli; heavy = {'numpy', 'numba', 'pyarrow', 'duckdb', 'scipy', 'pandas', 'rich', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
