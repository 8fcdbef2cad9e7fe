"""The trained flight-phase classifier: its numbers, its file and its evaluation. Training is in `gasflux.ml`.

A small neural network on features of the motion. It is stored as plain arrays, never as pickled objects, so that
opening a model file can run nothing; evaluating it takes a few matrix products.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np

from gasflux.errors import ProcessingError
from gasflux.flight.motion import Motion, course_changes, motion_of, nearest
from gasflux.records import FloatArray, IntArray, Track
from gasflux.storage.whole_file import write_whole
from gasflux.wording.lookup import phrase
from gasflux.wording.phrases import Phrase

FORMAT: Final = "gasflux.phase_model/1"
FEATURES: Final = (
    "speed_share",
    "speed_log",
    "up",
    "straight_11s",
    "straight_31s",
    "straight_61s",
    "turned_21s",
    "climb_11s",
    "climb_31s",
    "height_share",
    "height_log",
    "along_main",
    "main_strength",
    "since_start",
    "until_end",
    "visits",
)
"""What the network sees of each second. Nothing depends on where north is, nor on the rate of the log."""

_END_S: Final = 60.0
"""Beyond this the time since the start and until the end tells nothing."""
_CELL_M: Final = 15.0
"""Side of the squares in which visits are counted."""
_SMOOTH_STEPS: Final = 2
"""Steps to either side over which the log-probabilities are averaged: no phase lasts a second only."""


@dataclass(frozen=True, eq=False)
class PhaseModel:
    """A multilayer perceptron: standardised features, rectified hidden layers, one output per phase."""

    mean: FloatArray
    """Of the features in the training flights, shape (f,)."""
    scale: FloatArray
    """Their standard deviations, shape (f,)."""
    weights: tuple[FloatArray, ...]
    """Of each layer, shape (inputs, outputs)."""
    biases: tuple[FloatArray, ...]
    phases: IntArray
    """`Phase` of each output."""
    features: tuple[str, ...] = FEATURES

    def log_probabilities(self, features: FloatArray) -> FloatArray:
        """Return the logarithm of the probability of each phase, shape (k, outputs), for features of shape (k, f)."""
        signal = (features - self.mean) / self.scale
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            signal = np.maximum(signal @ weight + bias, 0.0)
        score = signal @ self.weights[-1] + self.biases[-1]
        score = score - score.max(axis=1, keepdims=True)
        logarithm: FloatArray = score - np.log(np.exp(score).sum(axis=1, keepdims=True))
        return logarithm


def predict_phases(track: Track, time_s: FloatArray, model: PhaseModel | None = None) -> IntArray:
    """Return the `Phase` of each sample by the trained classifier, shape (n,).

    Parameters
    ----------
    track
        Path, shape (n,).
    time_s
        Times, strictly increasing, shape (n,).
    model
        A model; None takes the one that comes with the package.
    """
    model = load_model() if model is None else model
    motion = motion_of(track, time_s)
    score = model.log_probabilities(motion_features(motion))
    smooth = np.column_stack([_window_sum(column, _SMOOTH_STEPS) for column in score.T])
    phase: IntArray = model.phases[np.argmax(smooth, axis=1)]
    return phase[nearest(motion.time_s, time_s)]


def motion_features(motion: Motion) -> FloatArray:
    """Return the `FEATURES` of each second, shape (k, f)."""
    speed = motion.speed_m_s
    cruise = max(float(np.percentile(speed, 60.0)), 0.5)
    above, reach = motion.z_m - float(motion.z_m.min()), max(float(np.ptp(motion.z_m)), 1.0)
    aligned, strength = _main_direction(motion)
    columns = {
        "speed_share": np.minimum(speed / cruise, 4.0),
        "speed_log": np.log1p(speed),
        "up": np.clip(motion.up_m_s, -4.0, 4.0),
        "straight_11s": _straightness(motion, 5),
        "straight_31s": _straightness(motion, 15),
        "straight_61s": _straightness(motion, 30),
        "turned_21s": _turned(motion, 10),
        "climb_11s": _climb(motion, 5),
        "climb_31s": _climb(motion, 15),
        "height_share": above / reach,
        "height_log": np.log1p(above),
        "along_main": aligned,
        "main_strength": np.full(speed.size, strength),
        "since_start": np.minimum(motion.time_s - motion.time_s[0], _END_S) / _END_S,
        "until_end": np.minimum(motion.time_s[-1] - motion.time_s, _END_S) / _END_S,
        "visits": _visits(motion, cruise),
    }
    return np.column_stack([columns[name] for name in FEATURES])


def _window_sum(values: FloatArray, half: int) -> FloatArray:
    """Sum over a window of `half` steps to either side, cut at the ends."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(values.size)
    total: FloatArray = sums[np.minimum(index + half + 1, values.size)] - sums[np.maximum(index - half, 0)]
    return total


