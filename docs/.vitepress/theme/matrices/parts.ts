/** Which band of a mapping a pair's score is computed in, and how many pairs each takes: the parts that are merged. */
import { covers } from "@ropewalk/position-mapping/bands";
import { causal, numberOf, shared, type Matrix } from "./matrix.ts";
import { mappingOf, schemeControls } from "./schemes.ts";

export const parts: Matrix = {
  colour: "the band that scores a pair",
  controls: { ...schemeControls, tokens: shared.tokens },
  draw: (settings) => {
    const numTokens = numberOf(settings, "tokens");
    const { bands } = mappingOf(settings);
    const pairs = bands.map(() => 0);
    const values = causal(numTokens, (i, j) => {
      const band = bands.findIndex((each) => covers(each, i, j));
      if (band < 0) return Number.NaN;
      pairs[band]! += 1;
      return band;
    });
    const kinds = bands.map((_, band) => (band === 0 ? "near" : bands.length > 2 ? `far ${band}` : "far"));
    return {
      ...{ numTokens, values, most: Math.max(1, bands.length - 1), kinds },
      say: (value) => (Number.isNaN(value) ? "not attended" : `${kinds[value]} part`),
      facts: kinds.map((kind, band) => [kind, `${pairs[band]!.toLocaleString("en")} pairs`] as const),
    };
  },
};
