/**
 * The node that stands for the WGSL kernel in a graph: attention of one layer over keys that lie in several parts. A runtime of ONNX does not
 * know it. Whoever runs such a graph cuts it there.
 *
 *   inputs       ranges [parts, 3] int32          of each part the tokens from … to before … whose keys it holds, none where both are equal,
 *                                                 and the window within which they are near, 0 for none. The last part is the
 *                                                 queries' own keys
 *                queries [1, numHeads, queryLen, headDim]            one for each band, scaled and rotated
 *                keys, values [numKvHeads, rows, headDim]            part by part: keys for each of its bands, then its values
 *   output       [queryLen, numHeads * headDim]
 *   attributes   num_heads, num_kv_heads, head_dim, num_bands
 *                softcap                          the bound of scores, 0 for none
 *                near, far, ring                  a number for each part, see `NodePart`
 */

export const kernelNode = { domain: "ropewalk", opType: "AttentionOverParts" } as const;

/** How the keys of a part are seen. */
export type NodePart = {
  /** The band of the part's queries, by its place among the queries; with `far` of those that are near. */
  readonly near: number;
  /** The band of queries that are a window or more behind the key; undefined if there is one band, in which they do not see the key. */
  readonly far: number | undefined;
  /** Whether token t lies in row t modulo the number of rows. Otherwise the first token lies in the first row. */
  readonly ring: boolean;
};

export type NodeHeads = { readonly numHeads: number; readonly numKvHeads: number; readonly headDim: number };

export type NodeAttributes = NodeHeads & {
  readonly numBands: number;
  /** The bound c of scores, which become c tanh(s / c). */
  readonly softcap: number | undefined;
  readonly parts: readonly NodePart[];
};

/** The number in place of a band that is not there. */
const absent = -1;

/** The attributes as numbers and lists of numbers. */
export const writeKernelNode = ({
  numHeads,
  numKvHeads,
  headDim,
  numBands,
  softcap = 0,
  parts,
}: NodeAttributes): Readonly<Record<string, number | readonly number[] | { readonly float: number }>> => ({
  num_heads: numHeads,
  num_kv_heads: numKvHeads,
  head_dim: headDim,
  num_bands: numBands,
  softcap: { float: softcap },
  near: parts.map(({ near }) => near),
  far: parts.map(({ far = absent }) => far),
  ring: parts.map(({ ring }) => Number(ring)),
});

/** The way back. @param read - gives the numbers of an attribute, a single number as a list of one */
export const readKernelNode = (read: (name: string) => readonly number[]): NodeAttributes => {
  const [far, ring] = [read("far"), read("ring")];
  return {
    numHeads: read("num_heads")[0]!,
    numKvHeads: read("num_kv_heads")[0]!,
    headDim: read("head_dim")[0]!,
    numBands: read("num_bands")[0]!,
    softcap: read("softcap")[0]! || undefined,
    parts: read("near").map((near, part) => ({
      near,
      far: far[part] === absent ? undefined : far[part],
      ring: ring[part] === 1,
    })),
  };
};
