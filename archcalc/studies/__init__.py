"""One file per question, with the verbs of the commands: from a network to a report."""
