/** The edit distance: how many letters of `a` must be replaced, removed or inserted to make `b` (Levenshtein, 1966). */
const edits = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (const [m, letter] of [...a].entries()) {
    const next = [m + 1];
    for (let n = 0; n < b.length; n++)
      next.push(Math.min(next[n]! + 1, row[n + 1]! + 1, row[n]! + (letter === b[n] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
};

const plain = (name: string): string => name.replace(/[_-]/g, "").toLowerCase();

/** The known name that was likely meant: the nearest one, at an edit distance of at most two, where case, `_` and `-` do not count. */
export const closest = (name: string, known: readonly string[]): string | undefined => {
  const far = (other: string): number => edits(plain(name.slice(0, 40)), plain(other));
  const [best] = known.map((other) => ({ other, far: far(other) })).sort((a, b) => a.far - b.far);
  return best && best.far <= Math.min(2, name.length / 3) ? best.other : undefined;
};
