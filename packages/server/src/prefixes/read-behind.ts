/**
 * What a prompt's run stands behind: the longest beginning that was read, and what is read on the way to be kept for later prompts. That is
 * up to the ends of its messages, and up to where an earlier prompt parts from it, so that the third with such a beginning finds it read.
 */
import type { PromptIds } from "../body/job.ts";
import type { Runner, ServedPrefix } from "../models.ts";

/** Tokens that are worth a prefix of their own: of a message, and of what two prompts happen to have in common. */
const [leastOfMessage, leastInCommon] = [16, 256];

export type Behind = {
  readonly after: ServedPrefix | undefined;
  /** Tokens of the prompt that need not be run. */
  readonly known: number;
};

/** Where a prefix is to end, each far enough from the one before it. */
const cutsOf = (ids: readonly number[], from: number, wanted: readonly (readonly [at: number, least: number])[]) => {
  const cuts: number[] = [];
  for (const [at, least] of wanted.toSorted(([a], [b]) => a - b))
    if (at - (cuts.at(-1) ?? from) >= least && at <= ids.length) cuts.push(at);
  return cuts;
};

/**
 * @param room - tokens that come behind the prompt
 * @param wholly - whether the whole prompt is to be read, since several answers stand behind it
 */
export const readBehind = async (
  { model, pool }: Runner,
  { ids, ends }: PromptIds,
  { room, wholly, signal }: { readonly room: number; readonly wholly: boolean; readonly signal: AbortSignal },
): Promise<Behind> => {
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
