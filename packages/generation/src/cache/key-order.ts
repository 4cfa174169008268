/**
 * Puts the keys of an attention map in the order of tokens. The graph gives one column for each place in the cache: stretch by stretch, a
 * ring from its first slot on, with unused places and stand-ins among them. The columns of the chunk itself come last.
 */
import { placeOfLayer } from "@ropewalk/context-extension";
import type { Chunk } from "@ropewalk/decoder";
import type { KeyValueCache } from "./cache.ts";
import type { Growing } from "./group-cache.ts";

/** The token of each column, -1 where the column has no token. A slot of a ring belongs to the last token that was put there. */
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
        for (let offset = 0; offset < count; offset++) {
          tokens[first + slot + offset] = token;
          token += 1;
        }
    }
    begin = Math.max(begin, end);
    first += widths[at]!;
  });
  for (let row = 0; row < chunk.length; row++) tokens[before + row] = chunk.start + row;
  return tokens;
};

/** Columns side by side whose tokens are side by side too. */
type Run = { readonly column: number; readonly token: number; readonly count: number };

const runsOf = (tokens: Int32Array): readonly Run[] => {
  const runs: Run[] = [];
  for (let column = 0; column < tokens.length;) {
    const token = tokens[column]!;
    let count = 1;
    while (column + count < tokens.length && tokens[column + count] === token + count) count++;
    if (token >= 0) runs.push({ column, token, count });
    // A column without a token is skipped alone: -1 and a following token 0 are no run.
    column += token < 0 ? 1 : count;
  }
  return runs;
};

/** Turns [numHeads, chunk.length, columns] into [numHeads, chunk.length, chunk.start + chunk.length]. Keys that are no longer kept get 0. */
export const mapInOrder = (cache: KeyValueCache, layer: number, chunk: Chunk, map: Float32Array): Float32Array => {
  const tokens = tokensOfColumns(cache, layer, chunk);
  const runs = runsOf(tokens);
  const keyLen = chunk.start + chunk.length;
  const rows = map.length / tokens.length;
  const ordered = new Float32Array(rows * keyLen);
  for (let row = 0; row < rows; row++) {
    const from = row * tokens.length;
    for (const { column, token, count } of runs)
      ordered.set(map.subarray(from + column, from + column + count), row * keyLen + token);
  }
  return ordered;
};
