// Several flights of one source are repeats: their weighted mean (random effects), as docs/METHODS.md has it for the
// curtains of one flight. Instrument errors are common to the flights and do not average out.

const COMMON = ["wind_speed", "wind_direction", "gas_calibration", "temperature_pressure"];
/** These add the same error whatever the rate; all else multiplies it, so that the truth may lie further above than below. */
const ADDED = ["background", "sensor_noise"];

/** Return {flux, std, low, high, limit, between, weight} of results {flux, std, limit, budget: {name: kg/h}}; at least one. */
export function combine(results, level = 0.9) {
  const flux = results.map((result) => result.flux);
  const budgets = results.map(({ budget, std }) => budget ?? { repeatability: std });
  const variance = budgets.map((budget) => Math.max(total(without(budget, COMMON)) ** 2, 1e-300));
  const between = Math.sqrt(betweenVariance(flux, variance));
  const weight = normalised(variance.map((value) => 1 / (value + between ** 2)));
  const mean = sum(weight.map((part, i) => part * flux[i]));
  const budget = { ...combinedBudget(budgets, weight), between: between * Math.hypot(...weight) };
  const std = total(budget);
  // Welch-Satterthwaite: only the scatter between the flights is estimated, from n - 1 degrees of freedom.
  const freedom = budget.between > 0 ? (std / budget.between) ** 4 * (results.length - 1) : 1e6;
  const factor = studentFactor(level, Math.max(freedom, 1));
  const limit = results.every((result) => Number.isFinite(result.limit)) ? Math.hypot(...weight.map((part, i) => part * results[i].limit)) : null;
  return { flux: mean, std, ...interval(mean, budget, factor), limit, between, weight, level };
}

/** Return each component of the mean: linear when common to all flights, in quadrature otherwise. */
function combinedBudget(budgets, weight) {
  const names = [...new Set(budgets.flatMap((budget) => Object.keys(budget)))];
  return Object.fromEntries(names.map((name) => {
    const parts = budgets.map((budget, i) => weight[i] * (budget[name] ?? 0));
    return [name, COMMON.includes(name) ? sum(parts) : Math.hypot(...parts)];
  }));
}

/** Return the ends of the interval, as docs/METHODS.md has them for one flight. */
export function interval(flux, budget, factor) {
  const added = factor * total(Object.fromEntries(ADDED.map((name) => [name, budget[name] ?? 0])));
  const factored = factor * total(without(budget, ADDED));
  const size = Math.abs(flux);
  const skew = size > 0 ? 0.5 * Math.min(factored / size, 1) ** 2 * size : 0;
  const [away, towards] = [Math.hypot(added, factored + skew), Math.hypot(added, Math.max(factored - skew, 0))];
  return flux < 0 ? { low: flux - away, high: flux + towards } : { low: flux - towards, high: flux + away };
}

const total = (budget) => Math.hypot(...Object.values(budget));

const without = (budget, names) => Object.fromEntries(Object.entries(budget).filter(([name]) => !names.includes(name)));

const sum = (values) => values.reduce((total, value) => total + value, 0);

function normalised(values) {
  const total = sum(values);
  return values.map((value) => value / total);
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
