/** The time per token by length of the context: one panel for prefill and one for decoding, one curve per model. */
import { checkConfig, checkList, type Keys } from "@ropewalk/check";
import { legend, plot, type Mark } from "./plot.ts";
import { heading, notes, svgDocument, text } from "./svg.ts";
import { ticksAround } from "./ticks.ts";

/** Milliseconds per token. */
export type TokenCost = { readonly prefill: number; readonly decode: number };

export type SpeedCurves = {
  readonly title: string;
  /** The names of the models, in the order of `costs`. */
  readonly names: readonly string[];
  /** In ascending order of `context`. */
  readonly contexts: readonly { readonly context: number; readonly costs: readonly TokenCost[] }[];
  readonly marks?: readonly Mark[];
};

const keys: Keys<SpeedCurves> = { title: true, names: checkList, contexts: checkList, marks: true };

const panel = (kind: keyof TokenCost, { names, contexts, marks = [] }: SpeedCurves, top: number) => {
  const asked = contexts.map(({ context }) => context);
  const [from, longest] = [asked[0]!, asked.at(-1)!];
  const area = plot({
    top: top + 32,
    height: 170,
    marks,
    // A single context is drawn at the left.
    across: { from, to: longest > from ? longest : 2 * from, ticks: asked, log: true },
    up: ticksAround([0, ...contexts.flatMap(({ costs }) => costs.map((cost) => cost[kind]))], 6),
    lines: names.map((_, model) => ({
      series: model,
      kind: `model-${model}`,
      dots: true,
      points: contexts.map(({ context, costs }) => [context, costs[model]![kind]] as const),
    })),
  });
  const said = notes(area.bottom, ["context, tokens (logarithmic)"]);
  const title = text(14, top + 18, `${kind}, milliseconds per token`, "panel");
  return { parts: [title, ...area.parts, ...said.parts], bottom: said.bottom };
};

/** A self-contained SVG document. */
export const speedCurves = (config: SpeedCurves): string => {
  const { title, names } = checkConfig("speedCurves", config, keys);
  const head = heading(title);
  const prefill = panel("prefill", config, head.bottom);
  const decode = panel("decode", config, prefill.bottom + 8);
  const models = names.map((name, series) => ({ name, series, kind: `model-${series}` }));
  const said = legend(decode.bottom + 10, models);
  return svgDocument({ height: said.bottom + 12, title: `Milliseconds per token by context: ${title}` }, [
    ...[...head.parts, ...prefill.parts, ...decode.parts, ...said.parts],
  ]);
};
