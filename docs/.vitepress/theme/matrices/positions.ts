/** rel(i, j) under a mapping: what a model sees of each pair, beside the distances that it was trained on. */
import { capacity, relativePositions } from "@ropewalk/position-mapping";
import { causal, count, largest, numberOf, shared, type Matrix } from "./matrix.ts";
import { mappingOf, schemeControls } from "./schemes.ts";

export const positions: Matrix = {
  colour: "relative position",
  controls: { ...schemeControls, ...shared },
  draw: (settings) => {
    const [numTokens, trained] = [numberOf(settings, "tokens"), numberOf(settings, "trained")];
    const mapping = mappingOf(settings);
    const rows = relativePositions(mapping, numTokens);
    const values = causal(numTokens, (i, j) => rows[i]![j] ?? Number.NaN);
    const most = largest(values);
    return {
      ...{ numTokens, values, most: Math.max(1, most) },
      say: (value, i, j) =>
        Number.isNaN(value)
          ? "not attended"
          : `${Number(value.toFixed(2))} instead of ${i - j}${value >= trained ? ", never seen in training" : ""}`,
      facts: [
        ["longest input", count(capacity(mapping, trained))],
        [
          "largest relative position",
          `${Number(most.toFixed(2))}${most >= trained ? ` ≥ L = ${trained}` : ` < L = ${trained}`}`,
        ],
      ],
    };
  },
};
