/**
 * An export as a decoder's graph: it takes a chunk of one sequence and the parts of a cache that the caller keeps, and gives the
 * logits of the rows that are asked for, and the chunk's new keys and values. Inputs and outputs are those of `@ropewalk/decoder`.
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
import {
  nameOutputs,
  namesRead,
  renameNodes,
  tape,
  typeCode,
  type GraphProto,
  type GraphView,
  type ModelProto,
  type NodeProto,
  type Tape,
  type Value,
} from "@ropewalk/graph";
import { check, refuse } from "../../errors.ts";
import { checkMade } from "../../graph/check-graph.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";
import type { AttentionMatch } from "../../recognise/attention-match.ts";
import { scopeName, splice } from "../splice.ts";
import { checkCache } from "./check-cache.ts";
import { emitChunkAttention, type ExportValue } from "./chunk-attention.ts";
import { withConstantShapes } from "./constant-shapes.ts";
import { findRowInput, type NodeInput } from "./logit-rows.ts";
import { raiseVersions } from "./raise-opset.ts";

/** An input of newer exports: how many of the last rows get logits, 0 for all. It becomes the constant 0. */
const lastRows = "num_logits_to_keep";

/** The new names of the export's own tokens and logits, whose names the decoder's inputs and outputs get. */
const ownNames: ReadonlyMap<string, string> = new Map(
  [decoderInputs.ids, decoderOutputs.logits, lastRows].map((name) => [name, `/${scopeName}/export/${name}`]),
);

const ownName = (name: string): string => ownNames.get(name) ?? name;

const ownIds = ownName(decoderInputs.ids);
const ownLogits = ownName(decoderOutputs.logits);

const checkSignature = ({ inputs, outputs, info }: GraphView): void => {
  const { ids } = decoderInputs;
  const { logits } = decoderOutputs;
  check(inputs.has(ids), `a model must have the input "${ids}"`, [...inputs.keys()]);
  check(inputs.get(ids)!.dims?.length === 2, `input "${ids}" must have 2 axes`, info(ids)?.dims);
  check(outputs.has(logits), `a model must have the output "${logits}"`, [...outputs]);
  const rows = info(logits)?.dims?.[1];
  check(typeof rows !== "number", `output "${logits}" must have a row for every token`, `${String(rows)} rows`);
};

/** Whether a node reads the first axis of its input alone, which is the batch. */
const readsBatchSize = ({ opType, attribute }: NodeProto): boolean => {
  const stated = (name: string): bigint | undefined => attribute.find((each) => each.name === name)?.i;
  return opType === "Shape" && (stated("start") ?? 0n) === 0n && stated("end") === 1n;
};

/** The input where rows are picked, and the picked rows that replace all rows there. */
type Picked = { readonly at: NodeInput; readonly rows: Value };

/** The export's graph as it is spliced: under its own names, with the picked rows. Past and mask, which go, tell no batch size. */
const prepareGraph = ({ graph, inputs }: GraphView, picked: Picked | undefined): GraphProto => {
  const prepare = (node: NodeProto): NodeProto => {
    const [renamed] = renameNodes({ values: ownName }, [node]);
    if (node === picked?.at.node)
      return { ...renamed!, input: renamed!.input.map((name, i) => (i === picked.at.index ? picked.rows.name : name)) };
    const asksInput = inputs.has(node.input[0]!) && readsBatchSize(node);
    return asksInput ? { ...renamed!, input: [ownIds] } : renamed!;
  };
  return {
    ...graph,
    node: graph.node.map(prepare),
    output: graph.output.map((info) => ({
      ...info,
      name: info.name === decoderOutputs.logits ? ownLogits : info.name,
    })),
  };
};

/** A node that stays may need the tokens, and no other input of the export. */
const checkGoneInputs = (
  nodes: readonly NodeProto[],
  before: GraphView["inputs"],
  after: ReadonlySet<string>,
): void => {
  for (const node of nodes) {
    const gone = namesRead(node).find((name) => before.has(name) && !after.has(name));
    if (gone !== undefined)
      refuse(`${describeNode(node)} must do without the input "${gone}" where generation keeps the cache, got it`);
  }
};

