"""Answers as students hand them in: text -> sheets, in whatever format they are written."""
