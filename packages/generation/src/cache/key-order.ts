/**
 * A map of attention with its keys in the order of tokens. The graph gives them as the cache has them: stretch by stretch, a ring from its
 * first slot on, places that are not in use and stand-ins among them, the chunk's own behind.
 */
import { placeOfLayer } from "@ropewalk/context-extension";
import type { Chunk } from "@ropewalk/decoder";
import type { KeyValueCache } from "./cache.ts";
import type { Growing } from "./group-cache.ts";

/** The token of each column, -1 where it has none. A slot is the last token's that was put there. */
const tokensOfColumns = (cache: KeyValueCache, layer: number, chunk: Chunk): Int32Array => {
  const { backend, extended, length } = cache;
  const own = cache.groups[placeOfLayer(extended.groups, layer)]!;
  const growing: Growing = { ...own, backend, extended, length, settledBefore: own.settled };
  const widths = own.stretches.map((held) => Math.max(held.stretch.step, held.rule.read(own, held, length)));
  const before = widths.reduce((sum, width) => sum + width, 0);
  const tokens = new Int32Array(before + chunk.length).fill(-1);
  let [first, begin] = [0, 0];
  own.stretches.forEach(({ rule, stretch }, at) => {
    const end = rule.end(growing, stretch);
    if (begin < end) {
      let token = begin;
      for (const { slot, count } of rule.runs(growing, begin, end))
        for (let offset = 0; offset < count; offset++) tokens[first + slot + offset] = token++;
    }
    begin = Math.max(begin, end);
    first += widths[at]!;
  });
  for (let row = 0; row < chunk.length; row++) tokens[before + row] = chunk.start + row;
  return tokens;
};

/** Columns side by side whose tokens are. */
type Run = { readonly column: number; readonly token: number; readonly count: number };

const runsOf = (tokens: Int32Array): readonly Run[] => {
  const runs: Run[] = [];
  for (let column = 0; column < tokens.length;) {
    const token = tokens[column]!;
    let count = 1;
    while (column + count < tokens.length && tokens[column + count] === token + count) count++;
    if (token >= 0) runs.push({ column, token, count });
    // A place without a token is by itself: -1 and the token 0 behind it are no run.
    column += token < 0 ? 1 : count;
  }
  return runs;
};

/** [numHeads, chunk.length, columns] to [numHeads, chunk.length, chunk.start + chunk.length]; keys that are no longer kept have none of it. */
export const mapInOrder = (cache: KeyValueCache, layer: number, chunk: Chunk, given: Float32Array): Float32Array => {
  const tokens = tokensOfColumns(cache, layer, chunk);
  const runs = runsOf(tokens);
  const keyLen = chunk.start + chunk.length;
  const rows = given.length / tokens.length;
  const ordered = new Float32Array(rows * keyLen);
  for (let row = 0; row < rows; row++) {
    const from = row * tokens.length;
    for (const { column, token, count } of runs)
      ordered.set(given.subarray(from + column, from + column + count), row * keyLen + token);
  }
  return ordered;
};
