"""Colours of the figures with their names, without matplotlib: what a caption says is what a figure draws."""

from __future__ import annotations

from typing import Final

from gasflux.wording.phrases import Language, Phrase

# Okabe & Ito 2008, "Color Universal Design": told apart with every kind of colour vision.
ORANGE, SKY, GREEN, BLUE = "#E69F00", "#56B4E9", "#009E73", "#0072B2"
VERMILION, PURPLE = "#D55E00", "#CC79A7"
GREY, LIGHT_GREY, INK = "#8A8F98", "#D9DCE1", "#22262B"

FIELD_COLOURS: Final = "viridis"
ERROR_COLOURS: Final = "cividis"

BACKGROUND_SAMPLES: Final = BLUE
MEAN_WIND: Final = VERMILION
ON_SURFACE: Final = INK

_NAMES: Final = {
    BLUE: Phrase("blue", "蓝色"),
    VERMILION: Phrase("dark orange", "深橙色"),
    INK: Phrase("black", "黑色"),
}
_IN_CAPTIONS: Final = {"background_samples": BACKGROUND_SAMPLES, "mean_wind": MEAN_WIND, "on_surface": ON_SURFACE}


def colour_names(language: Language) -> dict[str, str]:
    """Return what captions call the colours of the things they point at, by thing."""
    return {thing: _NAMES[colour].said(language) for thing, colour in _IN_CAPTIONS.items()}
