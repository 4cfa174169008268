/**
 * A matrix as colours: attention maps, relative positions. Rows go down and columns go across, as a matrix is written. A matrix with more
 * elements than the picture has squares is shown by the mean over each square.
 */
import { check, checkConfig, checkInteger, oneOf, optional, type Keys } from "@ropewalk/check";
import { amount } from "./colours.ts";
import { fixed, heading, notes, pageWidth, svgDocument, text } from "./svg.ts";
import { labelled, ticksAround } from "./ticks.ts";

export type HeatMap = {
  readonly title: string;
  readonly rows: number;
  readonly columns: number;
  /** Row by row. A NaN, such as those above a causal diagonal, leaves its square empty. */
  readonly values: ArrayLike<number>;
  /** The names of the columns and the rows, and what a colour means. */
  readonly across: string;
  readonly down: string;
  readonly colour: string;
  /** On a `logarithmic` scale, values of 0 stay empty. Default `linear`. */
  readonly scale?: "linear" | "logarithmic";
};

const keys: Keys<HeatMap> = {
  title: true,
  values: true,
  across: true,
  down: true,
  colour: true,
  rows: (...given) => checkInteger(...given, 1),
  columns: (...given) => checkInteger(...given, 1),
  scale: optional(oneOf(["linear", "logarithmic"])),
};

/** The largest number of squares along a side, and of colours: readers cannot tell more apart. */
const [mostSquares, levels] = [128, 48] as const;

/** Means over squares of `step` by `step` elements; NaN for a square without a value. */
const reduced = ({ rows, columns, values }: HeatMap, step: number) => {
  const [tall, wide] = [Math.ceil(rows / step), Math.ceil(columns / step)];
  const sums = new Float64Array(tall * wide);
  const counts = new Float64Array(tall * wide);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const value = values[row * columns + column]!;
      if (Number.isNaN(value)) continue;
      const at = Math.floor(row / step) * wide + Math.floor(column / step);
      sums[at]! += value;
      counts[at]! += 1;
    }
  return { tall, wide, means: sums.map((sum, at) => sum / counts[at]!) };
};

/** Draws equal neighbours of a row as one rectangle, and all rectangles of a colour as one path. `level` is the colour of each square, -1 for none. */
const paths = (level: (at: number) => number, tall: number, wide: number): readonly string[] => {
  const drawn = Array.from({ length: levels }, () => "");
  for (let row = 0; row < tall; row++)
    for (let column = 0; column < wide;) {
      const own = level(row * wide + column);
      let end = column + 1;
      while (end < wide && level(row * wide + end) === own) end++;
      if (own >= 0) drawn[own]! += `M${column} ${row}h${end - column}v1h${column - end}z`;
      column = end;
    }
  return drawn.flatMap((d, own) => (d === "" ? [] : [`<path style="fill:${amount(own / (levels - 1))}" d="${d}"/>`]));
};

/** Three significant digits, without trailing zeros. */
const short = (value: number): string => String(Number(value.toPrecision(3)));

/**
 * A self-contained SVG document.
 *
 * @throws RangeError when there are not rows * columns values, TypeError for an unknown key
 */
export const heatMap = (config: HeatMap): string => {
  const { title, rows, columns, across, down, colour, scale = "linear" } = checkConfig("heatMap", config, keys);
  check(
    config.values?.length === rows * columns,
    `heatMap: values.length must be ${rows * columns}`,
    config.values?.length,
  );
  const step = Math.ceil(Math.max(rows, columns) / mostSquares);
  const { tall, wide, means } = reduced(config, step);
  const place = scale === "linear" ? (value: number): number => value : Math.log;
  let [low, high] = [Infinity, -Infinity];
  for (const mean of means) if (Number.isFinite(place(mean))) [low, high] = [Math.min(low, mean), Math.max(high, mean)];
  const span = place(high) - place(low);
  const level = (at: number): number => {
    const value = place(means[at]!);
    if (!Number.isFinite(value)) return -1;
    return span > 0 ? Math.round(((value - place(low)) / span) * (levels - 1)) : levels - 1;
  };

  const head = heading(title);
  const [left, top] = [52, head.bottom + 30];
  const unit = (pageWidth - left - 22) / Math.max(tall, wide);
  const [right, bottom] = [left + wide * unit, top + tall * unit];
  const ticks = (count: number, from: number): readonly { readonly at: number; readonly label: string }[] => {
    const middle = (tick: number): number => from + ((tick + 0.5) / step) * unit;
    const whole = ticksAround([0, count - 1], 6).at.filter((tick) => Number.isInteger(tick) && tick < count);
    return labelled(whole, middle, 30).map((tick) => ({ at: middle(tick), label: String(tick) }));
  };
  const bar = Array.from({ length: levels }, (_, own) => {
    const x = left + (own * 120) / levels;
    return `<rect x="${fixed(x)}" y="${fixed(bottom + 12)}" width="3" height="10" fill="${amount(own / (levels - 1))}"/>`;
  });
  const [least, most] = low <= high ? [short(low), short(high)] : ["-", "-"];
  const foot = notes(bottom + 46, [
    `colour: ${colour}, from ${least} to ${most}${scale === "linear" ? "" : ", by its logarithm"}`,
    `across: ${across}; down: ${down}`,
    ...(step === 1 ? [] : [`a square is the mean of ${step} by ${step}`]),
  ]);
  return svgDocument({ height: foot.bottom + 12, title }, [
    ...head.parts,
    ...ticks(columns, left).map(({ at, label }) => text(at, top - 6, label, "across")),
    ...ticks(rows, top).map(({ at, label }) => text(left - 7, at + 4, label, "down")),
    `<g transform="translate(${left} ${fixed(top)}) scale(${unit.toFixed(4)})" shape-rendering="crispEdges">`,
    ...paths(level, tall, wide),
    "</g>",
    `<path class="faint" d="M${left} ${fixed(top)}H${fixed(right)}V${fixed(bottom)}H${left}z"/>`,
    ...bar,
    text(left, bottom + 38, least, "note"),
    text(left + 120, bottom + 38, most, "down"),
    ...foot.parts,
  ]);
};
