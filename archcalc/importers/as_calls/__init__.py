"""A model as calls of functions on tensors: what the importers of PyTorch and of ONNX share.

A reader of a format gives ``values.Call``: a function of PyTorch with its arguments, computed or stored.
``axes`` follows what the axes of a tensor are (images, channels, positions), and ``graph`` makes the layers.
The other files translate calls: ``weighted`` and ``pools``, ``pointwise`` and ``reductions``, ``products``
(with attention), ``joins``, ``parts`` and ``moves``. PyTorch is not imported here.
"""
