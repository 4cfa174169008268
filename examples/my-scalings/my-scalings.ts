/**
 * Two scalings that no package has, as one extension for models of a trained context of C tokens, 256 here. Pairs of the rotation that
 * turn at least four times within it keep their frequency; the others turn four times slower. Every query is scaled up with its position i,
 * a little more in each layer l:
 *
 *     f'(j) = f(j)        where C f(j) / 2π ≥ 4,        f(j) = theta^(-2j / rotaryDim)
 *     f'(j) = f(j) / 4    elsewhere
 *
 *     scale(l, i) = 1 + (1 + l / 4) ln(max(1, (i + 1) / C)) / 8
 */
import type { ContextExtension } from "@ropewalk/context-extension";

const trainedContext = 256;
const factor = 4;

const extension: ContextExtension = {
  rope: {
    kind: "custom",
    factor,
    frequencies: ({ rotaryDim, theta }) => ({
      inverseFrequencies: Array.from({ length: rotaryDim / 2 }, (_, j) => {
        const own = theta ** ((-2 * j) / rotaryDim);
        return (trainedContext * own) / (2 * Math.PI) >= 4 ? own : own / factor;
      }),
    }),
  },
  entropy: {
    kind: "custom",
    scale: ({ layer, position }) => 1 + ((1 + layer / 4) * Math.log(Math.max(1, (position + 1) / trainedContext))) / 8,
  },
};

export default extension;
