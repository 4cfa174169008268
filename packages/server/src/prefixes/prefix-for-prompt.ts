/**
 * The prefix that a prompt's run continues. It starts from the longest beginning that was read before. On the way, more prefixes are read
 * and kept for later prompts: up to the end of each message, and up to the place where an earlier prompt differs from this one. So the
 * third prompt with a common beginning finds that beginning read.
 */
import type { PromptIds } from "../body/job.ts";
import type { Runner, ServedPrefix } from "../models.ts";

/** The fewest tokens that get a prefix of their own: those of a message, and those that two prompts have in common. */
const [leastOfMessage, leastInCommon] = [16, 256];

export type PromptPrefix = {
  readonly after: ServedPrefix | undefined;
  /** Tokens of the prompt that were read before and need not be run. */
  readonly known: number;
};

/** Where prefixes are to end, each far enough from the one before it. */
const cutsOf = (ids: readonly number[], from: number, wanted: readonly (readonly [at: number, least: number])[]) => {
  const cuts: number[] = [];
  for (const [at, least] of wanted.toSorted(([a], [b]) => a - b))
    if (at - (cuts.at(-1) ?? from) >= least && at <= ids.length) cuts.push(at);
  return cuts;
};

/**
 * Finds the prefix for a prompt, and reads further ones.
 *
 * @param room - tokens that follow the prompt
 * @param wholly - whether to read the whole prompt, because several answers follow it
 */
export const prefixForPrompt = async (
  { model, pool }: Runner,
  { ids, ends }: PromptIds,
  { room, wholly, signal }: { readonly room: number; readonly wholly: boolean; readonly signal: AbortSignal },
): Promise<PromptPrefix> => {
  const found = pool.nearest(ids);
  const from = found?.ids.length ?? 0;
  const cuts = cutsOf(ids, from, [
    ...ends.map((end) => [end, leastOfMessage] as const),
    [pool.parting(ids), leastInCommon],
    ...(wholly ? [[ids.length, 1] as const] : []),
  ]);
  let after = found;
  for (const cut of cuts) {
    const options = { room: ids.length - cut + room, signal };
    const more = ids.slice(after?.ids.length ?? 0, cut);
    after = await (after === undefined ? model.read(more, options) : after.extend(more, options));
    await pool.add(after);
  }
  return { after, known: Math.max(0, from - 1) };
};
