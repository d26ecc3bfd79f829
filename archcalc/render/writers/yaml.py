"""A device as a file of devices, which ``--devices`` reads again."""

from __future__ import annotations

from archcalc.results.time import Device

ENDINGS = (".yaml", ".yml")
ACCEPTS = (Device,)


def render(device: Device) -> str:
    """A device as a file of devices, so that it can be read again."""
    lines = ["devices:", f"  {device.name}:", f"    title: {_quoted(device.title)}"]
    lines += [f"    year: {device.year}"] if device.year else []
    for unit, rates in (("vector", device.vector), ("matrix", device.matrix)):
        lines += (
            [f"    {unit}: {{{', '.join(f'{dtype}: {rate}' for dtype, rate in rates.items())}}}"]
            if rates
            else []
        )
    lines += [f"    bandwidth: {device.bandwidth}", f"    memory: {device.memory}"]
    texts = (("source", device.source), ("seen", device.seen), ("note", device.note))
    lines += [f"    {word}: {_quoted(text)}" for word, text in texts if text]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
