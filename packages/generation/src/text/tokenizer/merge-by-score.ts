/**
 * Merges a text into tokens by their scores, as SentencePiece's BPE does:
 *
 *     while two neighbours joined are a token: join those whose token has the highest score, of equals the first
 *
 * A list of merges gives each pair a place of its own, so it cannot say that two pairs with one score are joined from left to right.
 */

/** A pair that can be joined: where its two pieces are, how long they are together, and the score of their token. */
type Pair = { readonly left: number; readonly right: number; readonly length: number; readonly score: number };

const isBefore = (a: Pair, b: Pair): boolean => a.score > b.score || (a.score === b.score && a.left < b.left);

const push = (heap: Pair[], pair: Pair): void => {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(pair, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = pair;
};

/** Takes the first pair of a heap that is not empty. */
const pop = (heap: Pair[]): Pair => {
  const first = heap[0]!;
  const last = heap.pop()!;
  const { length } = heap;
  if (length === 0) return first;
  let at = 0;
  for (let child = 1; child < length; child = 2 * at + 1) {
    if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
};

/**
 * @param scoreOf - the score of a token; undefined where the text is no token
 * @returns a function from a text to its pieces, each a token or a single character; n characters take O(n log n) steps
 */
export const mergeByScore =
  (scoreOf: (token: string) => number | undefined) =>
  (text: string): string[] => {
    const pieces = [...text];
    const { length } = pieces;
    const before = Int32Array.from(pieces, (_, at) => at - 1);
    const behind = Int32Array.from(pieces, (_, at) => (at + 1 < length ? at + 1 : -1));
    const heap: Pair[] = [];
    const offer = (left: number, right: number): void => {
      if (left < 0 || right < 0) return;
      const joined = pieces[left]! + pieces[right]!;
      const score = scoreOf(joined);
      if (score !== undefined) push(heap, { left, right, length: joined.length, score });
    };
    for (let right = 1; right < length; right++) offer(right - 1, right);
    while (heap.length > 0) {
      const pair = pop(heap);
      const [left, right] = [pieces[pair.left]!, pieces[pair.right]!];
      // A piece that went into another one is empty. One that grew makes the pair longer.
      if (left === "" || right === "" || left.length + right.length !== pair.length) continue;
      pieces[pair.left] = left + right;
      pieces[pair.right] = "";
      const next = behind[pair.right]!;
      behind[pair.left] = next;
      if (next >= 0) before[next] = pair.left;
      offer(before[pair.left]!, pair.left);
      offer(pair.left, next);
    }
    return pieces.filter((piece) => piece !== "");
  };
