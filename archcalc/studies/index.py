"""The index of the shipped specs, worked out from them; ``python -m archcalc.studies.index`` writes it."""

from __future__ import annotations

import json
import os

from archcalc.files import write_whole
from archcalc.language.find import all_specs
from archcalc.language.index import digest, index_file, spec_files
from archcalc.results import plain
from archcalc.studies.listing import lines_of


def index_text() -> str:
    """The index as JSON, with a line for each network."""
    records = []
    for path, spec in zip(spec_files(), all_specs(), strict=True):
        names = [
            name for about in [*spec.variants.values(), spec.about] for name in (about.name, *about.aliases)
        ]
        lines = ",\n".join(f"   {json.dumps(plain(line), ensure_ascii=False)}" for line in lines_of(spec))
        records.append(
            f' "{os.path.basename(path)}": {{\n'
            f'  "sha256": "{digest(path)}",\n'
            f'  "names": {json.dumps(names)},\n'
            f'  "networks": [\n{lines}\n  ]\n }}'
        )
    return "{\n" + ",\n".join(records) + "\n}\n"


if __name__ == "__main__":
    write_whole(index_file(), index_text())
