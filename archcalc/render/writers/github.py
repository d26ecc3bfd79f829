"""The result of check for GitHub Actions: annotations at the lines of the specs, the biggest change first."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.render.check import budget_sentence, sentence, verdict
from archcalc.results.check import CheckReport, Place, biggest_first, exceeded, without_implied

ENDINGS: tuple[str, ...] = ()
ACCEPTS = (CheckReport,)


def render(checked: CheckReport) -> str:
    """Workflow commands, one per line. GitHub shows ten of a kind, so budgets and big changes come first.

    Source: GitHub Docs, Workflow commands for GitHub Actions.
    """
    return "".join(f"{line}\n" for line in _lines(checked))


def _lines(checked: CheckReport) -> Iterator[str]:
    for budget in exceeded(checked.budgets):
        yield _command(budget.place, "archcalc budget", budget_sentence(budget))
    for difference in biggest_first(without_implied(checked.differences)):
        title = f"archcalc {difference.quantity or difference.kind}"
        yield _command(difference.place, title, sentence(difference))
    if checked.ok:
        yield f"::notice title=archcalc::{_message(verdict(checked))}"


def _command(place: Place, title: str, message: str) -> str:
    # An annotation needs a line, so one about a whole file stands at line 1.
    values = {"file": place.file, "line": place.line or 1, "col": place.column or 1, "title": title}
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in values.items())
    return f"::error {properties}::{_message(message)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