def _straightness(motion: Motion, half: int) -> FloatArray:
    """Way made good over way flown in a window, 0 to 1; slow drifting counts as no way."""
    flown = _window_sum(motion.speed_m_s, half)
    made = np.hypot(_window_sum(motion.east_m_s, half), _window_sum(motion.north_m_s, half))
    return made / np.maximum(flown, 0.2 * (2 * half + 1))


def _turned(motion: Motion, half: int) -> FloatArray:
    """Course turned one way round over a window, in revolutions; standing still does not turn."""
    turned = np.abs(_window_sum(course_changes(motion), half)) / (2.0 * np.pi)
    share: FloatArray = np.minimum(turned, 1.0)
    return share


def _climb(motion: Motion, half: int) -> FloatArray:
    """Height gained over a window, signed logarithm."""
    gained = _window_sum(motion.up_m_s, half)
    logarithm: FloatArray = np.sign(gained) * np.log1p(np.abs(gained))
    return logarithm


def _main_direction(motion: Motion) -> tuple[FloatArray, float]:
    """Cosine of twice the angle to the line flown most along, and how much it dominates."""
    doubled = (motion.east_m_s + 1j * motion.north_m_s) ** 2
    size = np.maximum(np.abs(doubled), 1e-9)
    main = np.sum(doubled / np.sqrt(size)) / np.sum(np.sqrt(size))
    strength = float(np.abs(main))
    aligned: FloatArray = np.real(doubled / size * np.conj(main)) / max(strength, 1e-9)
    return aligned, strength


def _visits(motion: Motion, cruise_m_s: float) -> FloatArray:
    """How often the aircraft passed the same place, logarithm: passes lie over each other, ferries do not."""
    column = np.floor(motion.x_m / _CELL_M).astype(np.int64)
    row = np.floor(motion.y_m / _CELL_M).astype(np.int64)
    _, cell, seconds = np.unique(np.column_stack([column, row]), axis=0, return_inverse=True, return_counts=True)
    logarithm: FloatArray = np.log1p(seconds[cell.ravel()] * cruise_m_s / _CELL_M)
    return logarithm


def model_path() -> Path:
    """Return where the model of the package lies."""
    return Path(str(resources.files("gasflux"))) / "data" / "phase_model.npz"


def save_model(model: PhaseModel, path: Path) -> Path:
    """Write a model as arrays with format, feature names and checksum; return where.

    Parameters
    ----------
    model
        The model.
    path
        File to write.
    """
    arrays = _arrays(model)
    stored = arrays | {"format": np.array(FORMAT), "checksum": np.array(_checksum(arrays))}
    archive = io.BytesIO()
    np.savez_compressed(archive, allow_pickle=False, **stored)
    write_whole(path, archive.getvalue())
    return path


def install_model(model: PhaseModel) -> Path:
    """Make a model the one that `predict_phases` takes by default, in place of the package's own; return where."""
    return save_model(model, model_path())


def load_model(path: Path | None = None) -> PhaseModel:
    """Read a model and check that it is whole and made for these features.

    Parameters
    ----------
    path
        File written by `save_model`; None is the model of the package.

    Raises
    ------
    ProcessingError
        When the file is missing, damaged, of another format or for other features.
    """
    source = model_path() if path is None else Path(path)
    try:
        with np.load(source, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise _bad_model(source, phrase("model.unreadable", reason=error)) from error
    found, checksum = (str(arrays.pop(name, "")) for name in ("format", "checksum"))
    if found != FORMAT:
        raise _bad_model(source, phrase("model.format", found=found, wanted=FORMAT))
    if checksum != _checksum(arrays):
        raise _bad_model(source, phrase("model.damaged"))
    if tuple(arrays["features"].tolist()) != FEATURES:
        raise _bad_model(source, phrase("model.features"))
    return _from_arrays(arrays)


def _bad_model(source: Path, problem: Phrase) -> ProcessingError:
    """Error for a model file that cannot be used."""
    return ProcessingError.of("phase_model", name=source.name, problem=problem)


def _arrays(model: PhaseModel) -> dict[str, np.ndarray]:
    """All numbers of a model by name."""
    arrays: dict[str, np.ndarray] = {
        "features": np.array(model.features),
        "mean": model.mean,
        "scale": model.scale,
        "phases": model.phases,
    }
    for layer, (weight, bias) in enumerate(zip(model.weights, model.biases, strict=True)):
        arrays |= {f"weight_{layer}": weight, f"bias_{layer}": bias}
    return arrays


def _from_arrays(arrays: dict[str, np.ndarray]) -> PhaseModel:
    """Model from its numbers."""
    layers = range(sum(name.startswith("weight_") for name in arrays))
    return PhaseModel(
        mean=arrays["mean"],
        scale=arrays["scale"],
        weights=tuple(arrays[f"weight_{layer}"] for layer in layers),
        biases=tuple(arrays[f"bias_{layer}"] for layer in layers),
        phases=arrays["phases"],
    )


def _checksum(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and numbers."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
