/**
 * The inverse frequencies in mr-rope.json, in plain float64 loops: head 128, theta 10,000, trained on 4,096 tokens, factor s = 4, beta 32
 * and 1. For pair p, f = theta^(-p / 64) becomes
 *
 *   f           p <= low
 *   f / s^e     between, e = (p - low) / (high - low)                                                uniform
 *                        e = (p - low) (p - low + 1) / ((high - low) (high - low + 1))               progressive
 *   f / s       p >= high
 *
 * low and high are YaRN's: the pairs that turn 32 times and once in 4,096 tokens, rounded outwards. Nothing of the package is used.
 * Printed by
 *
 *   node packages/rope/test/vectors/generate-mr-rope.ts
 *
 * A test holds mr-rope.json to these numbers, to a relative 1e-15.
 */
const [headDim, theta, trainedContext, factor, betaFast, betaSlow] = [128, 10_000, 4096, 4, 32, 1];
const numPairs = headDim / 2;

/** The pair, a real number, that turns `turns` times in the trained context. */
const pairOfTurns = (turns: number): number =>
  (headDim * Math.log(trainedContext / (turns * 2 * Math.PI))) / (2 * Math.log(theta));

export const mrRopeVectors = () => {
  const [low, high] = [Math.floor(pairOfTurns(betaFast)), Math.ceil(pairOfTurns(betaSlow))];
  const width = high - low;
  const frequencies = (exponent: (pairsAboveLow: number) => number): readonly number[] =>
    Array.from({ length: numPairs }, (_, pair) => {
      const frequency = theta ** (-pair / numPairs);
      if (pair <= low) return frequency;
      return pair >= high ? frequency / factor : frequency / factor ** exponent(pair - low);
    });
  return {
    low,
    high,
    uniform: frequencies((above) => above / width),
    progressive: frequencies((above) => (above * (above + 1)) / (width * (width + 1))),
  };
};

if (import.meta.main) console.log(JSON.stringify({ mrrope: mrRopeVectors() }));
