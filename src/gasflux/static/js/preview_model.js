// The answer of POST /preview as the shape the page draws.

/** Return {name, rows, columns, ignored, notes, faults, start, duration_s, track, series, wind_from_deg}. */
export function readPreview(answer, name) {
  const shown = answer.preview;
  return {
    name,
    rows: answer.rows_used || answer.rows_read,
    columns: answer.columns,
    ignored: answer.ignored_columns,
    notes: (answer.notes_zh ?? answer.notes).map((zh, i) => ({ en: answer.notes[i], zh })),
    faults: answer.faults,
    start: answer.start,
    duration_s: answer.duration_s ?? NaN,
    gases: answer.gases,
    track: shown ? readTrack(shown.track) : null,
    series: shown ? shown.gases : {},
    wind_from_deg: meanDirection(shown?.wind),
  };
}

function readTrack(track) {
  return {
    latitude: track.latitude_deg,
    longitude: track.longitude_deg,
    height: track.height_m,
    time_s: track.time_s,
  };
}

/** Return the direction of the mean wind vector; NaN where directions were not measured. */
function meanDirection(wind) {
  if (!wind?.from_deg) return NaN;
  let [east, north] = [0, 0];
  wind.from_deg.forEach((degrees, i) => {
    const speed = wind.speed_m_s[i];
    if (degrees === null || speed === null) return;
    east += speed * Math.sin((degrees * Math.PI) / 180);
    north += speed * Math.cos((degrees * Math.PI) / 180);
  });
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}
