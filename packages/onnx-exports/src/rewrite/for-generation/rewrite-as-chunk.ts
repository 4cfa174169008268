/**
 * An export as a decoder's graph: it takes a chunk of one sequence and the parts of a cache that somebody keeps, and gives
 * logits of the rows asked for and the chunk's new keys and values. Inputs and outputs are those of `@ropewalk/decoder`.
 *
 *     export     input_ids [batch, seqLen], attention_mask, past keys and values      -> logits of all rows, present ones
 *     rewritten  input_ids [seqLen], logit_rows, rotations, masks, parts of the cache -> logits [rows, vocabSize], new ones
 */
import {
  chunkAttention,
  giveLogits,
  decoderInputs,
  decoderOutputs,
  decoderOpset,
  type AskedAttentions,
  type ExtendedDecoder,
  type Operators,
} from "@ropewalk/decoder";
import { innerGraphs, tape, typeCode, type ModelProto, type NodeProto, type Tape, type Value } from "@ropewalk/graph";
import { check, refuse } from "../../errors.ts";
import { nameOf, viewGraph, type GraphView } from "../../graph/graph-view.ts";
import type { AttentionMatch } from "../../recognise/attention-match.ts";
import { scopeName, splice } from "../splice.ts";
import { takenBy } from "../../graph/topology.ts";
import { emitChunkAttention, type Foreign } from "./chunk-attention.ts";
import { findRowEdge } from "./logit-rows.ts";
import { raiseVersions } from "./raise-opset.ts";
import { settleLengths } from "./constant-shapes.ts";

/** The export's own tokens and logits, which make way for ours of the same names. */
const own = (name: string): string => `/${scopeName}/export/${name}`;

const renameIn = (nodes: readonly NodeProto[], from: string, to: string): void => {
  const rename = (name: string): string => (name === from ? to : name);
  for (const node of nodes) {
    node.input = node.input.map(rename);
    node.output = node.output.map(rename);
    for (const inner of innerGraphs(node)) renameIn(inner.node, from, to);
  }
};

/** Whether a node asks for the first axis of its input alone, which is the batch. */
const asksBatch = ({ opType, attribute }: NodeProto): boolean => {
  const stated = (name: string): bigint | undefined => attribute.find((one) => one.name === name)?.i;
  return opType === "Shape" && (stated("start") ?? 0n) === 0n && stated("end") === 1n;
};

/** Exports ask a past or a mask for the batch; the tokens tell it too, and they are there still. */
const askTokens = ({ graph, inputs: taken }: GraphView): void => {
  for (const node of graph.node)
    if (taken.has(node.input[0]!) && asksBatch(node)) node.input = [own(decoderInputs.ids)];
};

/** An input of newer exports: how many of the last rows get logits, 0 for all. Rows are picked by ours. */
const lastRows = "num_logits_to_keep";

const checkSignature = ({ inputs: taken, outputs: given, info }: GraphView): void => {
  check(taken.has(decoderInputs.ids), `a model must have the input "${decoderInputs.ids}"`, [...taken.keys()]);
  check(
    taken.get(decoderInputs.ids)!.dims?.length === 2,
    `input "${decoderInputs.ids}" must have 2 axes`,
    info(decoderInputs.ids)?.dims,
  );
  check(given.has(decoderOutputs.logits), `a model must have the output "${decoderOutputs.logits}"`, [...given]);
  const rows = info(decoderOutputs.logits)?.dims?.[1];
  check(
    typeof rows !== "number",
    `output "${decoderOutputs.logits}" must have a row for every token`,
    `${String(rows)} rows`,
  );
};

/** What stays may need the tokens, and nothing else that a caller would have to give. */
const checkLeft = ({ graph, inputs: were }: GraphView, left: ReadonlySet<string>): void => {
  for (const node of graph.node) {
    const gone = takenBy(node).find((name) => were.has(name) && !left.has(name));
    if (gone !== undefined)
      refuse(`${nameOf(node)} must do without the input "${gone}" where generation keeps the cache, got it`);
  }
};

