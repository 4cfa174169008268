/**
 * The colours of all pictures, chosen once. Readers who see red and green alike can tell series apart as well, on white and on dark.
 * After the last colour, the colours start again with dashed lines. A scale from bad to good goes from orange to blue, never from red to green.
 */

export type Theme = {
  readonly ground: string;
  readonly ink: string;
  /** Lines of a grid, and anything less important than a curve. */
  readonly faint: string;
  readonly mark: string;
  readonly series: readonly string[];
};

/** Blue, vermilion, green, wine, violet, ink: the first three are Okabe and Ito's, all are dark enough for thin lines. */
export const light: Theme = {
  ground: "#ffffff",
  ink: "#24292f",
  faint: "#d0d7de",
  mark: "#57606a",
  series: ["#0072b2", "#d55e00", "#00916a", "#882255", "#5b3df5", "#24292f"],
};

/** The same hues, lighter, for a dark ground. */
export const dark: Theme = {
  ground: "#0d1117",
  ink: "#e6edf3",
  faint: "#30363d",
  mark: "#8b949e",
  series: ["#56b4e9", "#ff8a3c", "#2fc08f", "#e79fc8", "#f0e442", "#e6edf3"],
};

type Rgb = readonly [number, number, number];

const rgbOf = (colour: string): Rgb =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb;

const hex = (rgb: readonly number[]): string =>
  `#${rgb.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;

/** A colour scale: the first colour of the list at 0, the last at 1, and mixtures of two neighbours between. */
const along =
  (colours: readonly string[]) =>
  (share: number): string => {
    const at = Math.min(1, Math.max(0, share)) * (colours.length - 1);
    const below = Math.min(Math.floor(at), colours.length - 2);
    const [from, to] = [rgbOf(colours[below]!), rgbOf(colours[below + 1]!)];
    return hex(from.map((value, channel) => value + (at - below) * (to[channel]! - value)));
  };

/** The colour of a share that is bad at 0 and good at 1. */
export const goodness: (share: number) => string = along(["#d55e00", "#f0b27a", "#f4efe1", "#86bfe0", "#2f8ec4"]);

/** The colour of an amount: dark blue at 0, yellow at 1, evenly lighter between (after cividis). */
export const amount: (share: number) => string = along([
  "#00224e",
  "#35456c",
  "#666970",
  "#948e77",
  "#c8b866",
  "#fee838",
]);

/** WCAG's relative luminance. */
export const luminance = (colour: string): number => {
  const [r, g, b] = rgbOf(colour).map((value) =>
    value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  ) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
