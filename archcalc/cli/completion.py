"""Print the completion script of a shell."""

from __future__ import annotations

import click

from archcalc.cli._output import say

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS), help="Your shell.")
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands, networks, settings, columns, layers and files.

    \b
    archcalc completion bash >> ~/.bashrc
    archcalc completion zsh >> ~/.zshrc
    archcalc completion fish > ~/.config/fish/completions/archcalc.fish

    Then start a new shell, and press Tab after "archcalc table vg".
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is not None:
        group = context.find_root().command
        say(kind(group, {}, "archcalc", "_ARCHCALC_COMPLETE").source())
