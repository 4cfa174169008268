/** What SelfExtend costs over plain RoPE, on one layer of 32 heads, 8 key-value heads, 128 wide, at 8,192 keys. */
import { float32, type Backend, type Tensor } from "@ropewalk/backend";
import { outputs, selfExtend, type ContextExtension } from "@ropewalk/decoder";
import { appendToCache, createCache, releaseCache, runChunk, type KeyValueCache } from "@ropewalk/generation";
import { attentionLayer, tokens, type AttentionLayer } from "./attention-layer.ts";
import { timeRatio, type Candidate } from "./measure.ts";

export type Bar = { readonly name: string; readonly ratio: number; readonly bar: number; readonly pass: boolean };

const size = { numHeads: 32, numKvHeads: 8, headDim: 128 };
const keyLen = 8192;
const trainedContext = 4096;
const chunkLength = 512;

/** A cache of `keyLen` tokens, as prefill in chunks leaves it, filled without running the graph. */
const filled = (backend: Backend, { extended }: AttentionLayer, room: number): KeyValueCache => {
  let cache = createCache(backend, extended, { length: keyLen + room });
  const rows = float32(
    [chunkLength, size.numKvHeads, size.headDim],
    new Float32Array(chunkLength * size.numKvHeads * size.headDim).map((_, index) => Math.sin(index)),
  );
  const results: Record<string, Tensor> = { [outputs.newValues(0)]: rows };
  extended.positions.bands.forEach((_, band) => (results[outputs.newKeys(0, band)] = rows));
  for (let start = 0; start < keyLen; start += chunkLength) cache = appendToCache(cache, tokens(chunkLength), results);
  return cache;
};

const timed = async (run: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await run();
  return performance.now() - start;
};

/** Steps of decoding one after another, from `keyLen` keys on; a settling falls where it falls. */
const decoding = (backend: Backend, layer: AttentionLayer, steps: number): Candidate => {
  let cache = filled(backend, layer, steps);
  return () => timed(async () => ({ cache } = await runChunk(layer.session, cache, [3], [0])));
};

/** One chunk behind `keyLen` keys; each time on a cache of its own. */
const prefilling = (backend: Backend, layer: AttentionLayer): Candidate => {
  return async () => {
    let cache = filled(backend, layer, chunkLength);
    const time = await timed(async () => ({ cache } = await runChunk(layer.session, cache, tokens(chunkLength), [0])));
    releaseCache(cache);
    return time;
  };
};

const bar = (name: string, ratio: number, limit: number): Bar => ({ name, ratio, bar: limit, pass: ratio <= limit });

export const extensionCost = async (backend: Backend): Promise<readonly Bar[]> => {
  const make = (extension: ContextExtension): Promise<AttentionLayer> =>
    attentionLayer(backend, size, trainedContext, extension);
  const plain = await make({});
  const extended = await make(selfExtend({ groupSize: 8, window: 1024 }));
  const decode = { rounds: 150, warmups: 10 };
  const steps = decode.rounds + decode.warmups;
  const decoded = await timeRatio(decoding(backend, plain, steps), decoding(backend, extended, steps), decode);
  const prefill = { rounds: 9, warmups: 1 };
  const prefilled = await timeRatio(prefilling(backend, plain), prefilling(backend, extended), prefill);
  await plain.session.release();
  await extended.session.release();
  return [
    bar(`decode, SelfExtend / plain, ${keyLen} keys`, decoded, 1.1),
    bar(`prefill of ${chunkLength}, SelfExtend / plain, ${keyLen} keys`, prefilled, 1.2),
  ];
};
