/** Trains a vocabulary by byte-pair encoding, in plain loops: the pair that occurs most often is joined, again and again. */

export type Merge = readonly [left: string, right: string];

const joined = (word: readonly string[], [left, right]: Merge): readonly string[] => {
  const out: string[] = [];
  for (let at = 0; at < word.length; at++) {
    const joins = word[at] === left && word[at + 1] === right;
    out.push(joins ? left + right : word[at]!);
    if (joins) at += 1;
  }
  return out;
};

const commonest = (words: ReadonlyMap<readonly string[], number>): Merge | undefined => {
  const counts = new Map<string, { readonly pair: Merge; count: number }>();
  for (const [word, times] of words)
    for (let at = 1; at < word.length; at++) {
      const pair: Merge = [word[at - 1]!, word[at]!];
      const key = pair.join("\u0000");
      const entry = counts.get(key) ?? { pair, count: 0 };
      entry.count += times;
      counts.set(key, entry);
    }
  let best: { readonly pair: Merge; readonly count: number } | undefined;
  for (const entry of counts.values()) if (entry.count > (best?.count ?? 1)) best = entry;
  return best?.pair;
};

/**
 * @param words - as lists of their characters
 * @returns at most `most` merges whose results all differ, the first first
 */
export const trainMerges = (words: readonly (readonly string[])[], most: number): readonly Merge[] => {
  const counts = new Map<string, readonly [readonly string[], number]>();
  for (const word of words) {
    const key = word.join("\u0000");
    counts.set(key, [word, (counts.get(key)?.[1] ?? 0) + 1]);
  }
  let current = new Map(counts.values());
  const merges: Merge[] = [];
  const made = new Set<string>();
  while (made.size < most) {
    const pair = commonest(current);
    if (pair === undefined) break;
    // Two merges may make one token: both are kept, as trainers keep them.
    merges.push(pair);
    made.add(pair.join(""));
    current = new Map([...current].map(([word, times]) => [joined(word, pair), times]));
  }
  return merges;
};
