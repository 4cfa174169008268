/** Attention weights, or their entropies, as further outputs of a graph, layer by layer. */
import { attentionEntropies, attentionMaps, type Measure } from "@ropewalk/attention-merge/onnx";
import { checkInteger, checkKeys, checkList, oneOf, type Rule } from "@ropewalk/check";

/** `maps`: the weight of every pair of query and key. `entropies`: one number for each query, the entropy of its weights in nats. */
export const attentionOutputs = ["maps", "entropies"] as const;

export type Attentions = (typeof attentionOutputs)[number];

/** Which of the two outputs is asked for, and of which layers. */
export type AskedAttentions = { readonly what: Attentions; readonly layers: readonly number[] };

/** The rule for a list of a model's layers, counted from 0, each named once. */
export const someLayers =
  (numLayers: number): Rule =>
  (where, name, value) => {
    checkList(where, name, value);
    const layers = value as readonly number[];
    layers.forEach((layer, at) => checkInteger(where, `${name}[${at}]`, layer, 0, numLayers - 1));
    const twice = layers.find((layer, at) => layers.indexOf(layer) < at);
    if (twice !== undefined) throw new RangeError(`${where}: ${name} must name a layer once, got ${twice} twice`);
  };

/** @throws TypeError for an unknown key or a wrong type, RangeError for an unknown value or a layer that does not exist */
export const checkAttentions = (where: string, asked: AskedAttentions, numLayers: number): void => {
  checkKeys<AskedAttentions>(where, "attentions", asked, {
    what: oneOf(attentionOutputs),
    layers: someLayers(numLayers),
  });
};

const measures: Readonly<Record<Attentions, Measure>> = { maps: attentionMaps, entropies: attentionEntropies };

/** The measure that is asked for in a layer; undefined if there is none. */
export const measureOf = (asked: AskedAttentions | undefined, layer: number): Measure | undefined =>
  asked?.layers.includes(layer) ? measures[asked.what] : undefined;
