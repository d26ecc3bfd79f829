"""Streams that are closed, full or given up by their reader: one sentence, and the exit code still tells."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from helpers.marks import slow_except

from archcalc.cli import Commands, main

CLOSED = "archcalc: error: cannot write to standard output: it is closed\n"
FULL = "archcalc: error: cannot write to standard output: No space left on device\n"
FAILING = "check {spec} --no-lock --max params=1"
SPEC = Path(__file__).parents[2] / "specs" / "lenet5.yaml"


def bash(command: str, folder: Path) -> tuple[int, str]:
    """The exit code of a command in a shell, and its messages; ``archcalc`` is the one that is tested."""
    command = command.replace("archcalc", f"{shlex.quote(sys.executable)} -m archcalc", 1)
    done = subprocess.run(
        ["bash", "-c", command.replace("{spec}", shlex.quote(str(SPEC)))],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SPEC.parents[1])},
        check=False,
    )
    return done.returncode, done.stderr


CASES = {
    "archcalc table lenet5 >&-": (2, CLOSED),
    f"archcalc {FAILING} >&-": (2, CLOSED),
    "archcalc --help >&-": (2, CLOSED),
    "archcalc schema >&-": (2, CLOSED),
    "archcalc table lenet5 -o x.csv >&-": (0, ""),
    "archcalc table - <&-": (2, "archcalc: error: <stdin>: standard input is closed\n"),
    "archcalc table lenet5 <&-": (0, ""),
    "archcalc table lenet5 2>&-": (0, ""),
    "archcalc sweep resnet18 --set width=8,16 2>&-": (0, ""),
    "archcalc table nosuchnet 2>&-": (2, ""),
    "archcalc table --bogus >&- 2>&-": (2, ""),
    "archcalc table lenet5 >/dev/full": (2, FULL),
    "archcalc --help >/dev/full": (2, FULL),
    "archcalc table --help >/dev/full": (2, FULL),
    "archcalc --version >/dev/full": (2, FULL),
    "archcalc lock l.yaml >/dev/full": (2, FULL),
    "archcalc table nosuchnet 2>/dev/full": (2, ""),
    "archcalc table 2>/dev/full": (2, ""),
    "archcalc --help | true; exit ${PIPESTATUS[0]}": (0, ""),
    "archcalc table densenet121 --depth all | head -1; exit ${PIPESTATUS[0]}": (0, ""),
    f"archcalc {FAILING} | true; exit ${{PIPESTATUS[0]}}": (1, ""),
    "archcalc lock l.yaml | true; exit ${PIPESTATUS[0]}": (0, ""),
}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("command", slow_except({"archcalc table lenet5 >&-", "archcalc table - <&-"}, CASES))
def test_a_stream_that_is_gone_is_told_in_a_sentence(command: str, tmp_path: Path) -> None:
    if "sweep" in command:
        pytest.importorskip("numpy")
    (tmp_path / "l.yaml").write_text(SPEC.read_text(encoding="utf-8"), encoding="utf-8")
    assert bash(command, tmp_path) == CASES[command]


@pytest.mark.parametrize("where", ["make_context", "get_command"])
def test_ctrl_c_never_means_that_a_check_failed(
    where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also while click reads the command line: there it would exit with 1 itself."""

    def interrupted(*args: object, **more: object) -> click.Context:
        raise KeyboardInterrupt

    owner = click.Group if where == "make_context" else Commands
    monkeypatch.setattr(owner, where, interrupted)
    monkeypatch.setattr(sys, "argv", ["archcalc", "check"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "\narchcalc: interrupted\n"
