"""The flight on a map, coloured by the enhancement: GeoJSON (RFC 7946) and KML 2.2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from xml.etree import ElementTree

import numpy as np

from gasflux.records import FlightResult, FloatArray, IntArray, Phase
from gasflux.results.output_vars import number
from gasflux.results.tables import sample_times

MAX_MAP_POINTS: Final = 5_000
"""Samples on a map; of a longer flight every k-th and the last are drawn, with the smallest k that keeps to it."""

_VIRIDIS: Final = (
    "440154", "48186a", "472d7b", "424086", "3b528b", "33638d", "2c728e", "26828e",
    "21918c", "1fa088", "28ae80", "3fbc73", "5ec962", "84d44b", "addc30", "d8e219", "fde725",
)  # fmt: skip
"""Seventeen colours of matplotlib's viridis from low to high: even in lightness, readable by the colour-blind."""

_ALTITUDE_MODES: Final = {"ato": "relativeToGround", "agl": "relativeToGround", "altitude": "absolute"}


def every_nth_row(samples: int) -> tuple[IntArray, int]:
    """Return the indices of the samples to draw and their step: every k-th and the last, at most `MAX_MAP_POINTS`."""
    step = max(1, -(-(samples - 1) // (MAX_MAP_POINTS - 1)))
    rows = np.arange(0, samples, step, dtype=np.int64)
    return (rows if rows[-1] == samples - 1 else np.append(rows, samples - 1)), step


def flight_geojson(result: FlightResult) -> dict[str, Any]:
    """Return the flight as a GeoJSON feature collection: its path as a line, its samples as points.

    Coordinates are WGS84 longitude and latitude. Heights are properties: RFC 7946 reserves the third coordinate for
    the height above the ellipsoid, which a height above take-off is not.
    """
    log = result.log
    rows, step = every_nth_row(log.size)
    longitude, latitude = np.round(log.longitude_deg[rows], 7), np.round(log.latitude_deg[rows], 7)
    times = np.datetime_as_string(sample_times(result)[rows], unit="ms")
    points = [_point(result, row, time) for row, time in zip(rows.tolist(), times.tolist(), strict=True)]
    return {
        "type": "FeatureCollection",
        "bbox": _bounding_box(longitude, latitude),
        "decimation": {"rule": "every step-th sample and the last", "step": step, "samples": log.size},
        "features": [_path(longitude, latitude, times[0], times[-1]), *points],
    }


def _bounding_box(longitude: FloatArray, latitude: FloatArray) -> list[float]:
    """Return west, south, east, north; across the antimeridian west is the larger one (RFC 7946 section 5.2)."""
    if np.ptp(longitude) > 180.0:
        longitude = longitude % 360.0
    west, east = ((bound + 180.0) % 360.0 - 180.0 for bound in (float(longitude.min()), float(longitude.max())))
    return [round(west, 7), float(latitude.min()), round(east, 7), float(latitude.max())]


def _path(longitude: FloatArray, latitude: FloatArray, start: str, end: str) -> dict[str, Any]:
    """Return the path as a line, cut at the antimeridian as RFC 7946 section 3.1.9 wants it."""
    cuts = np.flatnonzero(np.abs(np.diff(longitude)) > 180.0) + 1
    coordinates = np.column_stack([longitude, latitude])
    pieces = [piece.tolist() for piece in np.split(coordinates, cuts) if len(piece) > 1]
    is_whole = len(pieces) == 1
    geometry = {
        "type": "LineString" if is_whole else "MultiLineString",
        "coordinates": pieces[0] if is_whole else pieces,
    }
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"name": "path", "start": str(start), "end": str(end)},
    }


def _point(result: FlightResult, row: int, time: str) -> dict[str, Any]:
    """Return one sample."""
    log = result.log
    enhancement = {f"{gas}_enhancement_ppm": bg.enhancement_ppm[row] for gas, bg in result.background.items()}
    return {
        "type": "Feature",
        "geometry": {
            "type": "Point",
            "coordinates": [round(float(log.longitude_deg[row]), 7), round(float(log.latitude_deg[row]), 7)],
        },
        "properties": {
            "time": str(time),
            "height_m": round(float(log.height_m[row]), 3),
            "phase": Phase(result.phase[row]).name.lower(),
            **{name: number(float(value)) for name, value in enhancement.items()},
        },
    }


