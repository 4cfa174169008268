/** The keys of a prompt: the one that is asked for, and with names, further keys for other names. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { PasskeyWording, Random } from "./wording.ts";

export type StatedKeys = {
  /** The key that is asked for. */
  readonly key: string;
  readonly question: string;
  /** How each key is stated, the deepest first. */
  readonly needles: readonly { readonly depth: number; readonly text: string }[];
};

/** The first of `count` names in a random order: Fisher and Yates, from the front. */
const drawn = (random: Random, names: readonly string[], count: number): readonly string[] => {
  const left = [...names];
  return Array.from({ length: count }, () => left.splice(uniformInt(random, 0, left.length - 1), 1)[0]!);
};

/** @param depth - of the key that is asked for; the others have random depths */
export const statedKeys = (task: PasskeyWording, depth: number, random: Random): StatedKeys => {
  const key = task.key(random);
  const needle = task.needle(key);
  if (task.names === undefined) return { key, question: task.question, needles: [{ depth, text: needle }] };

  const [asked, ...others] = drawn(random, task.names.all, task.names.keys) as [string, ...string[]];
  const named = (text: string, name: string): string => text.replaceAll("{name}", name);
  const needles = [
    { depth, text: named(needle, asked) },
    ...others.map((name) => ({ depth: uniformFloat64(random), text: named(task.needle(task.key(random)), name) })),
  ];
  return {
    key,
    question: named(task.question, asked),
    needles: needles.toSorted((a, b) => b.depth - a.depth),
  };
};
