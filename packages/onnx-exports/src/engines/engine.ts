/** What an engine that serves a portable model needs to know of it. */
import { valueOfInfo, type GraphProto, type Value } from "@ropewalk/graph";
import { check, refuse } from "../errors.ts";
import type { Json } from "../config/config-files.ts";
import type { AttentionMatch } from "../recognise/attention-match.ts";

export type EngineModel = {
  /** As it was rewritten. */
  readonly graph: GraphProto;
  readonly attentionMatches: readonly AttentionMatch[];
  /** config.json with the new limits. */
  readonly config: Json;
  readonly capacity: number;
  /** Where the model lies in its folder. */
  readonly file: string;
};

/** Inputs that are no past keys and values, and outputs that are no present ones: by their names, types and sizes. */
export type Ports = { readonly inputs: readonly Value[]; readonly outputs: readonly Value[] };

const besides = (infos: GraphProto["input"], cached: ReadonlySet<string>): readonly Value[] =>
  infos.filter(({ name }) => !cached.has(name)).map(valueOfInfo);

export const portsOf = ({ graph, attentionMatches }: EngineModel): Ports => {
  const weights = graph.initializer.map(({ name }) => name);
  const cached = (end: "past" | "present"): readonly string[] =>
    attentionMatches.flatMap(({ [end]: { key, value } }) => [key, value]);
  const ports = {
    inputs: besides(graph.input, new Set([...weights, ...cached("past")])),
    outputs: besides(graph.output, new Set(cached("present"))),
  };
  check(
    ports.outputs.some(({ name }) => name === "logits"),
    `an engine's model must have the output "logits"`,
    ports.outputs.map(({ name }) => name).join(", "),
  );
  return ports;
};

/** Names of all layers as one, in which %d is the layer. */
export const patternOf = (names: readonly string[]): string => {
  const [first = ""] = names;
  for (const { index } of first.matchAll(/0/g)) {
    const [before, after] = [first.slice(0, index), first.slice(index + 1)];
    if (names.every((name, layer) => name === `${before}${layer}${after}`)) return `${before}%d${after}`;
  }
  return refuse(`past and present must be named by their layer for ONNX Runtime GenAI, got "${names.join('", "')}"`);
};
