/** Curves over one another, each with its name. */
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
  /** What is across, and what is up. */
  readonly across: string;
  readonly up: string;
  readonly curves: readonly Curve[];
  /** Values across that are labelled, as far as there is room. Default: round ones, or of a logarithmic axis those that curves have. */
  readonly ticks?: readonly number[];
  /** Values across that are worth knowing, as dashed lines. */
  readonly marks?: readonly Mark[];
  /** A value up that is worth knowing, as a dashed line. */
  readonly level?: { readonly y: number; readonly name: string };
  /** Values up that are shown in any case, as 0 and 100 of percents. */
  readonly within?: readonly number[];
  /** The highest value that is shown: a curve that goes beyond goes along the top. */
  readonly most?: number;
  /** Whether doubling is as far everywhere across. Default false. */
  readonly logarithmic?: boolean;
  /** Whether points have dots. Default false. */
  readonly dots?: boolean;
};

const keys: Keys<Curves> = {
  ...{
    title: true,
    across: true,
    up: true,
    curves: checkList,
    ticks: true,
    marks: true,
    level: true,
    within: true,
    most: true,
  },
  ...{ logarithmic: optional(trueOrFalse), dots: optional(trueOrFalse) },
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
  // A single place stands at the left.
  const [from, to] = [Math.min(...places), Math.max(...places)];
  check(!logarithmic || from > 0, "curves: x must be > 0 on a logarithmic axis", from);
  const own = logarithmic ? [...new Set(places)].toSorted((a, b) => a - b) : ticksAround(places, 8).at;
  const ticks = (config.ticks ?? own).filter((tick) => tick >= from && tick <= to);
  const head = heading(title);
  const values = [...points.map(({ y }) => Math.min(y, most)), ...(level ? [level.y] : []), ...within];
  const area = plot({
    ...{ top: head.bottom + 12, height: 230, marks, up: ticksAround(values), ...(level && { level }) },
    across: { from, to: to > from ? to : from + (from || 1), ticks, log: logarithmic },
    lines: config.curves.map((curve, series) => ({
      ...{ series, dots, kind: "curve" },
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
