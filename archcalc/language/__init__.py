"""The spec language: YAML text -> Spec -> Network, with the place of every value remembered."""