/** Rows of the export's hidden states ahead of the logits, and logits of these rows as the interface has them. */
const emitLogits = (recording: Tape, foreign: Foreign, view: GraphView, vocabSize: number): void => {
  const scope = recording.scope(scopeName);
  const rows = recording.input(decoderInputs.logitRows, "int64", ["rows"]);
  const pick = (x: Value): Value => scope.op("Gather", [x, rows], { axis: 1 }, { name: "rows" });
  const type = view.info(own(decoderOutputs.logits))?.type ?? view.info(decoderOutputs.logits)?.type ?? "float32";
  const edge = findRowEdge(view, own(decoderOutputs.logits));
  const logits = foreign(own(decoderOutputs.logits), type, 3);
  let picked = logits;
  if (edge === undefined) picked = pick(logits);
  else {
    const input = edge.node.input[edge.input]!;
    const taken = pick(foreign(input, view.info(input)?.type ?? type, 3));
    edge.node.input = edge.node.input.map((name, i) => (i === edge.input ? taken.name : name));
  }
  const wide = picked.type === "float32" ? picked : scope.op("Cast", [picked], { to: typeCode("float32") });
  const shape = scope.constant("int64", [2], [-1, vocabSize]);
  giveLogits(recording, scope.op("Reshape", [wide, shape], {}, { output: decoderOutputs.logits }), vocabSize);
};

export type ChunkRewrite = {
  readonly extended: ExtendedDecoder;
  readonly attentionMatches: readonly AttentionMatch[];
  /** Those that the attention may be recorded with; the export's other nodes stay as they are. */
  readonly operators: Operators;
  /** What is given out of the attention of some layers; absent: nothing. */
  readonly attentions?: AskedAttentions | undefined;
};

/** Rewrites a model; changes it. */
export const rewriteAsChunk = (
  { extended, attentionMatches, operators, attentions }: ChunkRewrite,
  model: ModelProto,
): void => {
  const graph = model.graph!;
  checkSignature(viewGraph(model));
  const logitsInfo = graph.output.find(({ name }) => name === decoderOutputs.logits)!;
  for (const name of [decoderInputs.ids, decoderOutputs.logits, lastRows]) renameIn(graph.node, name, own(name));
  logitsInfo.name = own(decoderOutputs.logits);
  askTokens(viewGraph(model));
  const view = viewGraph(model);

  const recording = tape("decoder");
  const known = new Map<string, Value>();
  const foreign: Foreign = (name, type, axes) => {
    const value =
      known.get(name) ??
      recording.input(
        name,
        type!,
        Array.from({ length: axes }, () => undefined),
      );
    known.set(name, value);
    return value;
  };
  const scope = recording.scope(scopeName);
  const ids = recording.input(decoderInputs.ids, "int64", ["seqLen"]);
  scope.op("Unsqueeze", [ids, scope.constant("int64", [1], [0])], {}, { output: own(decoderInputs.ids) });
  const rowCount = view.inputs.get(lastRows);
  if (rowCount) scope.constant("int64", rowCount.dims?.map(() => 1) ?? [], [0], own(lastRows));
  const attention = chunkAttention(scope, extended, ids, operators, attentions);
  for (const [index, attentionMatch] of attentionMatches.entries()) {
    const layer = scope.scope(`layers.${index}`);
    emitChunkAttention(layer, foreign, attentionMatch, attention(layer, index));
  }
  emitLogits(recording, foreign, view, extended.decoder.vocabSize);

  const recorded = recording.model().graph!;
  const signature = { input: recorded.input.filter(({ name }) => !known.has(name)), output: recorded.output };
  splice(graph, recorded, { replaced: attentionMatches.map(({ output }) => output.name), signature });
  checkLeft({ ...view, graph }, new Set(signature.input.map(({ name }) => name)));
  if (operators === "plain")
    settleLengths({ ids: decoderInputs.ids, tokens: own(decoderInputs.ids), attentionMatches }, model);
  raiseVersions(model, decoderOpset);
};
