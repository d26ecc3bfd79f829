"""Guarding numbers in CI: locks, checks, budgets, configuration, the pytest plugin."""
