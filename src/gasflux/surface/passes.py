"""What each pass carried: the flux density integrated along every transect or revolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gasflux.records import FloatArray, IntArray, Segment


@dataclass(frozen=True, eq=False)
class PassIntegrals:
    """Line integrals of one gas over the passes of a segment. Arrays over passes have shape (t,)."""

    height_m: FloatArray
    """Height at which each pass met the plume, in the reference of the log."""
    flux_kg_m_h: FloatArray
    """Flux per metre of height."""
    noise_kg_m_h: FloatArray
    """Its standard deviation from sensor and background noise alone."""
    line_weights_m: FloatArray
    """Length each sample stands for along its pass, shape (m,)."""
    strength_kg_m_h: FloatArray
    """Flux per metre of height were the wind blowing outward everywhere: which profile fits does not depend on the sign
    of the wind, so that a sample whose wind is reversed subtracts exactly what it had added."""
    wind_m_s: FloatArray | None = None
    """Mean wind speed of each pass, where it is known: tells the profile of the wind."""
    cross_gusts: float | None = None
    """Cross-wind gusts over the mean wind, where they are known: tells how much a plume moves between passes."""


def line_weights(segment: Segment) -> FloatArray:
    """Return the length each sample stands for along its pass: trapezoids in order of position, shape (m,).

    A pass that covers only part of the curtain is not stretched: air nobody sampled counts as air without plume.
    """
    weights = np.zeros(segment.along_m.size)
    order = np.lexsort((segment.along_m, segment.transect))
    along, label = segment.along_m[order], segment.transect[order]
    step = np.where(np.diff(label) == 0, np.diff(along), 0.0)
    half = np.zeros(order.size)
    half[:-1] += 0.5 * step
    half[1:] += 0.5 * step
    weights[order] = half
    return weights


def sum_by_pass(values: FloatArray, transect: IntArray, passes: int) -> FloatArray:
    """Return the sum of `values` over each pass, shape (t,).

    Parameters
    ----------
    values
        One per sample, shape (m,).
    transect
        Number of the pass of each sample, from 0, shape (m,).
    passes
        Number of passes t.
    """
    return np.bincount(transect, weights=values, minlength=passes).astype(np.float64)


def plume_heights(segment: Segment, weights_m: FloatArray, strength: FloatArray, bins: int = 40) -> FloatArray:
    """Return the height at which each pass met the plume, shape (t,).

    A pass of a spiral climbs while it turns and a transect is never quite level, so the height that counts is the one
    where the plume is: the mean height weighted by the plume's footprint, which is its strength (m,) in all passes
    stacked by position and clipped at zero. With no footprint every position counts alike.

    Parameters
    ----------
    segment
        The curtain or spiral, m samples on t passes.
    weights_m
        Length of its pass that each sample stands for, shape (m,).
    strength
        Flux density were the wind blowing outward everywhere, kg/(m2 h), shape (m,).
    bins
        Positions along the surface in which the passes are stacked.
    """
    edges = np.linspace(segment.along_m.min(), segment.along_m.max(), bins + 1)
    cell = np.clip(np.searchsorted(edges, segment.along_m, side="right") - 1, 0, bins - 1)
    length = np.bincount(cell, weights=weights_m, minlength=bins)
    stacked = np.bincount(cell, weights=weights_m * strength, minlength=bins) / np.maximum(length, 1e-12)
    footprint = np.clip(stacked - 0.1 * max(stacked.max(), 0.0), 0.0, None)[cell] * weights_m
    total = sum_by_pass(footprint, segment.transect, segment.transects)
    plain = sum_by_pass(segment.height_m, segment.transect, segment.transects) / np.bincount(segment.transect)
    weighted = sum_by_pass(footprint * segment.height_m, segment.transect, segment.transects)
    return np.where(total > 1e-9 * max(total.max(), 1e-300), weighted / np.maximum(total, 1e-300), plain)


def pass_integrals(
    segment: Segment, flux_density: FloatArray, strength: FloatArray, sample_noise: FloatArray
) -> PassIntegrals:
    """Integrate the flux density along each pass.

    Parameters
    ----------
    segment
        The curtain or spiral.
    flux_density
        Signed flux density of each sample, kg/(m2 h), shape (m,).
    strength
        Flux density were the wind blowing outward everywhere: tells where the plume is, whatever the wind does, (m,).
    sample_noise
        Standard deviation of each sample's flux density from noise, shape (m,).
    """
    weights = line_weights(segment)
    passes = segment.transects
    return PassIntegrals(
        height_m=plume_heights(segment, weights, strength),
        flux_kg_m_h=sum_by_pass(weights * flux_density, segment.transect, passes),
        noise_kg_m_h=np.sqrt(sum_by_pass((weights * sample_noise) ** 2, segment.transect, passes)),
        line_weights_m=weights,
        strength_kg_m_h=sum_by_pass(weights * strength, segment.transect, passes),
    )
