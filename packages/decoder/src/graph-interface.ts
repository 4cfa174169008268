/** The names of a decoder graph's inputs and outputs, for the code that records the graph and the code that feeds it. */

const bandNames = ["near", "far"] as const;

const layer = (index: number, name: string): string => `layers.${index}.${name}`;

/** The name of an input that a group of layers shares. Most models have one group, whose names have no prefix. */
export const ofGroup = (group: number, name: string): string => (group === 0 ? name : `groups.${group}.${name}`);

/** The name of a size that differs from group to group. */
export const sizeName = (place: number, name: string): string => (place === 0 ? name : `${name}${place}`);

export const decoderInputs = {
  /** [seqLen] int64 */
  ids: "input_ids",
  /** [rows] int64: which of the chunk's positions get logits. */
  logitRows: "logit_rows",
  /** Only in a graph of several steps: [count] int64, the tokens that end it; [seqLen] float64, a number from 0 to 1 for each draw. */
  stopTokens: "stop_tokens",
  uniforms: "uniforms",
  /** [1] int64: from how many of the most likely tokens one is drawn; with 1 nothing is drawn, and the most likely token is taken. */
  topK: "top_k",
  /** [1] float64 each */
  temperature: "temperature",
  topP: "top_p",
  /** [numLayers, seqLen, 1]: score scale times entropy scale. */
  queryScale: "query_scale",
  /** [seqLen, rotaryDim / 2] */
  rotation: (group: number, band: number, side: "query" | "key", part: "cos" | "sin"): string =>
    ofGroup(group, `${bandNames[band] ?? band}_${side}_${part}`),
  /** [seqLen, seqLen] */
  causalMask: "causal_mask",
  /** [seqLen, tailLen] */
  tailMask: (group: number): string => ofGroup(group, "tail_mask"),
  /** [seqLen, ringLen] each: the slots seen in the near rotation, and in the far rotation. */
  ringNearMask: (group: number): string => ofGroup(group, "ring_near_mask"),
  ringFarMask: (group: number): string => ofGroup(group, "ring_far_mask"),
  /** [1]: 0, or `maskedScore` when the settled part is a stand-in. */
  settledGate: (group: number): string => ofGroup(group, "settled_gate"),
  /** For positions that go by chunks, the slots in use of each chunk that the ring holds: [seqLen, ringLen]. */
  ringChunkMask: (group: number, back: number): string => ofGroup(group, `ring_chunk_${back}_mask`),
  /** [parts] int64: keys in each recent part, in the order tail, ring, own. */
  recentLengths: (group: number): string => ofGroup(group, "recent_lengths"),
  /**
   * Where a kernel attends, in place of masks, gates and lengths: [parts, 3] int32, the tokens from … to before … whose keys each part holds,
   * and the window within which they are near, 0 for none. Parts are in the order of the cache's stretches, then come the chunk's own keys.
   */
  partRanges: (group: number): string => ofGroup(group, "part_ranges"),
  /**
   * An array of the cache: settled_keys, settled_value_scales, tail_values, ring_near_keys. The cache layout says which arrays there
   * are, and their shapes.
   */
  cached: (index: number, stretch: string, label: string | undefined, suffix: string): string =>
    layer(index, [stretch, ...(label === undefined ? [] : [label]), suffix].join("_")),
  /** Under masks, for each band: the cached keys that the band covers [seqLen, ringLen], and the chunk's own [seqLen, seqLen]. */
  ringBandMask: (group: number, band: number): string => ofGroup(group, `ring_band_${band}_mask`),
  ownBandMask: (group: number, band: number): string => ofGroup(group, `own_band_${band}_mask`),
} as const;

export const decoderOutputs = {
  /** [rows, vocabSize] */
  logits: "logits",
  /** [rows] int64: the likeliest token of each row, the first of equals; -1 if the row's logits are not numbers. */
  likeliest: "likeliest",
  /** [steps] int64: the tokens of several steps, one for each step that was run; the last is -1 if its logits are not numbers. */
  tokens: "tokens",
  /** [1, numKvHeads, seqLen, headDim] each: the chunk's keys in each band's rotation, and its values. */
  newKeys: (index: number, band: number): string => layer(index, `new_${bandNames[band] ?? band}_keys`),
  newValues: (index: number): string => layer(index, "new_values"),
  /**
   * The attention weights, if asked for: [1, numKvHeads, group * seqLen, keys], which is [numHeads, seqLen, keys] row by row. Keys are
   * in the order of the cache's stretches, then come the chunk's own. For entropies there is one number in place of the keys.
   */
  attentions: (index: number): string => layer(index, "attentions"),
} as const;

/** Whether this is the name of an output of attention weights or entropies. */
export const isAttentions = (output: string): boolean => output.endsWith(".attentions");
