"""Train the flight-phase classifier on simulated flights, whose phases are known (`gasflux.flight.phase_model`)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gasflux.configuration.pipeline_config import Filters
from gasflux.flight.geometry import local_track
from gasflux.flight.motion import motion_of, nearest
from gasflux.flight.phase_model import (
    PhaseModel,
    install_model,
    load_model,
    motion_features,
    predict_phases,
    save_model,
)
from gasflux.flight.phases import find_passes
from gasflux.records import FlightLog, FloatArray, IntArray, Phase, Track
from gasflux.simulation import KINDS, SimulatedFlight, random_scenario, simulate, to_log

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier

__all__ = [
    "PhaseModel", "PhaseScores", "evaluate", "install", "load", "predict_phases", "save", "train", "training_flight",
]  # fmt: skip

_HIDDEN: Final = (32, 16)
_EPOCHS: Final = 60
_PENALTY: Final = 1e-3
"""Shrinks the weights, so that a flight unlike the simulated ones is not judged too surely."""

load = load_model
save = save_model
install = install_model


@dataclass(frozen=True)
class PhaseScores:
    """How well phases are recognised, over the samples of all flights."""

    accuracy: float
    """Share of samples with the true phase."""
    transect_recall: float
    """Share of the true transect samples found."""
    transect_precision: float
    """Share of the found transect samples that are true."""


def train(seed: int = 0, flights: int = 40) -> PhaseModel:
    """Train the classifier on simulated flights.

    Parameters
    ----------
    seed
        The same seed gives the same model.
    flights
        Number of flights; kinds take turns.

    Returns
    -------
    PhaseModel
        It predicts what the scikit-learn network it was taken from predicts.
    """
    inputs, labels = _training_table(seed, flights)
    mean, scale = inputs.mean(axis=0), np.maximum(inputs.std(axis=0), 1e-6)
    return exported(fitted_network((inputs - mean) / scale, labels, seed), mean, scale)


def fitted_network(inputs: FloatArray, labels: IntArray, seed: int) -> MLPClassifier:
    """Return a scikit-learn network fitted to standardised features, shape (k, f), and their phases, shape (k,).

    Parameters
    ----------
    inputs
        Features less their mean, over their spread, shape (k, f).
    labels
        True phase of each row, shape (k,).
    seed
        The same seed gives the same network.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(_HIDDEN, alpha=_PENALTY, max_iter=_EPOCHS, batch_size=256, random_state=seed)
    with warnings.catch_warnings():
        # The number of epochs is chosen, not waited for.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(inputs, labels)


def exported(network: Any, mean: FloatArray, scale: FloatArray) -> PhaseModel:
    """Return the numbers of a scikit-learn network with the standardisation before it.

    Parameters
    ----------
    network
        A fitted `MLPClassifier` of f features.
    mean, scale
        What is taken from the features, and what they are divided by, before it, shape (f,).
    """
    return PhaseModel(
        mean=mean,
        scale=scale,
        weights=tuple(np.asarray(weight, dtype=np.float64) for weight in network.coefs_),
        biases=tuple(np.asarray(bias, dtype=np.float64) for bias in network.intercepts_),
        phases=np.asarray(network.classes_, dtype=np.int64),
    )


def _training_table(seed: int, flights: int) -> tuple[FloatArray, IntArray]:
    """Features and true phases of every second of the training flights."""
    features, labels = [], []
    for number, (flight, log, track) in enumerate(_flown(seed, flights)):
        rows = _logged_rows(flight, number)
        time_s = log.time_s[rows]
        motion = motion_of(_part(track, rows), time_s)
        features.append(motion_features(motion))
        labels.append(flight.phase[rows][nearest(time_s, motion.time_s)])
    return np.concatenate(features), np.concatenate(labels)


def _flown(seed: int, flights: int) -> Iterator[tuple[SimulatedFlight, FlightLog, Track]]:
    """Simulate flights; yield each with its log and its track."""
    for number in range(flights):
        flight = training_flight(seed, number)
        log = to_log(flight)
        yield flight, log, local_track(log)


def _logged_rows(flight: SimulatedFlight, number: int) -> slice:
    """Rows to learn from: of every third flight the curtain alone, as users cut their logs before they send them."""
    working = np.flatnonzero(flight.phase == Phase.TRANSECT)
    return slice(int(working[0]), int(working[-1]) + 1) if number % 3 == 0 else slice(None)


def _part(track: Track, rows: slice) -> Track:
    """Part of a track."""
    return replace(track, x_m=track.x_m[rows], y_m=track.y_m[rows], z_m=track.z_m[rows])


def training_flight(seed: int, number: int) -> SimulatedFlight:
    """Return one flight to learn from: of every kind, flown slower, shakier and in more curtains than usual."""
    rng = np.random.default_rng([seed, number])
    scenario = random_scenario(KINDS[number % len(KINDS)], rng)
    curtains = int(rng.integers(1, 4)) if scenario.path == "curtain" else 1
    return simulate(
        replace(
            scenario,
            plume="steady",
            ground_speed_m_s=float(rng.uniform(1.2, 10.0)),
            acceleration_m_s2=float(rng.uniform(0.7, 3.0)),
            transects=int(rng.integers(4, 13)) if curtains == 1 else int(rng.integers(4, 8)),
            curtains=curtains,
            curtain_spacing_m=float(rng.uniform(15.0, 50.0)),
            curtain_length_m=min(scenario.curtain_length_m, float(rng.uniform(60.0, 300.0))),
            wobble_m=float(rng.uniform(0.1, 2.0)),
            gps_noise_m=float(rng.uniform(0.1, 1.0)),
            sample_hz=float(rng.choice([0.5, 1.0, 2.0, 5.0])),
            gap_fraction=float(rng.choice([0.0, 0.0, 0.05])),
        )
    )


def evaluate(model: PhaseModel | None, seed: int, flights: int) -> PhaseScores:
    """Compare recognised with true phases on simulated flights.

    Parameters
    ----------
    model
        The classifier; None scores the rules instead.
    seed, flights
        Which flights and how many; take another seed than in training.
    """
    found, true = [], []
    classify = _by_rules if model is None else _by_model(model)
    for flight, log, track in _flown(seed, flights):
        found.append(classify(log, track))
        true.append(flight.phase)
    return _scores(np.concatenate(found), np.concatenate(true))


def _by_rules(log: FlightLog, track: Track) -> IntArray:
    """Phases by rule."""
    return find_passes(track, log.time_s, Filters(), "auto", log.start_utc).phase


def _by_model(model: PhaseModel) -> Callable[[FlightLog, Track], IntArray]:
    """Phases by a model."""
    return lambda log, track: predict_phases(track, log.time_s, model)


def _scores(found: IntArray, true: IntArray) -> PhaseScores:
    """Accuracy, and recall and precision of the transects."""
    both = float(np.sum((found == Phase.TRANSECT) & (true == Phase.TRANSECT)))
    return PhaseScores(
        accuracy=float(np.mean(found == true)),
        transect_recall=both / max(float(np.sum(true == Phase.TRANSECT)), 1.0),
        transect_precision=both / max(float(np.sum(found == Phase.TRANSECT)), 1.0),
    )
