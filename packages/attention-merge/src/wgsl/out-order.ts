/**
 * The order of the rows of `out`: head after head, [numHeads, queryLen, headDim], or query after query, [queryLen, numHeads, headDim], which is
 * the row that a model's output projection reads.
 */
export const outOrders = ["heads", "queries"] as const;

export type OutOrder = (typeof outOrders)[number];

/** WGSL for the row of `out` that belongs to `row` of the queries, which are in the order of heads. */
export const outRow = (order: OutOrder, row: string): string =>
  ({ heads: row, queries: `${row} % sizes.queryLen * sizes.numHeads + ${row} / sizes.queryLen` })[order];