def flight_kml(result: FlightResult) -> str:
    """Return the flight as KML: for each gas a folder of pieces of the path, coloured by enhancement, with times.

    Colours run evenly from no enhancement to the 99th percentile of the gas (a single spike must not turn everything
    else dark); the folder's name states both ends. Heights above take-off or ground are drawn relative to the ground.
    """
    kml = ElementTree.Element("kml", xmlns="http://www.opengis.net/kml/2.2")
    document = ElementTree.SubElement(kml, "Document")
    ElementTree.SubElement(document, "name").text = result.log.report.name
    for index, colour in enumerate(_VIRIDIS):
        style = ElementTree.SubElement(document, "Style", id=f"c{index}")
        line = ElementTree.SubElement(style, "LineStyle")
        ElementTree.SubElement(line, "color").text = _kml_colour(colour)
        ElementTree.SubElement(line, "width").text = "3"
    rows, _ = every_nth_row(result.log.size)
    for gas in result.background:
        _gas_folder(document, result, gas, rows)
    ElementTree.indent(kml, " ")
    return ElementTree.tostring(kml, encoding="unicode", xml_declaration=True) + "\n"


def _kml_colour(rgb: str) -> str:
    """Return ``aabbggrr`` for ``rrggbb``: KML writes colours backwards."""
    return f"ff{rgb[4:6]}{rgb[2:4]}{rgb[0:2]}"


def _gas_folder(document: ElementTree.Element, result: FlightResult, gas: str, rows: IntArray) -> None:
    """Append the coloured path of one gas."""
    enhancement = np.nan_to_num(result.background[gas].enhancement_ppm[rows])
    top = max(float(np.percentile(enhancement, 99.0)), 1e-12)
    colours = np.clip(enhancement / top * len(_VIRIDIS), 0, len(_VIRIDIS) - 1).astype(np.int64)
    folder = ElementTree.SubElement(document, "Folder")
    ElementTree.SubElement(folder, "name").text = f"{gas}: enhancement 0 to {top:.3g} ppm"
    ElementTree.SubElement(folder, "visibility").text = "1" if gas == next(iter(result.background)) else "0"
    times = np.datetime_as_string(sample_times(result)[rows], unit="ms")
    for first, last in _runs(colours):
        mark = ElementTree.SubElement(folder, "Placemark")
        span = ElementTree.SubElement(mark, "TimeSpan")
        ElementTree.SubElement(span, "begin").text = str(times[first])
        ElementTree.SubElement(span, "end").text = str(times[last])
        ElementTree.SubElement(mark, "styleUrl").text = f"#c{colours[first]}"
        line = ElementTree.SubElement(mark, "LineString")
        ElementTree.SubElement(line, "altitudeMode").text = _ALTITUDE_MODES[result.log.height_reference]
        ElementTree.SubElement(line, "coordinates").text = _coordinates(result, rows[first : last + 1])


def _runs(colours: IntArray) -> Iterator[tuple[int, int]]:
    """Yield first and last index of each stretch of one colour; a stretch ends where the next begins, without a gap."""
    starts = np.flatnonzero(np.diff(colours[:-1], prepend=-1))
    ends = np.append(starts[1:], colours.size - 1)
    yield from zip(starts.tolist(), ends.tolist(), strict=True)


def _coordinates(result: FlightResult, rows: IntArray) -> str:
    """Return ``longitude,latitude,height`` of samples."""
    log = result.log
    triples = zip(log.longitude_deg[rows], log.latitude_deg[rows], log.height_m[rows], strict=True)
    return " ".join(f"{longitude:.7f},{latitude:.7f},{height:.2f}" for longitude, latitude, height in triples)
