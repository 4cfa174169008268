/** The parts of a portable model that the files of engines state: its inputs and outputs, and the names of its cache. */
import { valueOfInfo, type GraphProto, type Value } from "@ropewalk/graph";
import { check, refuse } from "../errors.ts";
import type { Json } from "../config/config-files.ts";
import type { AttentionMatch } from "../recognise/attention-match.ts";

export type EngineModel = {
  /** The rewritten graph. */
  readonly graph: GraphProto;
  readonly attentionMatches: readonly AttentionMatch[];
  /** config.json with the new limits. */
  readonly config: Json;
  readonly capacity: number;
  /** The place of the model in its folder. */
  readonly file: string;
};

/** The inputs and outputs of a graph without those of its cache. */
export type Ports = { readonly inputs: readonly Value[]; readonly outputs: readonly Value[] };

const valuesWithout = (infos: GraphProto["input"], cached: ReadonlySet<string>): readonly Value[] =>
  infos.filter(({ name }) => !cached.has(name)).map(valueOfInfo);

export const portsOf = ({ graph, attentionMatches }: EngineModel): Ports => {
  const weights = graph.initializer.map(({ name }) => name);
  const cached = (end: "past" | "present"): readonly string[] =>
    attentionMatches.flatMap(({ [end]: { key, value } }) => [key, value]);
  const ports = {
    inputs: valuesWithout(graph.input, new Set([...weights, ...cached("past")])),
    outputs: valuesWithout(graph.output, new Set(cached("present"))),
  };
  check(
    ports.outputs.some(({ name }) => name === "logits"),
    `an engine's model must have the output "logits"`,
    ports.outputs.map(({ name }) => name).join(", "),
  );
  return ports;
};

/**
 * The pattern of the names of all layers, in which %d stands for the layer's number.
 *
 * @throws RangeError when the names follow no pattern
 */
export const patternOf = (names: readonly string[]): string => {
  const [first = ""] = names;
  for (const { index } of first.matchAll(/0/g)) {
    const [before, after] = [first.slice(0, index), first.slice(index + 1)];
    if (names.every((name, layer) => name === `${before}${layer}${after}`)) return `${before}%d${after}`;
  }
  return refuse(`past and present must be named by their layer for ONNX Runtime GenAI, got "${names.join('", "')}"`);
};
