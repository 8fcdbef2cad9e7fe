// Colour scales that every kind of colour vision reads, in even steps of lightness: viridis for the field, cividis for
// its error.

const STOPS = {
  viridis:
    "440154470d6048186a482374472e7c4538824241863e4a893a548c365d8d32658e2e6d8e2b758e287d8e25848e228c8d" +
    "1f948c1e9c8920a38625ab822eb37c3aba7648c16e58c7656ccd5a7fd34e93d741a8db34c0df25d5e21aeae51afde725",
  cividis:
    "00224e00285b002e6a0533711c396f293f6e33446d3c4a6c45506c4d556c555b6d5c616e6467706b6d72727274787877" +
    "807f78888578908b78979177a09875a89e73b0a571b9ab6dc2b369cbb965d3c05fdcc859e6d051efd748f8df3cfee838",
};

/** Return a function from 0..1 to [red, green, blue]. */
export function scale(name) {
  const text = STOPS[name];
  const stops = Array.from({ length: text.length / 6 }, (_, i) =>
    [0, 2, 4].map((at) => parseInt(text.slice(6 * i + at, 6 * i + at + 2), 16)),
  );
  return (share) => {
    const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    return stops[below].map((part, i) => Math.round(part + (place - below) * (stops[below + 1][i] - part)));
  };
}

export const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;
