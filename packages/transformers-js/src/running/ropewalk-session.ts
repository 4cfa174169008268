/**
 * A session for transformers.js that keeps the cache itself. It gets the whole sequence every time, and computes the new tokens only:
 *
 *     gets      input_ids [1, tokens]          the cache holds the first c tokens, or is emptied
 *     runs      tokens c … tokens - 1          in chunks, in place
 *     gives     logits [1, rows, vocabSize]    of the last rows
 */
import { hostSession, type RuntimeSession } from "@ropewalk/backend/host";
import type { Session } from "@ropewalk/backend";
import { decoderOutputs, type ExtendedDecoder } from "@ropewalk/decoder";
import { createCache, prefill, releaseCache, resetCache, type KeyValueCache } from "@ropewalk/generation";
import { memory } from "./loaded-decoder.ts";
import { reminder } from "../loading/reminder-input.ts";

/** A tensor of the runtime that transformers.js uses. Its class makes other tensors. */
type RuntimeTensor = {
  readonly dims: readonly number[];
  readonly data: unknown;
  readonly constructor: unknown;
};

type TensorClass = new (type: string, data: unknown, dims: readonly number[]) => RuntimeTensor;

type Feeds = Readonly<Record<string, RuntimeTensor>>;

/** The part of a session that transformers.js uses. */
export type TransformersSession = {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly unknown[];
  readonly outputMetadata: readonly unknown[];
  readonly config: unknown;
  readonly run: (feeds: Feeds) => Promise<Feeds>;
  readonly release: () => Promise<void>;
};

const names = { ids: "input_ids", mask: "attention_mask", rows: "num_logits_to_keep" } as const;

/** How many tokens more than the prompt's the cache has room for at first. */
const headroom = 256;

/** The tokens of a call, which must be one sequence without padding. */
const idsOf = (feeds: Feeds): readonly number[] => {
  const [ids, mask] = [feeds[names.ids]!, feeds[names.mask]!];
  if (ids.dims[0] !== 1)
    throw new RangeError(`withRopewalk: a model runs 1 prompt at a time, got a batch of ${ids.dims[0]}`);
  if (mask.dims[1] !== ids.dims[1])
    throw new RangeError(
      `withRopewalk: input_ids must be all tokens that attention_mask covers (${mask.dims[1]}), got ${ids.dims[1]}`,
    );
  if ((mask.data as BigInt64Array).includes(0n))
    throw new RangeError("withRopewalk: attention_mask must be 1 everywhere, since a prompt is not padded, got a 0");
  return Array.from(ids.data as BigInt64Array, Number);
};

/** How many tokens need not be computed: all that the cache holds, if the sequence begins with them, else none. */
const reusedLength = (cache: KeyValueCache | undefined, ids: readonly number[], rows: number): number =>
  cache && cache.length <= ids.length - rows && cache.ids.every((id, i) => id === ids[i]) ? cache.length : 0;

/**
 * Makes the session that replaces a loaded one.
 *
 * @param loaded - the session that transformers.js has made of the rewritten graph
 */
export const ropewalkSession = (
  extended: ExtendedDecoder,
  loaded: RuntimeSession & Pick<TransformersSession, "config">,
): TransformersSession => {
  let session: Promise<Session> | undefined;
  let cache: KeyValueCache | undefined;
  const { vocabSize } = extended.decoder;
  // The class of the tensors that the runtime returns may be another copy of the class of those that it is given.
  let ResultTensor: TensorClass | undefined;
  const hasReminder = loaded.inputNames.includes(reminder);
  const watched: RuntimeSession = {
    inputNames: loaded.inputNames.filter((name) => name !== reminder),
    outputNames: loaded.outputNames,
    run: async (feeds, fetches) => {
      const Tensor = Object.values(feeds as Feeds)[0]!.constructor as TensorClass;
      const unread = hasReminder ? { [reminder]: new Tensor("int64", BigInt64Array.of(0n), [1]) } : {};
      const results = await loaded.run({ ...(feeds as Feeds), ...unread } as never, fetches);
      ResultTensor = results[decoderOutputs.logits]!.constructor as TensorClass;
      return results;
    },
    release: () => loaded.release(),
  };

  const run = async (feeds: Feeds): Promise<Feeds> => {
    const ids = idsOf(feeds);
    const Tensor = feeds[names.ids]!.constructor as TensorClass;
    session ??= hostSession(
      memory.name,
      async () => watched,
      ({ type, data, dims }) => new Tensor(type, data, dims),
    );
    const asked = Number((feeds[names.rows]?.data as BigInt64Array | undefined)?.[0] ?? 0n);
    const rows = asked === 0 ? ids.length : Math.min(asked, ids.length);
    const reused = reusedLength(cache, ids, rows);
    const ready = cache && reused === 0 ? resetCache(cache) : cache;
    const started = ready ?? createCache(memory, extended, { length: ids.length + headroom });
    // If the run fails, the state of the cache is not known.
    cache = undefined;
    const logits = new Float32Array(rows * vocabSize);
    const from = ids.length - rows;
    const put = (start: number, given: Float32Array): void => {
      const skipped = Math.max(0, from - reused - start);
      logits.set(given.subarray(skipped * vocabSize), (reused + start + skipped - from) * vocabSize);
    };
    const all = rows === 1 ? {} : { onLogits: put };
    const result = await prefill(await session, started, ids.slice(reused), all);
    if (rows === 1) logits.set(result.logits);
    ({ cache } = result);
    return { logits: new ResultTensor!("float32", logits, [1, rows, vocabSize]) };
  };

  return {
    inputNames: Object.values(names),
    outputNames: ["logits"],
    inputMetadata: [],
    outputMetadata: [],
    config: loaded.config,
    run,
    release: async () => {
      if (cache) releaseCache(cache);
      cache = undefined;
      await watched.release();
    },
  };
};
