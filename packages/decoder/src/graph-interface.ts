/** The names of a decoder graph's inputs and outputs, in one place for those who record it and those who feed it. */

const bandNames = ["near", "far"] as const;

const layer = (index: number, name: string): string => `layers.${index}.${name}`;

/** What a group of layers shares. In most models there is one group, and no prefix. */
export const ofGroup = (group: number, name: string): string => (group === 0 ? name : `groups.${group}.${name}`);

/** Sizes that stand for another number in each group have a name for each. */
export const sizeName = (place: number, name: string): string => (place === 0 ? name : `${name}${place}`);

export const decoderInputs = {
  /** [seqLen] int64 */
  ids: "input_ids",
  /** [rows] int64: which of the chunk's positions get logits. */
  logitRows: "logit_rows",
  /** Of a run of several steps alone: [count] int64, tokens that end it; [seqLen] float64, a number from 0 to 1 for each draw. */
  stopTokens: "stop_tokens",
  uniforms: "uniforms",
  /** [1] int64: among how many of the most likely tokens one is drawn; 1: none is, the first of the most likely is taken. */
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
  /** [seqLen, ringLen] each: slots seen in the near and in the far rotation. */
  ringNearMask: (group: number): string => ofGroup(group, "ring_near_mask"),
  ringFarMask: (group: number): string => ofGroup(group, "ring_far_mask"),
  /** [1]: 0, or `maskedScore` when the settled part is a stand-in. */
  settledGate: (group: number): string => ofGroup(group, "settled_gate"),
  /** Where positions go by chunks, what is in use of each that the ring has: [seqLen, ringLen]. */
  ringChunkMask: (group: number, back: number): string => ofGroup(group, `ring_chunk_${back}_mask`),
  /** [parts] int64: keys in each recent part, in the order tail, ring, own. */
  recentLengths: (group: number): string => ofGroup(group, "recent_lengths"),
  /**
   * An array of the cache: settled_keys, settled_value_scales, tail_values, ring_near_keys. What there is says the layout of the cache,
   * which knows their shapes as well.
   */
  cached: (index: number, stretch: string, label: string | undefined, suffix: string): string =>
    layer(index, [stretch, ...(label === undefined ? [] : [label]), suffix].join("_")),
  /** Under masks, of each band: cached keys that it covers [seqLen, ringLen], and the chunk's own [seqLen, seqLen]. */
  ringBandMask: (group: number, band: number): string => ofGroup(group, `ring_band_${band}_mask`),
  ownBandMask: (group: number, band: number): string => ofGroup(group, `own_band_${band}_mask`),
} as const;

export const decoderOutputs = {
  /** [rows, vocabSize] */
  logits: "logits",
  /** [rows] int64: the likeliest token of each row, the first of equals; -1 where its logits are no numbers. */
  likeliest: "likeliest",
  /** [steps] int64: the tokens of a run of several steps, one for each step that was run; the last is -1 where its logits are no numbers. */
  tokens: "tokens",
  /** [1, numKvHeads, seqLen, headDim] each: the chunk's keys in each band's rotation, and its values. */
  newKeys: (index: number, band: number): string => layer(index, `new_${bandNames[band] ?? band}_keys`),
  newValues: (index: number): string => layer(index, "new_values"),
  /**
   * Where they are asked for, what queries attend to: [1, numKvHeads, group * seqLen, keys], which is [numHeads, seqLen, keys] row by
   * row, keys in the order of the cache's stretches and the chunk's own behind them; or one entropy in place of the keys.
   */
  attentions: (index: number): string => layer(index, "attentions"),
} as const;

/** Whether that is the name of a layer's attentions. */
export const isAttentions = (output: string): boolean => output.endsWith(".attentions");
