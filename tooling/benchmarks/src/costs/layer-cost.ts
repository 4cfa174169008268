/** What SelfExtend costs over plain RoPE where heads share keys: one layer of 32 heads, 8 key-value heads, 128 wide. */
import type { Backend } from "@ropewalk/backend";
import { selfExtend } from "@ropewalk/context-extension";
import { createCache, runChunk } from "@ropewalk/generation";
import { tokens } from "@ropewalk/testing/numbers/noise";
import { attentionLayer } from "./attention-layer.ts";
import { barOf, type Bar } from "../measuring/bar.ts";
import { filledCache, noiseRows, refill, type Runnable } from "../measuring/filled-cache.ts";
import { compareTimes, timed, type Candidate } from "../measuring/compare-times.ts";

const size = { numHeads: 32, numKvHeads: 8, headDim: 128 };
const keyLen = 8192;
const trainedContext = 4096;
const chunkLength = 512;

/** Steps of decoding one after another, from `keyLen` keys on; a settling falls where it falls. */
const decoding = (layer: Runnable, steps: number): Candidate => {
  let cache = filledCache(layer, { length: keyLen, room: steps });
  return () => timed(async () => ({ cache } = await runChunk(layer.session, cache, [0], [0])));
};

/** One chunk behind `keyLen` keys. */
const prefilling = (layer: Runnable): Candidate => {
  const ids = tokens(layer.extended.decoder.vocabSize, chunkLength);
  const rows = noiseRows(layer, keyLen);
  let cache = createCache(layer.backend, layer.extended, { length: keyLen + chunkLength });
  return () => {
    cache = refill(cache, keyLen, () => rows);
    return timed(async () => ({ cache } = await runChunk(layer.session, cache, ids, [0])));
  };
};

export const layerCost = async (backend: Backend, { quick }: { readonly quick: boolean }): Promise<readonly Bar[]> => {
  const plain = await attentionLayer(backend, size, trainedContext, {});
  const extended = await attentionLayer(backend, size, trainedContext, selfExtend({ groupSize: 8, window: 1024 }));
  const decode = { rounds: quick ? 20 : 150, warmups: 10 };
  const steps = decode.rounds + decode.warmups;
  const decoded = await compareTimes(decoding(plain, steps), decoding(extended, steps), decode);
  const prefill = { rounds: quick ? 3 : 9, warmups: 1 };
  const prefilled = await compareTimes(prefilling(plain), prefilling(extended), prefill);
  await plain.session.release();
  await extended.session.release();
  const name = `one layer of ${size.numHeads} heads on ${size.numKvHeads} of ${size.headDim}, SelfExtend / plain`;
  return [
    barOf({ name: `${name}: decode at ${keyLen}`, value: decoded.ratio }, "at most", 1.1),
    barOf({ name: `${name}: a chunk of ${chunkLength} behind ${keyLen}`, value: prefilled.ratio }, "at most", 1.2),
  ];
};
