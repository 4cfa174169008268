/**
 * The recorded graph of real checkpoints of every family, evaluated in float64, against logits of Hugging Face transformers.
 *
 * Attention is written out here, plain and naive, so that what is tested is the family alone.
 */
import { readFileSync } from "node:fs";
import type { AttentionKind } from "@ropewalk/context-extension";
import { denseWeights, type Attend, type Builder, type Decoder } from "@ropewalk/decoder";
import { evaluate, ndArray, tape as newTape, type Value } from "@ropewalk/graph";
import { ropeFrequencies, rotationTable } from "@ropewalk/rope";
import { emitRotate } from "@ropewalk/rope/onnx";
import { checkpointFolders } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { inRepository } from "@ropewalk/testing/repository";
import { tinyModelGoldens } from "@ropewalk/testing/vectors";
import { describe, expect, it } from "vitest";
import { loadCheckpoint, type Checkpoint } from "../../src/index.ts";
import { openFolder } from "../../src/node.ts";
import { upcast } from "../../src/checkpoint/upcast.ts";

type Golden = {
  readonly cases: readonly {
    readonly method: string | { readonly groupSize: number | null } | { readonly kind: string };
    readonly inputIds: readonly number[];
    readonly logitsLast: readonly number[];
    /** The likeliest next token behind each. */
    readonly argmaxAll?: readonly number[];
  }[];
};

/** Whether a case is of the model's own attention. */
const isPlain = (method: Golden["cases"][number]["method"]): boolean => {
  if (typeof method === "string") return method === "none";
  return "kind" in method ? method.kind === "none" : method.groupSize === null;
};

/** The golden logits were computed in float32. */
const tolerance = 5e-5;

/** softmax(q kᵀ / sqrt(headDim) + mask) v, the mask causal and no wider than the sliding window, with a copy of each key and value for each head that shares it. */
const naiveAttend = ({ tape }: Builder, decoder: Decoder, index: number, seqLen: number): Attend => {
  const { numHeads, numKvHeads, headDim } = decoder;
  const kind: AttentionKind = decoder.attention?.[index] ?? decoder;
  const { slidingWindow = Infinity, scoreScale = headDim ** -0.5, softcap } = kind;
  // Where nothing rotates, the tables are made and not used.
  const { theta, rotaryDim, layout, scaling } = kind.rope ?? decoder.rope;
  const constant = (dims: readonly number[], data: ArrayLike<number>): Value => tape.constant("float32", dims, data);
  const ints = (data: readonly number[]): Value => tape.constant("int64", [data.length], data);
  const positions = Array.from({ length: seqLen }, (_, i) => i);
  const table = rotationTable(ropeFrequencies({ theta, rotaryDim, scaling, seqLen }), positions);
  const [cos, sin] = [table.cos, table.sin].map((part) => constant([seqLen, 1, rotaryDim / 2], part));
  const mask = positions.flatMap((i) => positions.map((j) => (j > i || i - j >= slidingWindow ? -1e9 : 0)));
  const heads = (x: Value, count: number, rotates: boolean): Value => {
    const rows = tape.op("Transpose", [tape.op("Reshape", [x, ints([count, seqLen, headDim])])], { perm: [1, 0, 2] });
    const turned =
      rotates && kind.rope !== undefined ? emitRotate(tape, { layout, headDim, rotaryDim }, rows, cos!, sin!) : rows;
    const shared = Array.from({ length: numHeads }, (_, head) => Math.floor(head / (numHeads / count)));
    const copied = tape.op("Gather", [turned, ints(shared)], { axis: 1 });
    return tape.op("Transpose", [copied], { perm: [1, 0, 2] });
  };
  return ({ query, key, value }) => {
    const keys = tape.op("Transpose", [heads(key, numKvHeads, true)], { perm: [0, 2, 1] });
    const scores = tape.op("Mul", [
      tape.op("MatMul", [heads(query, numHeads, true), keys]),
      constant([1], [scoreScale]),
    ]);
    const bound = (x: Value, cap: number): Value =>
      tape.op("Mul", [tape.op("Tanh", [tape.op("Mul", [x, constant([1], [1 / cap])])]), constant([1], [cap])]);
    const bounded = softcap === undefined ? scores : bound(scores, softcap);
    const shares = tape.op("Softmax", [tape.op("Add", [bounded, constant([seqLen, seqLen], mask)])], { axis: -1 });
    const out = tape.op("MatMul", [shares, heads(value, numKvHeads, false)]);
    return tape.op("Reshape", [tape.op("Transpose", [out], { perm: [1, 0, 2] }), ints([seqLen, numHeads * headDim])]);
  };
};

