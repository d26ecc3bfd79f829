"""Keras: the layers of a model as a network.

``config_file`` finds the configuration in a ``.keras`` archive or a JSON file, ``fields`` reads its values,
``model`` makes records of its layers and calls, and ``translate`` goes through the calls. How each of them
becomes a layer stands in ``layers`` (convolutions, pools, norms), ``forms`` (reshape, padding), ``joins``,
``sequences`` (recurrent layers, attention) and ``pointwise`` (activations, constants).

No package is needed, and no code in the file is run. The weights are never read: the configuration says their
sizes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.network import Network

ENDINGS = (".keras", ".json", ".h5", ".hdf5")


def read(path: str, input: str = "") -> Network:
    """The network in a model of Keras. Raises ArchcalcError."""
    from archcalc.importers.keras.translate import network_in

    return network_in(path, input)
