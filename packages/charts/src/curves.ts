/** Curves of any kind in one area, each with its name. */
import { check, checkConfig, checkList, optional, trueOrFalse, type Keys } from "@ropewalk/check";
import { legend, plot, type Mark } from "./plot.ts";
import { heading, notes, svgDocument } from "./svg.ts";
import { ticksAround } from "./ticks.ts";

export type Curve = {
  readonly name: string;
  /** From left to right. Where y is NaN, the curve has a gap. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
};

export type Curves = {
  readonly title: string;
  /** The names of the horizontal and the vertical axis. */
  readonly across: string;
  readonly up: string;
  readonly curves: readonly Curve[];
  /** Values of the horizontal axis that get a label where there is room. Default: round values; on a logarithmic axis, the values of the curves. */
  readonly ticks?: readonly number[];
  /** Values of the horizontal axis that are marked by a dashed line. */
  readonly marks?: readonly Mark[];
  /** A value of the vertical axis that is marked by a dashed line. */
  readonly level?: { readonly y: number; readonly name: string };
  /** Values of the vertical axis that are always shown, such as 0 and 100 for percentages. */
  readonly within?: readonly number[];
  /** The highest value that is shown. A curve that exceeds it runs along the top. */
  readonly most?: number;
  /** Whether the horizontal axis is logarithmic. Default false. */
  readonly logarithmic?: boolean;
  /** Whether each point is drawn as a dot. Default false. */
  readonly dots?: boolean;
};

const keys: Keys<Curves> = {
  title: true,
  across: true,
  up: true,
  curves: checkList,
  ticks: true,
  marks: true,
  level: true,
  within: true,
  most: true,
  logarithmic: optional(trueOrFalse),
  dots: optional(trueOrFalse),
};

/**
 * A self-contained SVG document.
 *
 * @throws RangeError when there is no curve, or a logarithmic axis has values of 0 or less; TypeError for an unknown key
 */
export const curves = (config: Curves): string => {
  checkConfig("curves", config, keys);
  const {
    title,
    across,
    up,
    marks = [],
    level,
    within = [],
    most = Infinity,
    logarithmic = false,
    dots = false,
  } = config;
  const points = config.curves.flatMap((curve) => curve.points);
  const places = points.map(({ x }) => x);
  // A single value of x is drawn at the left.
  const [from, to] = [Math.min(...places), Math.max(...places)];
  check(!logarithmic || from > 0, "curves: x must be > 0 on a logarithmic axis", from);
  const own = logarithmic ? [...new Set(places)].toSorted((a, b) => a - b) : ticksAround(places, 8).at;
  const ticks = (config.ticks ?? own).filter((tick) => tick >= from && tick <= to);
  const head = heading(title);
  const values = [...points.map(({ y }) => Math.min(y, most)), ...(level ? [level.y] : []), ...within];
  const area = plot({
    top: head.bottom + 12,
    height: 230,
    marks,
    up: ticksAround(values),
    ...(level && { level }),
    across: { from, to: to > from ? to : from + (from || 1), ticks, log: logarithmic },
    lines: config.curves.map((curve, series) => ({
      series,
      dots,
      kind: "curve",
      points: curve.points.map(({ x, y }) => [x, y] as const),
    })),
  });
  const names = legend(
    area.bottom + 4,
    config.curves.map(({ name }, series) => ({ name, series, kind: "curve" })),
  );
  const foot = notes(names.bottom + 2, [`across: ${across}; up: ${up}`]);
  return svgDocument({ height: foot.bottom + 12, title }, [
    ...head.parts,
    ...area.parts,
    ...names.parts,
    ...foot.parts,
  ]);
};
