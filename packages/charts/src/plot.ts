/** An area with axes, in which lines, marks and levels are drawn. All curves are drawn by it. */
import { light } from "./colours.ts";
import { fixed, notes, pageWidth, text, type Part } from "./svg.ts";
import { labelled, type Ticks } from "./ticks.ts";

/** A value of the horizontal axis that is marked by a dashed line. */
export type Mark = { readonly at: number; readonly label: string };

export type Point = readonly [x: number, y: number];

export type Line = {
  /** The index of its colour. */
  readonly series: number;
  /** The class of the drawn elements. */
  readonly kind: string;
  readonly points: readonly Point[];
  readonly dots?: boolean;
};

export type Plot = {
  readonly top: number;
  readonly height: number;
  /** The horizontal axis: its ends, and the values that get a label where there is room. */
  readonly across: {
    readonly from: number;
    readonly to: number;
    readonly ticks: readonly number[];
    readonly log?: boolean;
  };
  readonly up: Ticks;
  readonly lines: readonly Line[];
  readonly marks?: readonly Mark[];
  /** A value of the vertical axis that is marked. */
  readonly level?: { readonly y: number; readonly name: string };
};

const left = 52;
const right: number = pageWidth - 22;

const scale =
  (low: number, high: number, from: number, to: number) =>
  (value: number): number =>
    from + ((value - low) / (high - low)) * (to - from);

/** The class of a series: its colour, and whether it is dashed. */
const seriesClass = (series: number): string => {
  const count = light.series.length;
  return `line s${series % count}${Math.floor(series / count) % 2 === 1 ? " dashed" : ""}`;
};

/** One path for each stretch of a line without NaN. A line that exceeds the area runs along the top. */
const drawn = (line: Line, x: (value: number) => number, y: (value: number) => number): string => {
  let pen = "M";
  const steps = line.points.map(([across, up]) => {
    const stroke = Number.isFinite(up) ? `${pen}${fixed(x(across))} ${fixed(y(up))}` : "";
    pen = Number.isFinite(up) ? "L" : "M";
    return stroke;
  });
  const dots = line.dots
    ? line.points
        .filter(([, up]) => Number.isFinite(up))
        .map(([across, up]) => `<circle class="${line.kind}" cx="${fixed(x(across))}" cy="${fixed(y(up))}" r="3"/>`)
    : [];
  return `<g class="${seriesClass(line.series)}"><path class="${line.kind}" d="${steps.join("")}"/>${dots.join("")}</g>`;
};

/** Draws the area, with the labels of its axes. */
export const plot = ({ top, height, across, up, lines, marks = [], level }: Plot): Part => {
  const bottom = top + height;
  const place = across.log ? Math.log : (value: number): number => value;
  const along = scale(place(across.from), place(across.to), left, right);
  const x = (value: number): number => along(place(value));
  const high = up.at.at(-1)!;
  const upward = scale(up.at[0]!, high, bottom, top);
  const y = (value: number): number => upward(Math.min(value, high));
  const inside = marks.filter(({ at }) => at > across.from && at < across.to);
  const parts: readonly string[] = [
    ...up.at.map(
      (tick) =>
        `<path class="faint" d="M${left} ${fixed(y(tick))}H${right}"/>${text(left - 7, y(tick) + 4, up.shown(tick), "down")}`,
    ),
    ...labelled(across.ticks, x, 46).map((tick) => text(x(tick), bottom + 18, String(tick), "across")),
    ...inside.map(({ at, label }, index) => {
      const [shift, kind] = x(at) < (left + right) / 2 ? [5, "note"] : [-5, "down"];
      return (
        `<path class="mark" d="M${fixed(x(at))} ${top}V${bottom}"/>` +
        text(x(at) + shift, top + 14 + 16 * index, `${label} ${at}`, kind)
      );
    }),
    ...(level
      ? [
          `<path class="mark" d="M${left} ${fixed(y(level.y))}H${right}"/>`,
          text(right, y(level.y) - 5, level.name, "down"),
        ]
      : []),
    ...lines.map((line) => drawn(line, x, y)),
  ];
  return { parts, bottom: bottom + 24 };
};

/** The names of the series below each other, from `top` on. */
export const legend = (
  top: number,
  names: readonly { readonly name: string; readonly kind: string; readonly series: number }[],
): Part => {
  let bottom = top;
  const parts = names.flatMap(({ name, kind, series }) => {
    const said = notes(bottom, [name], 46);
    const line = `<g class="${seriesClass(series)}"><path class="${kind}" d="M14 ${fixed(bottom + 8)}h24"/></g>`;
    bottom = said.bottom + 2;
    return [line, ...said.parts];
  });
  return { parts, bottom };
};
