/**
 * How alike two texts are by the blocks they share (Ratcliff and Metzener, 1988):
 *
 *   M       the characters in the longest block that both texts have, plus those in the blocks left and right of it, found the same way
 *   ratio   2 M / (characters of both)
 *
 * If the second text has 200 characters or more, a character that makes up more than a hundredth of it, plus one, cannot begin a block. It
 * can still be inside of one.
 */

type Stretch = { readonly from: number; readonly to: number };
type Block = { readonly a: number; readonly b: number; readonly size: number };

const popularFrom = 200;

/** The places of each character in the second text, without the characters that are too frequent to begin a block. */
const placesIn = (b: readonly string[]): ReadonlyMap<string, readonly number[]> => {
  const places = new Map<string, number[]>();
  b.forEach((character, index) => {
    const own = places.get(character);
    if (own) own.push(index);
    else places.set(character, [index]);
  });
  const most = b.length < popularFrom ? Infinity : Math.floor(b.length / 100) + 1;
  return new Map([...places].filter(([, own]) => own.length <= most));
};

type Texts = {
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly places: ReadonlyMap<string, readonly number[]>;
};

/** The longest block that both stretches have. If several are as long, it is the first in a, and among these the first in b. */
const longestBlock = ({ a, b, places }: Texts, inA: Stretch, inB: Stretch): Block => {
  let best: Block = { a: inA.from, b: inB.from, size: 0 };
  // By its end in b, the size of the block that ends at the previous character of a.
  let sizes = new Map<number, number>();
  for (let i = inA.from; i < inA.to; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(a[i]!) ?? []) {
      if (j < inB.from || j >= inB.to) continue;
      const size = (sizes.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    sizes = next;
  }
  let { a: from, b: start, size } = best;
  while (from > inA.from && start > inB.from && a[from - 1] === b[start - 1]) {
    from -= 1;
    start -= 1;
    size += 1;
  }
  while (from + size < inA.to && start + size < inB.to && a[from + size] === b[start + size]) size += 1;
  return { a: from, b: start, size };
};

/** The ratio, 0 to 1; two empty texts have 1. */
export const matchingRatio = (first: readonly string[], second: readonly string[]): number => {
  if (first.length + second.length === 0) return 1;
  const texts = { a: first, b: second, places: placesIn(second) };
  let matched = 0;
  const open: (readonly [Stretch, Stretch])[] = [
    [
      { from: 0, to: first.length },
      { from: 0, to: second.length },
    ],
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [inA, inB] = next;
    const { a, b, size } = longestBlock(texts, inA, inB);
    if (size === 0) continue;
    matched += size;
    open.push([
      { from: inA.from, to: a },
      { from: inB.from, to: b },
    ]);
    open.push([
      { from: a + size, to: inA.to },
      { from: b + size, to: inB.to },
    ]);
  }
  return (2 * matched) / (first.length + second.length);
};
