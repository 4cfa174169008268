/**
 * Which keys a query sees, by trying the mask that a graph makes: added to scores, or true where a key is seen. For a prompt
 * without padding it must be causal, with a window or without:
 *
 *     seen(c, t) = t <= pastLen + c  and  pastLen + c - t < window
 */
import type { NdArray, NodeProto } from "@ropewalk/graph";
import { check, refuse } from "../check.ts";
import { evaluateValue, trialInputs } from "../evaluate-value.ts";
import { nameOf, type GraphView } from "../graph-view.ts";
import type { ModelFacts } from "./form.ts";

const queryLen = 3;

/** Enough past that a window shows; where config.json states one, a little more than that. */
const pastLenFor = ({ slidingWindow = 0 }: ModelFacts): number => Math.min(2 ** 18, Math.max(1024, slidingWindow + 5));

const seen = (mask: NdArray, at: number): boolean =>
  mask.type === "bool" ? mask.data[at] !== 0 : mask.data[at]! > -1000;

/** The window of a mask; undefined when a query sees all keys before it. */
export const readMask = (view: GraphView, node: NodeProto, name: string, facts: ModelFacts): number | undefined =>
  view.once(`mask ${name}`, () => tryMask(view, node, name, facts));

const tryMask = (view: GraphView, node: NodeProto, name: string, facts: ModelFacts): number | undefined => {
  const pastLen = pastLenFor(facts);
  const totalLen = pastLen + queryLen;
  const tried = (): NdArray => {
    try {
      return evaluateValue(view, name, trialInputs(view, { pastLen, queryLen }));
    } catch (cause) {
      return refuse(`${nameOf(node)}: the mask "${name}" is not understood (${(cause as Error).message})`);
    }
  };
  const mask = tried();
  const size = queryLen * totalLen;
  check(
    mask.data.length > 0 && mask.data.length % size === 0,
    `${nameOf(node)}: the mask "${name}" must have ${queryLen} rows of ${totalLen} keys`,
    `[${mask.dims.join(",")}]`,
  );
  const last = Array.from({ length: totalLen }, (_, t) => seen(mask, (queryLen - 1) * totalLen + t));
  const count = last.filter(Boolean).length;
  const window = count === totalLen ? Infinity : count;
  // For every head, where heads have masks of their own.
  for (let at = 0; at < mask.data.length; at++) {
    const [c, t] = [Math.floor(at / totalLen) % queryLen, at % totalLen];
    const distance = pastLen + c - t;
    if (seen(mask, at) !== (distance >= 0 && distance < window))
      refuse(
        `${nameOf(node)} must have a causal mask, with a window or without, got "${name}", where the query at ${pastLen + c} ` +
          `${distance < 0 ? "sees" : "does not fit a window at"} the key at ${t}`,
      );
  }
  return window === Infinity ? undefined : window;
};
