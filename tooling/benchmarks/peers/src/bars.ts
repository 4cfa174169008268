/** What Ropewalk is held to beside its peers. */
import type { CachePrecision } from "@ropewalk/decoder";
import { speedRatio, type Case, type Sample } from "./measure.ts";
import type { MemorySample } from "./peak-memory.ts";
import { checkpointPrecisions, type EngineName, type Precision } from "./workload.ts";

type SpeedBar = Case & {
  readonly what: "decode" | "prefill";
  readonly peer: Exclude<EngineName, "ropewalk">;
  /** Ropewalk is at least so many times as fast. */
  readonly bar: number;
};

const barsOf = (
  peer: SpeedBar["peer"],
  what: SpeedBar["what"],
  held: readonly Precision[],
  byContext: Readonly<Record<number, number>>,
): readonly SpeedBar[] =>
  held.flatMap((precision) =>
    Object.entries(byContext).map(([context, bar]): SpeedBar => ({
      place: "cpu",
      precision,
      context: Number(context),
      what,
      peer,
      bar,
    })),
  );

const speedBars: readonly SpeedBar[] = [
  ...barsOf("transformers.js", "decode", checkpointPrecisions, { 512: 3, 2048: 6, 8192: 12 }),
  ...barsOf("node-llama-cpp", "decode", ["q8", "q4"], { 512: 1.4, 2048: 1.7, 8192: 1.5 }),
  ...barsOf("node-llama-cpp", "decode", ["float32"], { 2048: 1 }),
  ...barsOf("transformers.js", "prefill", checkpointPrecisions, { 2048: 1, 8192: 0.9 }),
  ...barsOf("node-llama-cpp", "prefill", ["float32"], { 2048: 1.2 }),
  ...barsOf("node-llama-cpp", "prefill", ["q8"], { 2048: 0.7, 8192: 1.2 }),
  { place: "wasm", precision: "q4", context: 2048, what: "decode", peer: "transformers.js", bar: 4 },
];

/** Peak memory is at most so many times the weights and the key-value bytes that `inspect` states. */
const memoryBars: Readonly<Record<CachePrecision, number>> = { float32: 1.2, float16: 1.2, q8: 1.5 };

export type Verdict = Case & {
  /** Ropewalk's row. */
  readonly name: string;
  readonly what: SpeedBar["what"] | "peak memory";
  /** What it is beside. */
  readonly peer: SpeedBar["peer"] | "stated";
  readonly rule: "at least" | "at most";
  readonly bar: number;
  readonly ratio: number;
  /** Of decoding: the same by the median step. */
  readonly stepRatio?: number;
  readonly pass: boolean;
};

const at = (sample: Sample, bar: SpeedBar, engine: EngineName): boolean =>
  sample.engine === engine &&
  sample.place === bar.place &&
  sample.precision === bar.precision &&
  sample.context === bar.context;

/** The bars that both sides were measured for; each of Ropewalk's rows is held to them. */
export const judgeSpeed = (samples: readonly Sample[]): readonly Verdict[] =>
  speedBars.flatMap((bar): readonly Verdict[] => {
    const other = samples.find((sample) => at(sample, bar, bar.peer));
    if (other === undefined) return [];
    return samples
      .filter((sample) => at(sample, bar, "ropewalk"))
      .map((own): Verdict => {
        const ratio = speedRatio(bar.what, own, other);
        const byStep = bar.what === "decode" ? { stepRatio: speedRatio("decodeStep", own, other) } : {};
        // Beside llama.cpp the median step counts: now and then one of its steps is very slow.
        const held = (bar.peer === "node-llama-cpp" && byStep.stepRatio) || ratio;
        return { ...bar, name: own.name, rule: "at least", ratio, ...byStep, pass: held >= bar.bar };
      });
  });

export const judgeMemory = (samples: readonly MemorySample[]): readonly Verdict[] =>
  samples.flatMap(({ name, cache, precision, context, peakBytes, statedBytes }): readonly Verdict[] => {
    if (statedBytes === undefined) return [];
    const memoryBar = memoryBars[cache];
    const ratio = peakBytes / statedBytes;
    return [
      {
        place: "cpu",
        precision,
        context,
        name,
        what: "peak memory",
        peer: "stated",
        rule: "at most",
        bar: memoryBar,
        ratio,
        pass: ratio <= memoryBar,
      },
    ];
  });
