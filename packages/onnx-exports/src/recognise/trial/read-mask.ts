/**
 * Finds which keys a query sees, by running the nodes that make the mask. A mask is added to scores, or is true for a key that is
 * seen. For a prompt without padding it must be causal, with a window or without:
 *
 *     seen(c, t) = t <= pastLen + c  and  pastLen + c - t < window
 */
import type { NdArray, NodeProto } from "@ropewalk/graph";
import { check, refuse } from "../../errors.ts";
import { evaluateFor, trialInputs, type Trial } from "./evaluate-value.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";
import type { LayerFacts } from "../layer-facts.ts";

const queryLen = 3;

/** A past that is long enough to show a window: a little longer than the one in config.json. */
const pastLenFor = ({ slidingWindow }: LayerFacts): number =>
  Math.min(2 ** 18, Math.max(1024, (slidingWindow() ?? 0) + 5));

const seen = (mask: NdArray, at: number): boolean =>
  mask.type === "bool" ? mask.data[at] !== 0 : mask.data[at]! > -1000;

/** The window of a mask; undefined if a query sees all keys before it. */
export const readMask = (view: ExportView, node: NodeProto, name: string, facts: LayerFacts): number | undefined =>
  view.once(`mask ${name}`, () => tryMask(view, node, name, facts));

/** Refuses a mask that changes the scores of keys that are seen, such as a bias that grows with the distance. */
const checkAddsNothing = (node: NodeProto, name: string, mask: NdArray): void => {
  if (mask.type === "bool") return;
  const bias = mask.data.find((element, at) => seen(mask, at) && element !== 0);
  if (bias !== undefined)
    refuse(`${describeNode(node)}: the mask "${name}" must add 0 to the scores of keys that are seen, got ${bias}`);
};

const tryMask = (view: ExportView, node: NodeProto, name: string, facts: LayerFacts): number | undefined => {
  const pastLen = pastLenFor(facts);
  const window = tryLength(view, node, name, { pastLen, queryLen });
  // The first chunk of a prompt has no past.
  tryLength(view, node, name, { pastLen: 0, queryLen }, window ?? Infinity);
  return window;
};

/** The window of a mask for one length, or a check that it is the wanted one. */
const tryLength = (
  view: ExportView,
  node: NodeProto,
  name: string,
  trial: Trial,
  wanted?: number,
): number | undefined => {
  const { pastLen } = trial;
  const totalLen = pastLen + queryLen;
  const mask = evaluateFor(view, { node, name, what: "the mask" }, trialInputs(view, trial));
  const size = queryLen * totalLen;
  check(
    mask.data.length > 0 && mask.data.length % size === 0,
    `${describeNode(node)}: the mask "${name}" must have ${queryLen} rows of ${totalLen} keys`,
    `[${mask.dims.join(",")}]`,
  );
  checkAddsNothing(node, name, mask);
  const last = Array.from({ length: totalLen }, (_, t) => seen(mask, (queryLen - 1) * totalLen + t));
  const count = last.filter(Boolean).length;
  const window = wanted ?? (count === totalLen ? Infinity : count);
  // Heads may have masks of their own: all are compared.
  for (let at = 0; at < mask.data.length; at++) {
    const [c, t] = [Math.floor(at / totalLen) % queryLen, at % totalLen];
    const distance = pastLen + c - t;
    if (seen(mask, at) !== (distance >= 0 && distance < window))
      refuse(
        `${describeNode(node)} must have a causal mask, with a window or without, got "${name}", where the query at ${pastLen + c} ` +
          `${distance < 0 ? "sees" : "does not fit a window at"} the key at ${t}`,
      );
  }
  return window === Infinity ? undefined : window;
};
