/** Writes a passkey prompt of a given length with its key at a given depth. The same numbers give the same prompt. */
import { checkFinite, checkKeys } from "@ropewalk/check";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { TextCodec } from "@ropewalk/generation";
import { statedKeys } from "./stated-keys.ts";
import type { PasskeyWording } from "./wording.ts";

export type PasskeyPrompt = {
  readonly ids: readonly number[];
  readonly key: string;
  /** Tokens of the key after the prompt. */
  readonly keyTokens: number;
};

export type PasskeyPlace = {
  /** The most tokens of prompt and answer together. As many filler sentences as fit are used. */
  readonly length: number;
  /** 0: the key comes after the first filler sentence; 1: before the last. */
  readonly depth: number;
  readonly seed: number;
};

/**
 * The prompt for a place.
 *
 * @throws RangeError when depth is outside [0, 1] or `length` cannot hold the key and the question
 */
export const passkeyPrompt = (task: PasskeyWording, codec: TextCodec, place: PasskeyPlace): PasskeyPrompt => {
  const { length, depth, seed } = checkKeys("passkeyPrompt", "place", place, {
    length: checkFinite,
    depth: checkFinite,
    seed: checkFinite,
  });
  if (!(depth >= 0 && depth <= 1)) throw new RangeError(`passkeyPrompt: depth must be from 0 to 1, got ${depth}`);
  const random = xoroshiro128plus(seed);
  // The generator starts badly from small seeds: neighbouring seeds would give keys with the same first digits.
  random.jump();
  const { key, question, needles } = statedKeys(task, depth, random);
  const sentences: string[] = [];
  const text = (count: number): string => {
    while (sentences.length < count) sentences.push(task.sentence(random));
    const body = sentences.slice(0, count);
    // The needle goes between two sentences, if there are two. The deepest comes first, so that depths count filler sentences only.
    for (const { depth: share, text: needle } of needles)
      body.splice(Math.min(count, 1) + Math.round(share * Math.max(0, count - 2)), 0, needle);
    return [...(task.opening ? [task.opening] : []), ...body].join(task.separator) + question;
  };
  const bare = codec.encode(text(0));
  const keyTokens = codec.encode(question + task.answer(key)).length - codec.encode(question).length;
  const room = length - keyTokens;
  if (bare.length > room)
    throw new RangeError(
      `passkeyPrompt: length must be at least ${bare.length + keyTokens}, the key${needles.length > 1 ? "s" : ""} and the question, got ${length}`,
    );

  // Sentences differ in length: add as many as the average suggests, and then go back to what fits.
  let count = 0;
  let ids = bare;
  for (let step = Infinity; step >= 1;) {
    const average = count === 0 ? 12 : (ids.length - bare.length) / count;
    step = Math.floor((room - ids.length) / average);
    if (step >= 1) {
      const longer = codec.encode(text(count + step));
      if (longer.length > room) break;
      count += step;
      ids = longer;
    }
  }
  for (let next = codec.encode(text(count + 1)); next.length <= room; next = codec.encode(text(count + 1))) {
    count += 1;
    ids = next;
  }
  return { ids, key, keyTokens };
};
