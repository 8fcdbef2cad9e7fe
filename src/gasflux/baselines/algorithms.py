"""Which samples of a series are background: pybaselines' algorithms that return a mask, by name."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from gasflux.baselines.fastchrom import fastchrom_mask
from gasflux.configuration.pipeline_config import BaselineSettings
from gasflux.errors import ConfigError, ProcessingError
from gasflux.numerics.quantiles import gamma_quantile
from gasflux.records import BoolArray, FloatArray

_WINDOW_SHARE: Final = 10
"""The rolling standard deviation sees a tenth of the smoothing window: about one crossing of a plume."""

_NOISE_QUANTILE: Final = 0.2
"""The noise level is read off the quietest fifth of the rolling standard deviation: plumes never fill four fifths."""

_SETTING: Final = "algorithmic_baseline_settings"

Masker = Callable[..., tuple[FloatArray, Mapping[str, Any]]]


def masked_algorithms(fitter: Any) -> dict[str, Masker]:
    """Return pybaselines' algorithms that tell background from signal, by name, bound to one series' positions."""
    return {
        "fastchrom": fitter.fastchrom,
        "cwt_br": fitter.cwt_br,
        "dietrich": fitter.dietrich,
        "fabc": fitter.fabc,
        "golotvin": fitter.golotvin,
        "std_distribution": fitter.std_distribution,
    }


def background_mask(values: FloatArray, settings: BaselineSettings) -> BoolArray:
    """Return which values of an evenly spaced series are background.

    Parameters
    ----------
    values
        The series, shape (b,).
    settings
        Algorithm, its thresholds and its own keywords.

    Returns
    -------
    BoolArray
        True where the algorithm sees background, shape (b,).

    Raises
    ------
    ConfigError
        When there is no such algorithm, or it has no such keyword; lists those that exist.
    ProcessingError
        When the algorithm cannot work on this series with these settings.
    """
    if settings.algorithm == "fastchrom" and not settings.algorithm_settings:
        half_window = _half_window(settings)
        return fastchrom_mask(values, half_window, fastchrom_threshold(settings.num_std, half_window))
    from pybaselines import Baseline
    from pybaselines.utils import ParameterWarning

    algorithms = masked_algorithms(Baseline(np.arange(values.size, dtype=np.float64)))
    if settings.algorithm not in algorithms:
        raise _unknown("algorithm", settings.algorithm, sorted(algorithms))
    method = algorithms[settings.algorithm]
    accepted = list(inspect.signature(method).parameters)
    for keyword in settings.algorithm_settings:
        if keyword not in accepted:
            raise _unknown(settings.algorithm, keyword, [name for name in accepted if name != "data"])
    defaults = {name: value for name, value in _defaults(settings).items() if name in accepted}
    with warnings.catch_warnings():
        # Told when a series has no peak at all: all of it is background then, which is an answer and no fault.
        warnings.simplefilter("ignore", ParameterWarning)
        try:
            _, parameters = method(values, **defaults | settings.algorithm_settings)
        except (ValueError, TypeError, IndexError, np.linalg.LinAlgError) as error:
            setting = f"{_SETTING}.{settings.algorithm}"
            failure = ProcessingError.of("baseline_failed", setting=setting, samples=values.size, reason=error)
            raise failure from error
    return np.asarray(parameters["mask"], dtype=np.bool_)


def fastchrom_threshold(num_std: float, half_window: int) -> Callable[[FloatArray], float]:
    """Return the threshold of FastChrom: `num_std` times the noise level of the rolling standard deviation.

    The rolling standard deviation s of white noise sigma over k + 1 samples follows s^2 k / sigma^2 ~ chi^2(k), so a
    quantile of it divided by that of chi is sigma. A low quantile is blind to the plumes.
    """

    def threshold(rolling_std: FloatArray) -> float:
        expected = np.sqrt(gamma_quantile(half_window, _NOISE_QUANTILE) / half_window)
        level = float(num_std * np.quantile(rolling_std, _NOISE_QUANTILE) / expected)
        # A column rounded so coarsely that it is constant has no noise; below zero nothing would be background.
        return float(np.nextafter(level, np.inf))

    return threshold


def _defaults(settings: BaselineSettings) -> dict[str, Any]:
    """Windows every algorithm gets from the common settings; by `num_std` others mean something else."""
    half_window = _half_window(settings)
    return {
        "half_window": half_window,
        "threshold": fastchrom_threshold(settings.num_std, half_window),
        "smooth_half_window": settings.smooth_half_window,
    }


def _half_window(settings: BaselineSettings) -> int:
    """Half window of the rolling standard deviation."""
    return max(settings.smooth_half_window // _WINDOW_SHARE, 2)


def _unknown(setting: str, value: str, known: list[str]) -> ConfigError:
    """Return the error for a name that does not exist."""
    allowed = ", ".join(known)
    return ConfigError.of("unknown_method", column=f"{_SETTING}.{setting}", value=value, allowed=allowed)
