/**
 * The least cost of attention, and its cost in this kernel's tiles. With s bytes for each element, Q queries after `start` keys,
 * N = start + Q, d = headDim, H heads and K key-value heads:
 *
 *   pairs        P = Σ_i (i + 1), i = start … N - 1               min(i + 1, W) under a sliding window
 *   operations   4 d H P                                          a score and a weighted value, 2 d each
 *   bytes        s d (2 H Q + H Q + K (F + M + N)) + 4 H Q        queries of both bands and out; far keys F = max(0, N - W),
 *                                                                 near keys M = min(N, W - 1 + Q), values; log-sum-exps
 *
 * With one band there is one set of queries, no far key, and as many values as near keys. A tile of R rows and 32 keys takes
 * 4 d 32 R operations and reads s d (32 + 32 + R) bytes; a mixed tile takes 6 d 32 R and reads s d (2 · 32 + 32 + 2 R).
 */
import { shapeOf, type AttentionConfig } from "./shape.ts";
import { bytesPerElement } from "./storage.ts";
import { countTiles, rowGroups, rowsEachOf, tileKeys, type TileCounts } from "./tiles.ts";

type Cost = { readonly bytes: number; readonly operations: number };

export type AttentionCost = {
  /** The cost that no kernel can avoid: each input is read once, each output written once, each pair scored once. */
  readonly least: Cost;
  /** The tiles' reads, from memory or a cache, and operations. Masked pairs are included, the merge of splits is not. */
  readonly tiled: Cost;
  /** The tiles of one key-value head. */
  readonly tiles: TileCounts;
};

/** Bytes and floating-point operations of one attention. */
export const attentionCost = (config: AttentionConfig): AttentionCost => {
  if (config.keys !== undefined)
    throw new RangeError(`attentionCost: keys must be left out, which counts all, got ${JSON.stringify(config.keys)}`);
  const shape = shapeOf("attentionCost", config);
  const { kind, numHeads, numKvHeads, headDim, start, queryLen, keyLen, window, storage } = shape;
  const two = kind === "nearAndFar";
  const reach = two ? keyLen : window;
  // A query before position `reach` sees every key up to its own; a later query sees `reach` keys.
  const growing = Math.max(0, Math.min(keyLen, reach) - start);
  const pairs = (growing * (2 * start + growing + 1)) / 2 + (queryLen - growing) * reach;

  const nearKeys = Math.min(keyLen, window - 1 + queryLen);
  const cached = two ? Math.max(0, keyLen - window) + nearKeys + keyLen : 2 * nearKeys;
  const rowBytes = bytesPerElement[storage] * headDim;
  const perQuery = rowBytes * (two ? 3 : 2) + 4;

  const tiles = countTiles(shape);
  const { far, near, mixed } = tiles;
  const rows = rowGroups * rowsEachOf(shape);
  return {
    least: {
      bytes: numHeads * queryLen * perQuery + numKvHeads * cached * rowBytes,
      operations: 4 * headDim * numHeads * pairs,
    },
    tiled: {
      bytes:
        numHeads * queryLen * (rowBytes + 4) +
        numKvHeads * rowBytes * ((far + near) * (2 * tileKeys + rows) + mixed * (3 * tileKeys + 2 * rows)),
      operations: numKvHeads * 2 * headDim * tileKeys * rows * (2 * (far + near) + 3 * mixed),
    },
    tiles,
  };
};