const weightsOf = async ({ decoder, files, locate }: Checkpoint): Promise<ReadonlyMap<string, Float32Array>> => {
  const weights = new Map<string, Float32Array>();
  for (const name of Object.keys(decoder.tensors)) {
    const { location, offset, length, type } = locate(name);
    const { source } = files.find(({ external }) => external.file === location)!;
    weights.set(name, upcast(type, await source.read(offset, offset + length)));
  }
  return weights;
};

/** Logits of each token, a row each. */
const logitsOf = async (checkpoint: Checkpoint, ids: readonly number[]): Promise<readonly Float64Array[]> => {
  const { decoder } = checkpoint;
  const weights = await weightsOf(checkpoint);
  const tape = newTape();
  const builder: Builder = {
    tape,
    batchSize: 1,
    weights: denseWeights((_, name) => tape.constant("float32", decoder.tensors[name]!, weights.get(name)!, name)),
  };
  let hidden = decoder.embed(builder, tape.input("ids", "int64", [ids.length]));
  for (let index = 0; index < decoder.numLayers; index++)
    hidden = decoder.layer(builder, index, hidden, naiveAttend(builder, decoder, index, ids.length));
  tape.output("logits", decoder.unembed(builder, hidden));
  const { dims, data } = evaluate(tape.model(), { ids: ndArray("int64", [ids.length], ids) })["logits"]!;
  expect(dims).toEqual([ids.length, decoder.vocabSize]);
  return ids.map((_, row) => data.subarray(row * decoder.vocabSize, (row + 1) * decoder.vocabSize));
};

const readGolden = <T>(url: URL): T => JSON.parse(readFileSync(url, "utf8")) as T;

const vectors = inRepository(`${tinyModelGoldens}/`);

const { stories260K, ...others } = checkpointFolders;

describe.each(Object.entries(others))("%s", (name, folder) => {
  const recorded = name === "passkey-875k" ? new URL("passkey-875k/", vectors) : folder;
  const { cases } = readGolden<Golden>(new URL("golden-logits.json", recorded));
  const plain = cases.filter(({ method, inputIds }) => isPlain(method) && inputIds.length <= 100);

  it("has cases to compare with", () => {
    const lengths = plain.map(({ inputIds }) => inputIds.length);
    expect(lengths).toEqual(name === "passkey-875k" ? [86] : [9, 40, 100]);
  });

  it.each(plain)("gives the logits of $inputIds.length tokens", async ({ inputIds, logitsLast, argmaxAll = [] }) => {
    const logits = await logitsOf(await loadCheckpoint(await openFolder(folder)), inputIds);
    expect(logitsLast).toHaveLength(logits[0]!.length);
    expect(largestDifference(logitsLast, logits.at(-1)!)).toBeLessThan(tolerance);
    if (name !== "passkey-875k") expect(argmaxAll).toHaveLength(inputIds.length);
    // Where two are as likely as can be told, either may have been recorded.
    for (const [i, token] of argmaxAll.entries())
      expect(Math.max(...logits[i]!) - logits[i]![token]!).toBeLessThan(tolerance);
  });
});

it("stories260K gives the losses of its text", async () => {
  const { ids, cases } = readGolden<{
    readonly ids: readonly number[];
    readonly cases: { readonly vanilla: { readonly nll: readonly number[] } };
  }>(new URL("stories260K/golden.json", vectors));
  const checkpoint = await loadCheckpoint(await openFolder(stories260K));
  const logits = await logitsOf(checkpoint, ids.slice(0, 64));
  // -ln softmax(row)[next]
  const losses = logits.map(
    (row, i) => Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[ids[i + 1]!]!,
  );
  expect(largestDifference(losses, cases.vanilla.nll.slice(0, losses.length))).toBeLessThan(1e-5);
});
