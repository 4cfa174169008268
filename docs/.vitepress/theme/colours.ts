/** Colours of the live matrices, which are those of the figures: light and dark. */

const amounts = {
  light: ["#eef4f9", "#b9d8ec", "#6fb1d9", "#2f84b8", "#0b4f82", "#08263f"],
  dark: ["#16202b", "#1d3e58", "#20648f", "#3593c7", "#7cc3ea", "#e4f4ff"],
} as const;

const series = {
  light: ["#0072b2", "#d55e00", "#00916a", "#882255"],
  dark: ["#56b4e9", "#ff8a3c", "#2fc08f", "#e79fc8"],
} as const;

export type Shade = keyof typeof amounts;

const channels = (colour: string): readonly number[] =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

/** Of a share from 0 to 1, evenly between its neighbours. */
export const amount = (shade: Shade, share: number): string => {
  const colours = amounts[shade];
  const at = Math.min(1, Math.max(0, share)) * (colours.length - 1);
  const below = Math.min(Math.floor(at), colours.length - 2);
  const [from, to] = [channels(colours[below]!), channels(colours[below + 1]!)];
  return `rgb(${from.map((value, channel) => Math.round(value + (at - below) * (to[channel]! - value))).join(" ")})`;
};

export const kind = (shade: Shade, index: number): string => series[shade][index % series[shade].length]!;

export const ramp = (shade: Shade): string => `linear-gradient(90deg, ${amounts[shade].join(", ")})`;
