"""The base of all ops: a dataclass of options with four formulas over any kind of dimension.

All ops have the same order: docstring (the manual), name, source, flags, options, claims, shape, weights,
cost, reach, depth, connections, kept, torch. An op never tests a dimension. It yields claims, and the engine
knows what a false claim means for each kind of dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias, TypeVar, dataclass_transform

from archcalc.dims import Dim, Truth, prod
from archcalc.ops.costs import Cost as CostOfParts
from archcalc.ops.costs import Part
from archcalc.ops.frozen import Record, record
from archcalc.ops.option_types import Rational, Sizes
from archcalc.ops.options import HasOptions, declared, option
from archcalc.ops.rounding import Quotient


class Volume(Record):
    """The sizes of a layer's output for one image: spatial sizes (rows first) and channels.

    ``spatial`` is empty for a flat vector, whose length is ``channels``. ``size`` is the number of values,
    ``rank`` the number of spatial axes.
    """

    spatial: tuple[Dim, ...]
    channels: Dim
    size: Dim
    rank: int

    __slots__ = ("channels", "rank", "size", "spatial")
    _names = ("spatial", "channels")

    def __init__(self, spatial: tuple[Dim, ...], channels: Dim) -> None:
        object.__setattr__(self, "spatial", spatial)
        object.__setattr__(self, "channels", channels)
        # Computed once: memory, costs, windows and totals all need them.
        object.__setattr__(self, "size", prod(spatial) * channels)
        object.__setattr__(self, "rank", len(spatial))

    def _values(self) -> tuple[Any, ...]:
        return self.spatial, self.channels

    @property
    def dims(self) -> tuple[Dim, ...]:
        """All sizes in the order H, W, C."""
        return (*self.spatial, self.channels)

    def __str__(self) -> str:
        return "x".join(str(dim) for dim in self.dims)


Inputs: TypeAlias = tuple[Volume, ...]
"""The volumes that a layer reads, in order; most ops read one."""

Keeps: TypeAlias = Sequence[Literal["input", "output"]]
"""The values around a layer that its backward pass needs."""

Role: TypeAlias = Literal["weight", "bias", "norm", "buffer"]


class Weight(NamedTuple):
    """One named array of a layer, in PyTorch's axis order.

    Role: ``weight`` and ``bias`` of conv, fc and the like, ``norm`` for gamma and beta, ``buffer`` for
    what is stored but not trained (running statistics, fixed kernels).
    """

    name: str
    shape: tuple[Dim, ...]
    role: Role = "weight"

    @property
    def count(self) -> Dim:
        """The number of its values."""
        # In the order of the lectures: kernel, input channels, filters. A derivation shows this product.
        return prod((*self.shape[2:], *self.shape[1::-1]))


Cost: TypeAlias = CostOfParts


class Reach(NamedTuple):
    """The input values that one output value sees, along one axis.

    ``extent`` is their number. ``step`` is the distance to the values that the next output value sees.
    ``finer`` divides the step: the outputs of an upsampling lie closer together than its inputs. ``before``
    is the number of values before the input (its padding) that the first output value sees.
    """

    extent: Dim
    step: Dim
    finer: Dim = 1
    before: Dim = 0


class Kept(NamedTuple):
    """An array that training keeps for the backward pass, beside inputs and outputs.

    ``bytes`` are the bytes of one value; None: the bytes of an activation. An array that is ``per_batch``
    does not grow with the batch.
    """

    name: str
    count: Dim
    bytes: int | None = None
    per_batch: bool = False


class Claim(NamedTuple):
    """A condition on the dimensions: ``relation(left, right)`` must be true.

    If it is false, ``option`` is the place of the mistake, ``says`` gives the message, and ``hint`` a way to
    correct it. A ``note`` is information and not a mistake.
    """

    relation: Callable[[Dim, Dim], Truth]
    left: Dim
    right: Dim
    says: Callable[[], str]
    option: str = ""
    hint: Callable[[], str] | None = None
    note: bool = False


T = TypeVar("T")
OpClass = TypeVar("OpClass", bound="type[Op]")


@dataclass_transform(frozen_default=True, kw_only_default=True, eq_default=False, field_specifiers=(option,))
def operation(op: OpClass) -> OpClass:
    """The decorator of every op: a record whose fields are the options, given by name."""
    return declared(record(op))


@operation
class Op(HasOptions):
    """The base of every op: its names, flags that say how its layer is counted, and its formulas.

    A flag is a class attribute. It may be a property where it depends on the options (``view``, ``keeps``).

    ``xs`` are the input volumes: a tuple of one, or of two and more for ops with ``many`` inputs. ``y`` is
    the output volume, the result of ``shape``; no other method computes an output size.
    """

    name: ClassVar[str]
    """Its name in a spec."""

    source: ClassVar[str] = ""
    """The paper, course or library that the formula is taken from."""

    lecture_name: ClassVar[str] = ""
    """Its name on slides, if that is another one: every pooling is a POOL."""

    other_names: ClassVar[Sequence[str]] = ()
    """Its names in PyTorch, Keras and Caffe, for hints; in small letters, without ``_`` and ``2d``.

    A name that means the op with an argument has the argument after a colon: ``gap: global``.
    """

    width_option: ClassVar[str] = ""
    """The option that sets the number of output channels; empty if the input sets it."""

    many: ClassVar[bool] = False
    """It reads two inputs or more."""

    second_input: ClassVar[Literal["", "values", "size"]] = ""
    """It may read a second input, for its values or only for its size."""

    weighted: ClassVar[bool] = False
    """It is a conv, an fc or the like: its outputs count in conv_fc_outputs."""

    counts_as_memory: ClassVar[bool] = True
    """The lectures give it a row and memory; false for an op that works in place or only moves values."""

    in_place: ClassVar[bool] = False
    """It may overwrite its input when no later layer reads that input."""

    gates: ClassVar[bool] = False
    """The inputs after the first only scale the first, so the depth of a network ignores their paths."""

    open_cost: ClassVar[bool] = False  # what it computes is not known: totals leave it out

    shares_weights: ClassVar[bool] = True
    """Every position of its output uses the same weights."""

    @property
    def view(self) -> bool:
        """Its output is its input in another form, so it needs no memory."""
        return False

    @property
    def directions(self) -> int:
        """In how many directions it goes along its input step by step, and keeps arrays of each; 0: none."""
        return 0

    @property
    def fully_connected(self) -> bool:
        """It is the fully connected layer of the lectures: each unit has a weight for every input value."""
        return False

    @property
    def width(self) -> Dim | None:
        """The number of output channels, if an option sets it."""
        width = getattr(self, self.width_option, None)
        return None if isinstance(width, str) else width

    @property
    def window(self) -> Sizes | None:
        """The size of the window that it slides; None if it slides no window."""
        return None

    @property
    def channel_groups(self) -> Dim:
        """The number of groups of channels that do not see each other, if an option sets it."""
        return 1

    @property
    def depthwise(self) -> bool:
        """Every channel has filters of its own."""
        return False

    @property
    def drop_rate(self) -> Rational:
        """The share of the values that it sets to zero in training."""
        return 0

    @property
    def keeps(self) -> Keeps:
        """The inputs and outputs that the backward pass needs, as PyTorch's autograd saves them."""
        return ()

    @classmethod
    def notation(cls, kernel: object, width: object) -> str:
        """A layer as the VGG paper writes it, such as ``conv3-64``; empty if the paper has no such layer."""
        return ""

    def rounded_down(self) -> Op:
        """The same op for inputs that its windows do not fit exactly: it leaves out the last window."""
        return self

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        """The conditions under which the op fits its input."""
        return ()

    def shape(self, xs: Inputs) -> Volume:
        """The output volume; the only place that computes an output size."""
        raise NotImplementedError

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        """The named arrays the layer stores."""
        return ()

    def parts(self, xs: Inputs, y: Volume) -> Iterable[Part]:
        """The steps inside the layer, for an op with several: their costs add up to ``cost``."""
        return ()

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        """Operations of one forward pass of one image, by kind."""
        raise NotImplementedError

    def reach(self, xs: Inputs) -> Sequence[Reach] | None:
        """The input values that one output value sees, per axis; None: the same as its input value."""
        return None

    def computed_padding(self, xs: Inputs) -> Sequence[tuple[Dim, Dim]]:
        """The zeros before and after each axis, if the op computes them; empty if a spec gives them."""
        return ()

    def quotients(self, xs: Inputs) -> Sequence[Quotient]:
        """The quotient that each output size is rounded from; empty if nothing is rounded."""
        return ()

    def depth(self) -> int:
        """The layers that it adds to the depth of a path, as in 'a network of 16 weight layers'."""
        return 1 if self.weighted else 0

    def connections(self, xs: Inputs, y: Volume) -> Dim | None:
        """Edges from input values and biases to output values (LeCun et al. 1998); None: not counted."""
        return None

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        """The arrays that the backward pass needs beside those of ``keeps``."""
        return ()

    def torch_takes_mean(self, y: Volume) -> bool:
        """Whether PyTorch computes it as a plain mean, which keeps nothing for the backward pass."""
        return False

    def torch(self, nn: Any, xs: Inputs) -> Any:
        """The same layer as a module of ``nn`` (PyTorch's ``torch.nn``), for plain ints."""
        raise NotImplementedError


def per_axis(value: T | tuple[T, ...], rank: int) -> tuple[T, ...]:
    """One value for each axis, from an option that may have one value for all axes."""
    return value if isinstance(value, tuple) else (value,) * rank
