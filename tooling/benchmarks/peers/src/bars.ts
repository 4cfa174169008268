/** What Ropewalk is held to beside its peers. */
import { speedRatio, type Case, type Sample } from "./measure.ts";
import { precisions, type EngineName, type Precision } from "./workload.ts";

type Bar = Case & {
  readonly what: "decode" | "prefill";
  readonly peer: Exclude<EngineName, "ropewalk">;
  /** Ropewalk is at least so many times as fast. */
  readonly bar: number;
};

const barsOf = (
  peer: Bar["peer"],
  what: Bar["what"],
  held: readonly Precision[],
  byContext: Readonly<Record<number, number>>,
): readonly Bar[] =>
  held.flatMap((precision) =>
    Object.entries(byContext).map(([context, bar]): Bar => ({
      ...{ place: "cpu", precision, context: Number(context) },
      ...{ what, peer, bar },
    })),
  );

const bars: readonly Bar[] = [
  ...barsOf("transformers.js", "decode", precisions, { 512: 3, 2048: 6, 8192: 12 }),
  ...barsOf("node-llama-cpp", "decode", ["q8", "q4"], { 512: 1.2, 2048: 1.7, 8192: 1.5 }),
  ...barsOf("transformers.js", "prefill", precisions, { 2048: 1, 8192: 0.9 }),
  ...barsOf("node-llama-cpp", "prefill", ["float32"], { 2048: 1.2 }),
  ...barsOf("node-llama-cpp", "prefill", ["q8"], { 2048: 0.7, 8192: 1.2 }),
  { place: "wasm", precision: "q4", context: 2048, what: "decode", peer: "transformers.js", bar: 4 },
];

export type Verdict = Bar & {
  readonly ratio: number;
  /** Of decoding: the same by the median step. */
  readonly stepRatio?: number;
  readonly pass: boolean;
};

const same = (sample: Sample, bar: Bar, engine: EngineName): boolean =>
  sample.engine === engine &&
  sample.place === bar.place &&
  sample.precision === bar.precision &&
  sample.context === bar.context;

/** The bars that both sides were measured for. */
export const judge = (samples: readonly Sample[]): readonly Verdict[] =>
  bars.flatMap((bar): readonly Verdict[] => {
    const own = samples.find((sample) => same(sample, bar, "ropewalk"));
    const other = samples.find((sample) => same(sample, bar, bar.peer));
    if (own === undefined || other === undefined) return [];
    const ratio = speedRatio(bar.what, own, other);
    const byStep = bar.what === "decode" ? { stepRatio: speedRatio("decodeStep", own, other) } : {};
    return [{ ...bar, ratio, ...byStep, pass: ratio >= bar.bar }];
  });
