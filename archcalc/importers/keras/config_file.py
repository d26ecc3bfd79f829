"""The configuration of a model: a JSON file, or a member of a ``.keras`` archive."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from typing import Any, TypeAlias

from archcalc.errors import ArchcalcError, Problem, Source, SpecError, decoded, printable

MOST_BYTES = 1 << 24
"""The configuration of EfficientNet-B7 has 1.3 million."""

CONFIG = "config.json"
"""The member of an archive with the layers. No other member is opened."""

JsonPath: TypeAlias = "tuple[str | int, ...]"
"""Where a value stands: the keys and places that lead to it."""

_WAY_OUT = "save the model with model.save('model.keras'), or write the text of model.to_json() to a file"


class _BoundedFile(io.FileIO):
    """A file that is read in bounded pieces. The list of an archive is one piece, and may claim any size."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MOST_BYTES + 1:
            raise zipfile.BadZipFile
        return super().read(size)


def config_text(path: str) -> Source:
    """The text of the configuration in a file. Raises ArchcalcError."""
    name = printable(path)
    refusal = ArchcalcError(f"{name}: archcalc does not read HDF5 files; {_WAY_OUT}")
    if path.lower().endswith((".h5", ".hdf5")):
        raise refusal
    try:
        with _BoundedFile(path) as file:
            start = file.read(4)
            file.seek(0)
            if start == b"\x89HDF":  # Keras 2 wrote such files under any name
                raise refusal
            if start and path.lower().endswith(".keras"):
                return decoded(f"{path}/{CONFIG}", _member(name, file))
            source = decoded(path, _bounded(name, file.read(MOST_BYTES + 1)))
    except OSError as error:
        raise ArchcalcError(f"{name}: {error.strerror or error}") from None
    if not source.text.strip():
        raise ArchcalcError(f"{name}: the file is empty")
    return source


def _bounded(name: str, data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise ArchcalcError(f"{name}: the configuration is larger than {MOST_BYTES >> 20} MiB")
    return data


def _member(name: str, file: _BoundedFile) -> bytes:
    """The configuration in an archive. What the archive says about its size is not believed."""
    try:
        with zipfile.ZipFile(file) as archive:
            info = archive.getinfo(CONFIG)
            # Other methods do not bound what they unpack at once.
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
                raise ArchcalcError(f"{name}: its {CONFIG} is compressed or encrypted as Keras never does it")
            with archive.open(info) as member:
                return _bounded(name, member.read(MOST_BYTES + 1))
    except KeyError:
        raise ArchcalcError(f"{name}: the archive has no {CONFIG}; {_WAY_OUT}") from None
    # A broken archive has many ways to fail.
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError):
        says = "the file is no .keras archive (a zip file), or it is broken"
        raise ArchcalcError(f"{name}: {says}; {_WAY_OUT}") from None


def config_in(source: Source) -> Any:
    """The values of a JSON text. Raises ArchcalcError, with the place of a mistake."""
    name = printable(source.name)
    try:
        return json.loads(source.text)
    except json.JSONDecodeError as error:
        says = f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise SpecError([Problem(says, source.mark(min(error.pos, len(source.text))))]) from None
    except RecursionError:
        raise ArchcalcError(f"{name}: the values are nested too deep") from None
    except ValueError:  # Python reads no longer numbers
        raise ArchcalcError(f"{name}: a number has too many digits") from None


# --- places -------------------------------------------------------------------------------------------------

_DECODER = json.JSONDecoder()
_BLANKS = " \t\n\r"


def place_of(text: str, path: JsonPath) -> int:
    """The offset of a value in a JSON text; that of the last value on its path which is there.

    Only messages need it, so the text is read once more, up to that place.

    >>> text = '{"a": [1, {"b": 2}]}'
    >>> place_of(text, ("a", 1, "b")), place_of(text, ("a", 1, "c"))
    (16, 10)
    """
    place = _behind_blanks(text, 0)
    for part in path:
        found = _item(text, place, part) if isinstance(part, int) else _value(text, place, part)
        if found is None:
            return place
        place = found
    return place


def _behind_blanks(text: str, place: int) -> int:
    while text[place : place + 1] in _BLANKS and place < len(text):
        place += 1
    return place


def _item(text: str, place: int, number: int) -> int | None:
    """The place of an item of the list at a place."""
    if text[place] != "[":
        return None
    place = _behind_blanks(text, place + 1)
    while number and text[place] != "]":
        _, place = _DECODER.raw_decode(text, place)
        place = _behind_blanks(text, place)
        place = _behind_blanks(text, place + 1) if text[place] == "," else place
        number -= 1
    return None if text[place] == "]" else place


def _value(text: str, place: int, wanted: str) -> int | None:
    """The place of the value with a key in the object at a place: the last one, as JSON means it."""
    if text[place] != "{":
        return None
    found, place = None, _behind_blanks(text, place + 1)
    while text[place] != "}":
        key, place = _DECODER.raw_decode(text, place)
        place = _behind_blanks(text, _behind_blanks(text, place) + 1)  # the colon
        found = place if key == wanted else found
        _, place = _DECODER.raw_decode(text, place)
        place = _behind_blanks(text, place)
        place = _behind_blanks(text, place + 1) if text[place] == "," else place
    return found
