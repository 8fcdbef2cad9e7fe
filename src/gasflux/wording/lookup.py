"""The way to the catalogue of faults, which is read only when something is at fault: most flights are sound."""

from __future__ import annotations

from gasflux.wording.phrases import Phrase


def phrase(name: str, /, **values: object) -> Phrase:
    """Return a text of the catalogue with its placeholders filled; values may be phrases themselves."""
    from gasflux.wording.catalogue import TEXTS

    return TEXTS[name].filled(**values)


def find_phrase(name: str) -> Phrase | None:
    """Return a text of the catalogue without placeholders; None where it has none of that name."""
    from gasflux.wording.catalogue import TEXTS

    return TEXTS.get(name)