/** Records the picking of rows, and the logits of these rows as the decoder's interface has them. */
const emitLogits = (
  recording: Tape,
  exportValue: ExportValue,
  view: GraphView,
  vocabSize: number,
): Picked | undefined => {
  const scope = recording.scope(scopeName);
  const rows = recording.input(decoderInputs.logitRows, "int64", ["rows"]);
  const pick = (x: Value): Value => scope.op("Gather", [x, rows], { axis: 1 }, { name: "rows" });
  const type = view.info(decoderOutputs.logits)?.type ?? "float32";
  const at = findRowInput(view, decoderOutputs.logits);
  const logits = exportValue(ownLogits, type, 3);
  const give = (picked: Value): void => {
    const wide = picked.type === "float32" ? picked : scope.op("Cast", [picked], { to: typeCode("float32") });
    const shape = scope.constant("int64", [2], [-1, vocabSize]);
    giveLogits(recording, scope.op("Reshape", [wide, shape], {}, { output: decoderOutputs.logits }), vocabSize);
  };
  if (at === undefined) {
    give(pick(logits));
    return undefined;
  }
  const hidden = at.node.input[at.index]!;
  const picked = { at, rows: pick(exportValue(ownName(hidden), view.info(hidden)?.type ?? type, 3)) };
  give(logits);
  return picked;
};

export type ChunkRequest = {
  readonly extended: ExtendedDecoder;
  readonly attentionMatches: readonly AttentionMatch[];
  /** The operators that attention may be recorded with; the export's other nodes stay. */
  readonly operators: Operators;
  /** The outputs of some layers' attention. Absent: none. */
  readonly attentions?: AskedAttentions | undefined;
};

/** Values of the export that a recording reads: each is an input of the recording, declared once. */
const exportValuesOf = (recording: Tape) => {
  const declared = new Map<string, Value>();
  const exportValue: ExportValue = (name, type, axes) => {
    const anySize = Array.from({ length: axes }, () => undefined);
    const value = declared.get(name) ?? recording.input(name, type!, anySize);
    declared.set(name, value);
    return value;
  };
  return { exportValue, isExportValue: (name: string): boolean => declared.has(name) };
};

/**
 * The model that takes a chunk.
 *
 * @throws RangeError that names what keeps the export from it: its inputs, a node that stays, an operator of an older opset
 */
export const rewriteAsChunk = (request: ChunkRequest, view: ExportView): ModelProto => {
  const { extended, attentionMatches, operators, attentions } = request;
  checkCache(extended);
  checkSignature(view);
  const recording = tape("decoder");
  const { exportValue, isExportValue } = exportValuesOf(recording);
  const scope = recording.scope(scopeName);
  const ids = recording.input(decoderInputs.ids, "int64", ["seqLen"]);
  scope.op("Unsqueeze", [ids, scope.constant("int64", [1], [0])], {}, { output: ownIds });
  const rowCount = view.inputs.get(lastRows);
  if (rowCount) scope.constant("int64", rowCount.dims?.map(() => 1) ?? [], [0], ownName(lastRows));
  const attention = chunkAttention(scope, extended, ids, operators, attentions);
  for (const [index, attentionMatch] of attentionMatches.entries()) {
    const layer = scope.scope(`layers.${index}`);
    emitChunkAttention(layer, exportValue, attentionMatch, attention(layer, index));
  }
  const picked = emitLogits(recording, exportValue, view, extended.decoder.vocabSize);

  const recorded = recording.model().graph!;
  const input = recorded.input.filter(({ name }) => !isExportValue(name));
  const graph = splice(prepareGraph(view, picked), recorded, {
    replaced: attentionMatches.map(({ output }) => output.name),
    signature: { input, output: recorded.output },
  });
  checkGoneInputs(graph.node, view.inputs, new Set(input.map(({ name }) => name)));
  const model = { ...view.model, graph: nameOutputs(graph) };
  const chunk = { ids: decoderInputs.ids, tokens: ownIds, attentionMatches };
  const settled = operators === "plain" ? withConstantShapes(chunk, model) : model;
  const raised = raiseVersions(decoderOpset, settled);
  checkMade(raised.graph!);
  return raised;
};
