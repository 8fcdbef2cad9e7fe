// Several flights of one source are repeats: their weighted mean (random effects), as docs/METHODS.md has it for the
// curtains of one flight. Instrument errors are common to the flights and do not average out.

const COMMON = ["wind_speed", "wind_direction", "gas_calibration", "temperature_pressure"];

/** Return {flux, std, low, high, between} of results {flux, std, budget: {name: kg/h}}; at least one. */
export function combine(results, level = 0.9) {
  const flux = results.map((result) => result.flux);
  const variance = results.map((result) => Math.max(independent(result) ** 2, 1e-300));
  const between = betweenVariance(flux, variance);
  const weight = normalised(variance.map((value) => 1 / (value + between)));
  const mean = sum(weight.map((part, i) => part * flux[i]));
  const own = sum(weight.map((part, i) => part ** 2 * (variance[i] + between)));
  const common = sum(COMMON.map((name) => sum(weight.map((part, i) => part * (results[i].budget?.[name] ?? 0))) ** 2));
  const std = Math.sqrt(own + common);
  const scatter = sum(weight.map((part) => part ** 2)) * between;
  // Welch-Satterthwaite: only the scatter between the flights is estimated, from n - 1 degrees of freedom.
  const freedom = scatter > 0 ? (std ** 2 / scatter) ** 2 * (results.length - 1) : 1e6;
  const reach = studentFactor(level, Math.max(freedom, 1)) * std;
  return { flux: mean, std, low: mean - reach, high: mean + reach, between: Math.sqrt(between), weight, level };
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

function normalised(values) {
  const total = sum(values);
  return values.map((value) => value / total);
}

function independent({ std, budget }) {
  if (!budget) return std;
  return Math.sqrt(sum(Object.entries(budget).filter(([name]) => !COMMON.includes(name)).map(([, part]) => part ** 2)));
}

/** Variance between repeats beyond their own (Paule and Mandel 1982), by bisection. */
function betweenVariance(values, variances) {
  const excess = (extra) => {
    const weight = normalised(variances.map((variance) => 1 / (variance + extra)));
    const mean = sum(weight.map((part, i) => part * values[i]));
    return sum(values.map((value, i) => (value - mean) ** 2 / (variances[i] + extra))) - (values.length - 1);
  };
  if (values.length < 2 || excess(0) <= 0) return 0;
  let [low, high] = [0, (Math.max(...values) - Math.min(...values)) ** 2 * values.length];
  for (let i = 0; i < 80; i += 1) {
    const middle = (low + high) / 2;
    if (excess(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Two-sided Student factor: the probability inside is integrated and inverted by bisection. */
export function studentFactor(level, freedom) {
  if (freedom > 1000) return normalFactor(level);
  let [low, high] = [0, 1000];
  for (let i = 0; i < 80; i += 1) {
    const middle = (low + high) / 2;
    if (inside(middle, freedom) < level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(|T| < x), with t = sqrt(nu) tan(angle): the integral of cos^(nu - 1) up to an angle over that up to a right angle. */
function inside(x, freedom) {
  const area = (angle) => simpson((a) => Math.cos(a) ** (freedom - 1), angle);
  return area(Math.atan(x / Math.sqrt(freedom))) / area(Math.PI / 2);
}

function simpson(f, end, steps = 2000) {
  const width = end / steps;
  let total = f(0) + f(end);
  for (let i = 1; i < steps; i += 1) total += (i % 2 ? 4 : 2) * f(i * width);
  return (total * width) / 3;
}

function normalFactor(level) {
  return studentFactor(level, 1000);
}
