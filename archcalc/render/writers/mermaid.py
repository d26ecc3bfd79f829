"""A diagram in Mermaid, which GitHub and GitLab draw in Markdown."""

from __future__ import annotations

from typing import Any

from archcalc.render import report_of
from archcalc.results.diagram import Diagram

ENDINGS = (".mmd", ".mermaid")
ACCEPTS = (Diagram,)


def render(diagram: Diagram, **options: Any) -> str:
    """The text of the diagram."""
    return report_of(diagram, **options).own["mermaid"]()
