// A result as the page draws it: GET /task/<id>/view, which holds drawings and figures (output_vars.json) alike.

import { get, address, ApiError, OfflineError } from "./api.js";
import { compass, utc } from "./format.js";

/** Fetch the document of a task whose rates are known; results of older versions have their figures in a file. */
export async function fetchResult(task, signal) {
  const view = await get(`task/${task.task_id}/view`, { signal });
  const file = task.results.find((result) => result.name === "output_vars.json");
  return { task, vars: view.result ?? (await fetchJson(file.download_url, signal)), view };
}

async function fetchJson(path, signal) {
  const answer = await fetch(address(path), { signal }).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new OfflineError(path);
  });
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => null));
  return answer.json();
}

/** Return the figures of one gas: rate, error, interval, flags. */
export function gasAnswer(values) {
  const { level, low, high } = values.flux_interval_kg_h;
  return {
    flux: values.flux_kg_h,
    std: values.flux_std_kg_h,
    low,
    high,
    level,
    limit: values.detection_limit_kg_h,
    budget: values.uncertainty_kg_h,
    grade: values.quality.grade,
    flags: values.quality.flags,
  };
}

/** Return the flags of one gas in every language; those of older results in the one they were made in. */
export const flagsOf = (result, gas) => result.view.flags?.[gas] ?? result.vars.gases[gas].quality.flags;

/** Return grid and samples of one gas on one surface in the shape of the curtain plot. */
export function surfaceOf(segment, gas) {
  const { grid, samples } = segment.gases[gas];
  const passes = segment.transects.map((transect) => transect.height_m);
  return {
    grid: { x: grid.x_m, z: grid.z_m, flux: grid.flux_density_kg_m2_h, std: grid.std_kg_m2_h },
    samples: { x: samples.x_m, z: samples.z_m, value: samples.flux_density_kg_m2_h },
    lowestPass: passes.length ? Math.min(...passes) : null,
    ground: segment.ground_height_m,
    reach: reachAbove(segment.gases[gas]),
    ends: endsOf(segment.surface),
  };
}

/** A smaller share of the rate above the highest pass is no layer that one would look for in a map. */
const LEAST_ABOVE = 0.005;

/** Return how high the layer goes that is estimated above the highest pass, null where next to nothing is up there. */
function reachAbove({ flux_kg_h: rate, grid, profile }) {
  const top = grid.z_m.at(-1);
  const isAbove = (i) => profile.is_extrapolated[i] && profile.height_m[i] > top;
  const parts = profile.flux_kg_h_m.map((value, i) => (isAbove(i) ? value * profile.thickness_m[i] : 0));
  const flux = parts.reduce((sum, part) => sum + part, 0);
  if (Math.abs(flux) < LEAST_ABOVE * Math.abs(rate)) return null;
  const heights = profile.height_m.map((height, i) => height + profile.thickness_m[i] / 2);
  const above = heights.filter((height, i) => profile.is_extrapolated[i] && height > top && profile.flux_kg_h_m[i]);
  return above.length ? Math.max(...above) : null;
}

/** Return what lies beyond the ends of a plane, as seen along it; a circle has none. */
const endsOf = (surface) =>
  "azimuth_deg" in surface ? [compass(surface.azimuth_deg + 180), compass(surface.azimuth_deg)] : null;

/** Return the track with the enhancement of `gas` where the aircraft was on a surface. */
export function trackOf(view, gas) {
  const { time_s: time, x_m: x, y_m: y, height_m: z, phase, phase_names: names } = view.track;
  const transect = names.indexOf("transect");
  const series = view.gases[gas];
  let at = 0;
  const value = time.map((moment, i) => {
    while (
      at + 1 < series.time_s.length &&
      Math.abs(series.time_s[at + 1] - moment) <= Math.abs(series.time_s[at] - moment)
    )
      at += 1;
    const [measured, baseline] = [series.measured_ppm[at], series.baseline_ppm[at]];
    return phase[i] === transect && measured !== null && baseline !== null ? Math.max(measured - baseline, 0) : null;
  });
  return { time, x, y, z, value };
}

/** Return where a point of the track lies on a surface {x, z}; null off its span of time. */
export function placeOnSurface(view, segment, index) {
  const { time_s: time, x_m: x, y_m: y, height_m: z } = view.track;
  if (index === null || time[index] < segment.start_s || time[index] > segment.end_s) return null;
  return { x: along(segment.surface, x[index], y[index]), z: z[index] };
}

function along(surface, x, y) {
  if ("corners_x_m" in surface) return alongLoop(surface, x, y);
  if ("radius_m" in surface) {
    const angle = (Math.atan2(x - surface.center_x_m, y - surface.center_y_m) * 180) / Math.PI;
    return (surface.radius_m * ((((angle - surface.seam_azimuth_deg) % 360) + 360) % 360) * Math.PI) / 180;
  }
  const azimuth = (surface.azimuth_deg * Math.PI) / 180;
  return (x - surface.origin_x_m) * Math.sin(azimuth) + (y - surface.origin_y_m) * Math.cos(azimuth);
}

/** Distance along the nearest side of a closed polygon. */
function alongLoop({ corners_x_m: xs, corners_y_m: ys }, x, y) {
  let [start, best, place] = [0, Infinity, 0];
  xs.forEach((east, i) => {
    const north = ys[i];
    const [wayX, wayY] = [xs[(i + 1) % xs.length] - east, ys[(i + 1) % ys.length] - north];
    const length = Math.hypot(wayX, wayY) || 1e-9;
    const share = Math.min(Math.max(((x - east) * wayX + (y - north) * wayY) / length, 0), length);
    const far = Math.hypot(x - east - (share * wayX) / length, y - north - (share * wayY) / length);
    if (far < best) [best, place] = [far, start + share];
    start += length;
  });
  return place;
}

/** Return the index of the value nearest to `time` in a rising list. */
export function nearest(times, time) {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low > 0 && time - times[low - 1] < times[low] - time ? low - 1 : low;
}

/** Return the start of the log as milliseconds, for a clock on time axes. */
export const startMs = (view) => utc(view.start)?.getTime() ?? NaN;

/** Bring several series onto one rising list of times: uPlot draws all lines of a panel over one axis. */
export function onOneAxis(parts) {
  const times = [...new Set(parts.flatMap((part) => part.time))].sort((a, b) => a - b);
  const place = new Map(times.map((time, i) => [time, i]));
  const values = parts.map((part) => {
    const column = new Array(times.length).fill(undefined);
    part.time.forEach((time, i) => { column[place.get(time)] = part.values[i]; });
    return column;
  });
  return { times, values };
}
