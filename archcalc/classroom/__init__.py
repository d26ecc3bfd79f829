"""Homework: answers are read, graded and set."""
