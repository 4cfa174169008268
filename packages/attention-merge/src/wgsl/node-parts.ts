/** A node of a graph that stands for the kernel, as the kernel's configuration and the buffers that each part binds. */
import type { NodeAttributes, NodePart } from "../kernel-node.ts";
import type { DeviceLimits } from "./limits.ts";
import { attentionOverParts, type KernelPart, type PartsKernel } from "./parts.ts";
import type { CacheRows, KernelBands, KeyRange } from "./shape.ts";

/** What the node's inputs say of a part when it is run. */
export type PartSizes = {
  /** None where both are equal. */
  readonly keys: KeyRange;
  /** 0 where the band has no end. */
  readonly window: number;
  /** Rows of keys and values. */
  readonly rows: number;
};

export type NodeKernel = PartsKernel & {
  /** For each part that has tokens: the index of the node's input behind each buffer of the part. */
  readonly inputs: readonly Readonly<Record<string, number>>[];
};

const bandsOf = ({ far, ring }: NodePart, { keys, window, rows: capacity }: PartSizes): KernelBands => {
  const rows: CacheRows = { start: ring ? 0 : keys.from, capacity };
  if (window === 0) return { kind: "plain", rows };
  return far === undefined
    ? { kind: "slidingWindow", window, rows }
    : { kind: "nearAndFar", window, nearRows: rows, rows };
};

type PartInputs = {
  readonly nearQueries: number;
  readonly nearKeys: number;
  readonly farQueries?: number;
  readonly farKeys?: number;
  readonly values: number;
};

/** The places of the node's inputs: the ranges come first, then the queries of each band, then keys and values part by part. */
const inputsOf = ({ numBands, parts }: NodeAttributes): readonly PartInputs[] => {
  const query = (band: number): number => 1 + band;
  let next = query(numBands);
  return parts.map(({ near, far }) => {
    const nearKeys = next;
    const both = far === undefined ? {} : { farQueries: query(far), farKeys: next + 1 };
    next += far === undefined ? 2 : 3;
    return { nearQueries: query(near), nearKeys, ...both, values: next - 1 };
  });
};

/**
 * The sizes of a node's parts when it is run.
 *
 * @param ranges - the numbers of its first input
 * @param rowsOf - the rows of an input, by its place
 */
export const partSizes = (
  attributes: NodeAttributes,
  ranges: ArrayLike<number | bigint>,
  rowsOf: (input: number) => number,
): readonly PartSizes[] =>
  inputsOf(attributes).map(({ values }, part) => {
    const number = (index: number): number => Number(ranges[3 * part + index]);
    return { keys: { from: number(0), to: number(1) }, window: number(2), rows: rowsOf(values) };
  });

/** The passes of a node. Parts without a token have none. */
export const kernelOfNode = (
  attributes: NodeAttributes,
  sizes: readonly PartSizes[],
  limits: DeviceLimits,
): NodeKernel => {
  const { numHeads, numKvHeads, headDim, softcap, parts } = attributes;
  const { from: start, to: end } = sizes.at(-1)!.keys;
  const inputs = inputsOf(attributes);
  const used = parts.flatMap((part, at) => {
    const { keys } = sizes[at]!;
    return keys.from < keys.to ? [{ part: { keys, bands: bandsOf(part, sizes[at]!) }, inputs: inputs[at]! }] : [];
  });
  const kernel = attentionOverParts({
    numHeads,
    numKvHeads,
    headDim,
    softcap,
    start,
    queryLen: end - start,
    order: "queries",
    limits,
    parts: used.map(({ part }): KernelPart => part),
  });
  return { ...kernel, inputs: used.map((each) => each.inputs) };
};
