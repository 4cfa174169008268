/** What a token costs by context as a picture: a panel for prefill and one for decoding, a curve a model. */
import type { ContextCosts } from "../bench/measure.ts";
import type { Cost } from "../bench/time-run.ts";
import { scale, svgDocument, text, type Mark } from "./svg-parts.ts";

export type SpeedCurves = {
  readonly title: string;
  /** Of the models, in the order of their costs. */
  readonly names: readonly string[];
  readonly contexts: readonly ContextCosts[];
  readonly marks: readonly Mark[];
};

const [left, top, width, height, gap] = [64, 72, 320, 240, 80];
const [right, bottom] = [left + 2 * width + gap, top + height];

/** From 0 by steps of 1, 2 or 5 times a power of ten, at most six of them, to the first that nothing exceeds. */
const ticksTo = (most: number): readonly string[] => {
  const power = Math.floor(Math.log10(most / 6));
  const step = [1, 2, 5, 10].map((digit) => digit * 10 ** power).find((candidate) => candidate * 6 >= most)!;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => (index * step).toFixed(Math.max(0, -power)));
};

/** Contexts whose labels have room beside one another. */
const labelled = (contexts: readonly number[], x: (context: number) => string): readonly number[] => {
  let free = -Infinity;
  return contexts.filter((context) => {
    if (Number(x(context)) < free) return false;
    free = Number(x(context)) + 44;
    return true;
  });
};

/** A mark's line, labelled on the side that has more room. */
const line = ({ at, label }: Mark, across: number, from: number): string => {
  const [shift, kind] = across < from + width / 2 ? [5, "note"] : [-5, "down"];
  return (
    `<path class="mark" d="M${across} ${top}V${bottom}"/>` + text(across + shift, bottom - 8, `${label} ${at}`, kind)
  );
};

const panel = (kind: keyof Cost, { contexts, marks }: SpeedCurves, from: number): string => {
  const asked = contexts.map(({ context }) => context);
  const [shortest, longest] = [asked[0]!, asked.at(-1)!];
  const ticks = ticksTo(Math.max(...contexts.flatMap(({ costs }) => costs.map((cost) => cost[kind]))));
  // A context alone has its place at the left.
  const along = scale(Math.log(shortest), Math.log(longest > shortest ? longest : 2 * shortest), from, from + width);
  const x = (context: number): string => along(Math.log(context));
  const y = scale(0, Number(ticks.at(-1)), bottom, top);
  const curve = (model: number): string => {
    const points = contexts.map(({ context, costs }) => [x(context), y(costs[model]![kind])] as const);
    return (
      `<path class="model-${model}" d="M${points.map(([across, up]) => `${across} ${up}`).join("L")}"/>` +
      points.map(([across, up]) => `<circle class="model-${model}" cx="${across}" cy="${up}" r="3"/>`).join("")
    );
  };
  return [
    text(from, top - 16, `${kind}, milliseconds per token`, "panel"),
    ...ticks.map(
      (tick) =>
        `<path d="M${from} ${y(Number(tick))}H${from + width}"/>${text(from - 8, Number(y(Number(tick))) + 4, tick, "down")}`,
    ),
    ...labelled(asked, x).map((context) => text(x(context), bottom + 18, `${context}`, "across")),
    text(from + width / 2, bottom + 38, "context, tokens (logarithmic)", "across"),
    ...marks.filter(({ at }) => at > shortest && at < longest).map((mark) => line(mark, Number(x(mark.at)), from)),
    ...contexts[0]!.costs.map((_, model) => curve(model)),
  ].join("\n");
};

/** A self-contained SVG document. */
export const renderSpeedCurves = (curves: SpeedCurves): string => {
  const { title, names } = curves;
  const page = {
    ...{ width: right + 24, height: bottom + 64 + 20 * names.length },
    title: `Milliseconds per token by context: ${title}`,
    style:
      ".panel{font-weight:600}path{fill:none;stroke:#d0d7de}.mark{stroke:#57606a;stroke-dasharray:4 3}" +
      "path.model-0{stroke:#57606a;stroke-width:2}path.model-1{stroke:#0969da;stroke-width:2}" +
      "circle.model-0{fill:#57606a}circle.model-1{fill:#0969da}",
  };
  return svgDocument(page, [
    text(left, 26, title, "title"),
    panel("prefill", curves, left),
    panel("decode", curves, left + width + gap),
    ...names.map((name, model) => {
      const base = bottom + 66 + 20 * model;
      return `<path class="model-${model}" d="M${left} ${base - 4}h24"/>${text(left + 32, base, name)}`;
    }),
  ]);
};
