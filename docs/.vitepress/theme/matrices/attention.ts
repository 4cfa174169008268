/**
 * Attention of scores that tell nothing, normal numbers of a fixed seed, under a query scale e:
 *
 *     p(i, j) = softmax_j(e(i) s(i, j))       H(i) = - Σ_j p ln p
 *
 * More keys, more entropy; a scale that grows with the position takes it back.
 */
import { attentionEntropy, queryScale, type EntropyScaling } from "@ropewalk/entropy-scaling";
import { causal, numberOf, shared, type Matrix } from "./matrix.ts";

const rows: Readonly<
  Record<string, readonly [name: string, make: (trained: number, tokens: number) => EntropyScaling | undefined]>
> = {
  "log-n": ["log-n", (trainedContext) => ({ kind: "log-n", trainedContext })],
  none: ["none", () => undefined],
  "yarn-temperature": [
    "YaRN's temperature",
    (trained, tokens) => ({ kind: "yarn-temperature", factor: Math.max(1, tokens / trained) }),
  ],
};

/** In [0, 1), of a pair: a hash of its numbers (after Wang's). */
const uniform = (i: number, j: number, salt: number): number => {
  let h = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(j + 1, 0x85ebca6b) ^ Math.imul(salt, 0xc2b2ae35);
  for (const multiplier of [0x7feb352d, 0x846ca68b]) h = Math.imul(h ^ (h >>> 16), multiplier);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
};

/** By Box and Muller. */
const normal = (i: number, j: number): number =>
  Math.sqrt(-2 * Math.log(1 - uniform(i, j, 1))) * Math.cos(2 * Math.PI * uniform(i, j, 2));

export const attention: Matrix = {
  colour: "share of attention, by its square root",
  controls: {
    scaling: {
      ...{ kind: "choice", label: "scaling", value: "log-n" },
      options: Object.fromEntries(Object.entries(rows).map(([kind, [name]]) => [kind, name])),
    },
    spread: { kind: "number", label: "spread of scores", value: 2, least: 1, most: 4 },
    ...shared,
    trained: { ...shared.trained, value: 8, least: 2 } as (typeof shared)["trained"],
  },
  draw: (settings) => {
    const [numTokens, trained] = [numberOf(settings, "tokens"), numberOf(settings, "trained")];
    const scaling = rows[String(settings["scaling"])]![1](trained, numTokens);
    const probabilities = new Float64Array(numTokens * numTokens);
    for (let i = 0; i < numTokens; i++) {
      const scale =
        (scaling === undefined ? 1 : queryScale(scaling, { layer: 0, position: i })) * numberOf(settings, "spread");
      const row = probabilities.subarray(i * numTokens, i * numTokens + i + 1);
      row.forEach((_, j) => void (row[j] = Math.exp(scale * normal(i, j))));
      const sum = row.reduce((total, weight) => total + weight, 0);
      row.forEach((weight, j) => void (row[j] = weight / sum));
    }
    const entropies = attentionEntropy({ keyLen: numTokens }, probabilities);
    const mean = (from: number, to: number): string => {
      const rowsOf = entropies.subarray(from, Math.max(to, from + 1));
      return `${(rowsOf.reduce((sum, entropy) => sum + entropy, 0) / rowsOf.length).toFixed(2)} nats`;
    };
    const edge = Math.min(trained, numTokens);
    return {
      ...{ numTokens, most: 1 },
      values: causal(numTokens, (i, j) => Math.sqrt(probabilities[i * numTokens + j]!)),
      say: (value, i) => `${(100 * value * value).toFixed(1)} % of a row of ${entropies[i]!.toFixed(2)} nats`,
      facts: [
        ["entropy about the end of L", mean(Math.floor(edge / 2), edge)],
        ["about the end of all", mean(Math.floor(numTokens * 0.75), numTokens)],
      ],
    };
  },
};
