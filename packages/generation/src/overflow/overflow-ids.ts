/** The ids that a policy leaves of a run that does not fit, held to what a policy may do. */
import { check, show } from "@ropewalk/check";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import { beyondCapacity } from "./capacity.ts";
import { contextLengthExceeded } from "./context-length.ts";
import { endsOf, type Overflow, type OverflowPolicy, type Overflowing } from "./policy.ts";

const usualNewTokens = 128;

/** New tokens of a run: as asked, or fewer than usual where the capacity leaves fewer. */
export const newTokensFor = (asked: number | undefined, room: number): number =>
  asked ?? Math.max(1, Math.min(usualNewTokens, room));

/** Whether a run fits. One token alone is picked from the prompt's last row: it has no position itself. */
export const fits = ({ capacity }: ExtendedDecoder, promptTokens: number, newTokens: number): boolean =>
  promptTokens + newTokens <= capacity || (newTokens === 1 && promptTokens === capacity);

/** Where none are asked for, a policy keeps room for the usual new tokens, but never for more than half of what fits. */
const newTokensUnder = (asked: number | undefined, capacity: number): number =>
  newTokensFor(asked, Math.floor(capacity / 2));

/** Where in `all` an id is that is not there, going through both in order; -1 where each is. */
const firstForeign = (given: readonly number[], all: readonly number[]): number => {
  let at = 0;
  return given.findIndex((id) => {
    at = all.indexOf(id, at) + 1;
    return at === 0;
  });
};

const checkGiven = (given: unknown, { ids, capacity, newTokens }: Overflowing): readonly number[] => {
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
 * The ids that are run instead, under the extension as it is.
 *
 * @param asked - new tokens, where they are
 * @throws RangeError, with the code context_length_exceeded where they do not fit
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
  return checkGiven(policy(run), run);
};

/** What a run starts from: tokens behind others that were read, or behind none. */
export type Start<Read> = {
  readonly after: Read | undefined;
  readonly ids: readonly number[];
  /** Of both. */
  readonly promptTokens: number;
  readonly maxNewTokens: number;
};

/** What was read can be used where all of it is left. */
const behind = <Read extends { readonly ids: readonly number[] }>(after: Read | undefined, left: readonly number[]) =>
  after !== undefined && after.ids.length <= left.length && after.ids.every((id, at) => left[at] === id)
    ? { after, ids: left.slice(after.ids.length) }
    : { after: undefined, ids: left };

/** What a policy leaves of a run that does not fit. */
export const shortenedStart = <Read extends { readonly ids: readonly number[] }>(
  extended: ExtendedDecoder,
  { after, ids }: Pick<Start<Read>, "after" | "ids">,
  asked: number | undefined,
  policy: Parameters<typeof overflowIds>[1],
): Start<Read> => {
  const left = overflowIds(extended, policy, [...(after?.ids ?? []), ...ids], asked);
  return { ...behind(after, left), promptTokens: left.length, maxNewTokens: newTokensUnder(asked, extended.capacity) };
};

/** @throws RangeError with the code context_length_exceeded: no number of the extension holds the run */
export const refuseRegroup = (extended: ExtendedDecoder, length: number): never => {
  throw contextLengthExceeded(
    `generate: beyondCapacity of kind regroup must have positions that hold more under a larger number, got those of ` +
      `${extended.positions.name}; ${beyondCapacity(extended, length)}`,
    extended.capacity,
    length,
  );
};
