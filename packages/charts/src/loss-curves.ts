/** The loss by position: the mean loss of each bucket of positions is a step, each method has a curve, and some positions are marked. */
import { check, checkConfig, checkList, type Keys } from "@ropewalk/check";
import { legend, plot, type Mark } from "./plot.ts";
import { heading, notes, svgDocument } from "./svg.ts";
import { ticksAround } from "./ticks.ts";

export type LossCurve = {
  readonly name: string;
  /** Means over positions from `from` to `to - 1`, in order; NaN where nothing is scored. */
  readonly buckets: readonly { readonly from: number; readonly to: number; readonly loss: number }[];
};

export type LossCurves = {
  /** Default: the name of the only curve. */
  readonly title?: string;
  readonly curves: readonly LossCurve[];
  /** Positions that are marked by a dashed line. */
  readonly marks?: readonly Mark[];
};

const keys: Keys<LossCurves> = { title: true, curves: checkList, marks: true };

/**
 * A self-contained SVG document.
 *
 * @throws RangeError when there is no curve or several without a title, TypeError for an unknown key
 */
export const lossCurves = (config: LossCurves): string => {
  const { curves, marks = [] } = checkConfig("lossCurves", config, keys);
  const alone = curves.length === 1;
  const title = config.title ?? (alone ? curves[0]!.name : undefined);
  check(title !== undefined, "lossCurves: title must be given for several curves", title);
  const buckets = curves.flatMap((curve) => curve.buckets);
  const edges = [...new Set(buckets.flatMap(({ from, to }) => [from, to]))].toSorted((a, b) => a - b);
  const head = heading(title);
  const area = plot({
    top: head.bottom + 12,
    height: 230,
    marks,
    across: { from: edges[0]!, to: edges.at(-1)!, ticks: edges },
    up: ticksAround(buckets.map(({ loss }) => loss)),
    lines: curves.map((curve, series) => ({
      series,
      kind: "loss",
      points: curve.buckets.flatMap(({ from, to, loss }) => [[from, loss] as const, [to, loss] as const]),
    })),
  });
  const names = legend(area.bottom + 4, alone ? [] : curves.map(({ name }, series) => ({ name, series, kind: "key" })));
  const foot = notes(names.bottom + 2, ["across: position in the window, in tokens; up: mean loss, in nats per token"]);
  return svgDocument({ height: foot.bottom + 12, title: `Mean loss by position: ${title}` }, [
    ...[...head.parts, ...area.parts, ...names.parts, ...foot.parts],
  ]);
};
