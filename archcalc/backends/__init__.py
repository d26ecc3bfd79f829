"""Frameworks that a network can be built in; imported when they are asked for."""
