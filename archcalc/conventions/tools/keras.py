"""Keras: the parameters of its summary."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="keras",
    tool="keras",
    version="3.15.1",
    unit="",
    calls="Total params",
    says=(
        "Its total of parameters contains the running mean and variance of batch normalization. It "
        "counts no operations."
    ),
    counts={},
    params={
        "bn": "params + buffers",
    },
    of_torch=False,
    source="keras/src/utils/summary_utils.py",
)
