"""Results -> text: columns, units, one table skeleton, and small dialects."""
