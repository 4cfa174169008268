/**
 * config.pbtxt, which Triton Inference Server reads to run a model and to keep its cache between the requests of a sequence.
 *
 * A state of Triton begins with one token of zeros, since a size that varies is 1 in the first request of a sequence. Requests mask
 * that token:
 *
 *   request 1   input_ids [1, n]   attention_mask [1, 1 + n]       0 1 … 1
 *   request 2   input_ids [1, m]   attention_mask [1, 1 + n + m]   0 1 … 1
 */
import type { Value } from "@ropewalk/graph";
import { check } from "../errors.ts";
import { portsOf, type EngineModel } from "./engine.ts";

const types: Readonly<Record<string, string>> = {
  float32: "TYPE_FP32",
  float16: "TYPE_FP16",
  int64: "TYPE_INT64",
  int32: "TYPE_INT32",
  bool: "TYPE_BOOL",
};

/** How long Triton keeps a sequence without requests: ten minutes. */
const idleMicroseconds = 600 * 1e6;

/**
 * The number of sequences whose caches are kept at the same time. Triton's other strategy, `direct`, would give a model without
 * batches to one sequence until that ends.
 */
const sequences = 64;

const dimsOf = (sizes: readonly number[]): string => `dims: [ ${sizes.join(", ")} ]`;

const typeOf = ({ name, type }: Pick<Value, "name" | "type">): string => {
  const known = type === undefined ? undefined : types[type];
  check(known !== undefined, `"${name}" must be of a type that Triton has: ${Object.keys(types).join(", ")}`, type);
  return `data_type: ${known}`;
};

/** An input or output. A request has one sequence, so the first axis is 1. Other axes without a fixed size vary. */
const port = (value: Value): string => {
  const { name, dims } = value;
  check(dims !== undefined && dims.length > 0, `"${name}" must say its axes for Triton`, "none");
  const sizes = dims!.map((dim, axis) => (axis === 0 ? 1 : typeof dim === "number" ? dim : -1));
  return `  { name: "${name}" ${typeOf(value)} ${dimsOf(sizes)} }`;
};

const list = (field: string, entries: readonly string[], indent = ""): string =>
  `${indent}${field} [\n${entries.map((entry) => indent + entry).join(",\n")}\n${indent}]`;

export const tritonConfig = (model: EngineModel): string => {
  const { inputs, outputs } = portsOf(model);
  const states = model.attentionMatches.flatMap(({ past, present, numKvHeads, headDim, type }) =>
    (["key", "value"] as const).map((part) => {
      const data = typeOf({ name: past[part], type });
      const first = `initial_state: { name: "${past[part]}" ${data} ${dimsOf([1, numKvHeads, 1, headDim])} zero_data: true }`;
      return `  { input_name: "${past[part]}" output_name: "${present[part]}" ${data} ${dimsOf([1, numKvHeads, -1, headDim])}\n      ${first} }`;
    }),
  );
  return [
    "# Beside it, in the folder 1/, the model as model.onnx, with its data files.",
    "# One conversation is one sequence: the first request starts it, the last ends it. Each has a mask for all tokens so far, with",
    "# a 0 before them, for the token of zeros that a sequence's state begins with; positions, where asked for, count without it.",
    "# Sequences take turns, request by request; as many as max_candidate_sequences keep their caches, and the others wait.",
    'backend: "onnxruntime"',
    "max_batch_size: 0",
    list("input", inputs.map(port)),
    list("output", outputs.map(port)),
    "sequence_batching {",
    `  max_sequence_idle_microseconds: ${idleMicroseconds}`,
    `  oldest { max_candidate_sequences: ${sequences} }`,
    list("state", states, "  "),
    "}",
    "",
  ].join("\n");
};
