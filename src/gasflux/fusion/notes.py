"""What is said about how the files of one flight were put together."""

from __future__ import annotations

from collections.abc import Sequence

from gasflux.fusion.clocks import GasClock
from gasflux.fusion.roles import Source
from gasflux.records import FusedFile, Fusion
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import NOTHING, Phrase


def fusion_notes(
    fusion: Fusion, names: Sequence[str], choices: Sequence[Source], gas: GasClock | None
) -> tuple[Phrase, ...]:
    """Return a sentence for each file, one for each quantity that several have, and one for a lag that was found.

    Parameters
    ----------
    fusion
        What was done.
    names
        Of the files.
    choices
        Which gives what.
    gas
        Clock and lag of the file the gas is from; None where it has the positions too.
    """
    first = next(file.name for file in fusion.files if file.how == "reference")
    notes = [_clock(file, first) for file in fusion.files]
    notes += [_choice(choice, names) for choice in choices if choice.others]
    if gas is not None and gas.lag_std_s > 0.0:
        notes.append(phrase("note.fusion_lag", lag=f"{gas.lag_s:.1f}", std=f"{gas.lag_std_s:.1f}"))
    return tuple(notes)


def _clock(file: FusedFile, first: str) -> Phrase:
    """Say what a file gave and how its clock was treated."""
    role = phrase("fusion.role", roles=_roles(file.role))
    figures = {"name": file.name, "role": role, "first": first, "offset": f"{file.clock_offset_s:+.1f}"}
    if file.how == "reference":
        return phrase("note.fusion_reference", **figures)
    if file.clock_offset_std_s is None:
        return phrase("note.fusion_untold", **figures)
    drift = phrase("fusion.drift", drift=f"{file.drift_s_h:+.1f}") if file.drift_s_h else NOTHING
    how = phrase(f"fusion.{file.how}")
    return phrase("note.fusion_clock", **figures, std=f"{file.clock_offset_std_s:.1f}", how=how, drift=drift)


def _roles(role: str) -> Phrase:
    """Return what a file gives in words."""
    said = [phrase(f"fusion.role_{part}") for part in role.split("+")]
    return Phrase(", ".join(one.en for one in said), "、".join(one.zh for one in said))


def _choice(choice: Source, names: Sequence[str]) -> Phrase:
    """Say which of several files gives a quantity, and why."""
    quantity = choice.quantity
    what = (
        phrase(f"fusion.role_{quantity}")
        if quantity in ("wind", "temperature", "pressure")
        else Phrase(quantity, quantity)
    )
    others = ", ".join(names[index] for index in choice.others)
    reason = phrase(f"fusion.why_{choice.reason}")
    return phrase("note.fusion_choice", what=what, name=names[choice.index], others=others, reason=reason)
