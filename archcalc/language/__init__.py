"""The spec language: YAML text -> Spec -> Network. Every value keeps its place in the text.

``nodes`` reads YAML; ``parse``, ``parse_layers`` and ``parse_options`` check it and make ``items``;
``family`` is the Spec, whose ``builder`` makes a Network of the items. ``expressions`` are the values
that depend on settings.
"""
