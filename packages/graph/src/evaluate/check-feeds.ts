// Checks that the feeds of an evaluation are what the graph declares.

import { checkArray, show } from "@ropewalk/check";
import type { NdArray } from "../arrays/nd-array.ts";
import { formatDims, sizeOf } from "../arrays/dims.ts";
import { fail } from "../fail.ts";
import type { GraphProto } from "../proto/onnx_pb.ts";
import { TensorProto_DataLocation } from "../proto/onnx_pb.ts";
import { typeOfCode } from "../arrays/data-type.ts";
import type { Value } from "../model/value.ts";
import { valueOfInfo } from "../model/value.ts";

/** Throws RangeError when a feed does not have the declared type and sizes. Named sizes are bound as they are met. */
const checkFeed = ({ name, type, dims }: Value, feed: NdArray, named: Map<string, number>): void => {
  const at = `evaluate: feed "${name}"`;
  if (!Array.isArray((feed as NdArray | null)?.dims))
    throw new TypeError(`${at} must be an array that ndArray gave, got ${show(feed)}`);
  checkArray(at, "data", feed.data, "Float64Array");
  if (feed.data.length !== sizeOf(feed.dims))
    fail(`${at} must have one element per place of dims ${formatDims(feed.dims)}, got ${feed.data.length}`);
  if (type !== undefined && feed.type !== type) fail(`${at} must be of type ${type}, got ${feed.type}`);
  if (dims === undefined) return;
  const fits = feed.dims.every((size, axis) => {
    const declared = dims[axis];
    const expected = typeof declared === "string" ? (named.get(declared) ?? size) : (declared ?? size);
    if (typeof declared === "string") named.set(declared, expected);
    return size === expected;
  });
  if (!fits || feed.dims.length !== dims.length) {
    const sizes = dims.map((dim) => (typeof dim === "string" && named.has(dim) ? `${dim}=${named.get(dim)}` : dim));
    fail(`${at} must have dims ${formatDims(sizes)}, got ${formatDims(feed.dims)}`);
  }
};

/** Checks that feeds are the graph's inputs and the initializers that are in files, each with its type and shape. */
export const checkFeeds = ({ input, initializer }: GraphProto, feeds: Readonly<Record<string, NdArray>>): void => {
  if (typeof feeds !== "object" || feeds === null)
    throw new TypeError(`evaluate: feeds must be an object of arrays by the names of inputs, got ${show(feeds)}`);
  const inModel = new Set(
    initializer
      .filter(({ dataLocation }) => dataLocation !== TensorProto_DataLocation.EXTERNAL)
      .map(({ name }) => name),
  );
  const inFiles = initializer
    .filter(({ name }) => !inModel.has(name))
    .map(({ name, dataType, dims }): Value => ({
      name,
      type: typeOfCode(dataType),
      dims: dims.map(Number),
    }));
  const wanted = new Map([...input.map(valueOfInfo), ...inFiles].map((value) => [value.name, value]));
  const named = new Map<string, number>();
  for (const [name, value] of wanted) {
    const feed = feeds[name];
    if (feed !== undefined) checkFeed(value, feed, named);
    else if (!inModel.has(name)) fail(`evaluate: feeds must have every input, got none for "${name}"`);
  }
  const unknown = Object.keys(feeds).find((name) => !wanted.has(name));
  if (unknown !== undefined)
    fail(`evaluate: feeds must be inputs of the graph (${[...wanted.keys()].join(", ")}), got "${unknown}"`);
};
