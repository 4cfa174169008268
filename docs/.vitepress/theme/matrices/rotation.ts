/**
 * What rotation alone makes of a score: for a query and a key of d equal elements, of length 1 each,
 *
 *     s(i, j) = (2 / d) Σ cos((i - j) f(k))      k = 0 … d/2 - 1
 *
 * so that what a scaling does to near and far pairs can be seen.
 */
import { ropeFrequencies, type RopeScaling } from "@ropewalk/rope";
import { causal, numberOf, shared, type Matrix } from "./matrix.ts";

type Make = (factor: number, originalContext: number) => RopeScaling;

const rows: Readonly<Record<string, readonly [name: string, make: Make]>> = {
  default: ["as trained", () => ({ kind: "default" })],
  linear: ["position interpolation", (factor) => ({ kind: "linear", factor })],
  "ntk-aware": ["NTK-aware", (factor) => ({ kind: "ntk-aware", factor })],
  yarn: ["YaRN", (factor, originalContext) => ({ kind: "yarn", factor, originalContext })],
  "mr-rope": [
    "MrRoPE",
    (factor, originalContext) => ({ kind: "mr-rope", variant: "progressive", factor, originalContext }),
  ],
};

export const rotation: Matrix = {
  colour: "mean cosine of the angles, 0 to 1",
  controls: {
    scaling: {
      ...{ kind: "choice", label: "scaling", value: "yarn" },
      options: Object.fromEntries(Object.entries(rows).map(([kind, [name]]) => [kind, name])),
    },
    factor: {
      ...{ kind: "number", label: "factor s", value: 4, least: 1, most: 16 },
      when: ({ scaling }) => scaling !== "default",
    },
    dims: { kind: "number", label: "rotary width d", value: 32, least: 8, most: 128, step: 8 },
    ...shared,
  },
  draw: (settings) => {
    const [numTokens, rotaryDim] = [numberOf(settings, "tokens"), numberOf(settings, "dims")];
    const [, make] = rows[String(settings["scaling"])]!;
    const scaling = make(numberOf(settings, "factor"), numberOf(settings, "trained"));
    const { inverseFrequencies, attentionScale } = ropeFrequencies({ rotaryDim, theta: 10_000, scaling });
    const score = Float64Array.from(
      { length: numTokens },
      (_, distance) =>
        inverseFrequencies.reduce((sum, f) => sum + Math.cos(distance * f), 0) / inverseFrequencies.length,
    );
    return {
      ...{ numTokens, most: 1 },
      values: causal(numTokens, (i, j) => Math.max(0, score[i - j]!)),
      say: (_, i, j) => `distance ${i - j}, mean cosine ${score[i - j]!.toFixed(3)}`,
      facts: [
        ["fastest pair turns once in", `${((2 * Math.PI) / inverseFrequencies[0]!).toFixed(1)} tokens`],
        ["slowest", `${Math.round((2 * Math.PI) / inverseFrequencies.at(-1)!).toLocaleString("en")} tokens`],
        ["attention scale", attentionScale.toFixed(4)],
      ],
    };
  },
};
