/** Applies a policy to a run that does not fit: the ids that it leaves, checked. */
import { check, show } from "@ropewalk/check";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import { beginWith } from "../run/begin-with.ts";
import { beyondCapacity } from "./capacity.ts";
import { contextLengthExceeded } from "./context-length.ts";
import { endsOf, type Overflow, type OverflowPolicy, type Overflowing } from "./overflow-policy.ts";

const usualNewTokens = 128;

/** New tokens of a run: as many as asked for; by default 128, or fewer where the capacity leaves fewer. */
export const newTokensFor = (asked: number | undefined, room: number): number =>
  asked ?? Math.max(1, Math.min(usualNewTokens, room));

/** Whether a run fits. A single new token is picked from the prompt's last row and has no position itself, so it takes no room. */
export const fits = ({ capacity }: ExtendedDecoder, promptTokens: number, newTokens: number): boolean =>
  promptTokens + newTokens <= capacity || (newTokens === 1 && promptTokens === capacity);

/** New tokens of a run under a policy: as many as asked for; by default 128, but never more than half of the capacity. */
const newTokensUnder = (asked: number | undefined, capacity: number): number =>
  newTokensFor(asked, Math.floor(capacity / 2));

/** The index of the first id that is not in `all`, where both lists are gone through in order; -1 where every id is. */
const firstForeign = (ids: readonly number[], all: readonly number[]): number => {
  let from = 0;
  for (const [index, id] of ids.entries()) {
    const found = all.indexOf(id, from);
    if (found < 0) return index;
    from = found + 1;
  }
  return -1;
};

const checkPolicyIds = (given: unknown, { ids, capacity, newTokens }: Overflowing): readonly number[] => {
  const what = "generate: beyondCapacity";
  if (!Array.isArray(given)) throw new TypeError(`${what} must give a list of token ids, got ${show(given)}`);
  const list = given as readonly number[];
  check(list.length > 0, `${what} must give at least 1 id`, list.length);
  const foreign = firstForeign(list, ids);
  check(
    foreign < 0,
    `${what} must give ids of those that it was given, in their order, and at index ${foreign} one that was there`,
    list[foreign],
  );
  const length = list.length + newTokens;
  if (length > capacity)
    throw contextLengthExceeded(
      `${what} must give at most ${capacity - newTokens} ids, what fits beside ${newTokens} new tokens in ${capacity}, got ${list.length}`,
      capacity,
      length,
    );
  return list;
};

/**
 * The ids that are run instead, under the same extension.
 *
 * @param asked - the number of new tokens, where the caller states it
 * @throws RangeError, with the code context_length_exceeded where the ids do not fit
 */
const overflowIds = (
  extended: ExtendedDecoder,
  policy: OverflowPolicy | Extract<Overflow, { readonly kind: "keep-ends" }>,
  ids: readonly number[],
  asked: number | undefined,
): readonly number[] => {
  const { capacity } = extended;
  const newTokens = newTokensUnder(asked, capacity);
  const run: Overflowing = { ids, capacity, newTokens };
  if (newTokens >= capacity)
    throw contextLengthExceeded(
      `generate: maxNewTokens must be below ${capacity}, the capacity of ${extended.positions.name}, got ${newTokens}`,
      capacity,
      ids.length + newTokens,
    );
  if (typeof policy !== "function") return endsOf(policy.first, run);
  return checkPolicyIds(policy(run), run);
};

/** What a run starts from: a prefix or none, and the tokens that follow it. */
export type Start<Read> = {
  readonly after: Read | undefined;
  readonly ids: readonly number[];
  /** Tokens of the prefix and of `ids` together. */
  readonly promptTokens: number;
  readonly maxNewTokens: number;
};

/** Uses the prefix where the policy left all of its tokens. */
const behind = <Read extends { readonly ids: readonly number[] }>(after: Read | undefined, left: readonly number[]) =>
  after !== undefined && beginWith(left, after.ids)
    ? { after, ids: left.slice(after.ids.length) }
    : { after: undefined, ids: left };

/** The start of a run that a policy has shortened. */
export const shortenedStart = <Read extends { readonly ids: readonly number[] }>(
  extended: ExtendedDecoder,
  { after, ids }: Pick<Start<Read>, "after" | "ids">,
  asked: number | undefined,
  policy: Parameters<typeof overflowIds>[1],
): Start<Read> => {
  const left = overflowIds(extended, policy, [...(after?.ids ?? []), ...ids], asked);
  return { ...behind(after, left), promptTokens: left.length, maxNewTokens: newTokensUnder(asked, extended.capacity) };
};

/** @throws RangeError with the code context_length_exceeded, since no larger number of the extension makes room for the run */
export const refuseRegroup = (extended: ExtendedDecoder, length: number): never => {
  throw contextLengthExceeded(
    `generate: beyondCapacity of kind regroup must have positions that hold more under a larger number, got those of ` +
      `${extended.positions.name}; ${beyondCapacity(extended, length)}`,
    extended.capacity,
    length,
  );
};
