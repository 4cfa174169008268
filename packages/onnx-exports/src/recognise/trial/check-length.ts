/**
 * Checks the lengths and positions that operators take, by trying them. For a prompt without padding, of P past and C new tokens:
 *
 *     total   P + C
 *     last    P + C - 1                        the place of the last token
 *     past    P
 *     places  P, P + 1, …, P + C - 1           or P alone, for operators that count on from it
 */
import type { NdArray, NodeProto } from "@ropewalk/graph";
import { check, refuse } from "../../errors.ts";
import { evaluateFor, trialInputs, type Trial } from "./evaluate-value.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";

export type RuleName = "total" | "last" | "past" | "places";

type Rule = {
  readonly what: string;
  readonly holds: (got: NdArray, trial: Trial) => boolean;
};

const isOne = (wanted: (trial: Trial) => number) => (got: NdArray, trial: Trial) =>
  got.data.length === 1 && got.data[0] === wanted(trial);

const rules: Readonly<Record<RuleName, Rule>> = {
  total: { what: "the number of past and new tokens", holds: isOne(({ pastLen, queryLen }) => pastLen + queryLen) },
  last: { what: "the place of the last token", holds: isOne(({ pastLen, queryLen }) => pastLen + queryLen - 1) },
  past: { what: "the number of past tokens", holds: isOne(({ pastLen }) => pastLen) },
  places: {
    what: "the places of the new tokens",
    holds: (got, { pastLen, queryLen }) =>
      (got.data.length === queryLen || got.data.length === 1) && got.data.every((place, c) => place === pastLen + c),
  },
};

/** The input that lengths are counted from. */
const mask = "attention_mask";

/** A prompt, a prompt behind a past, a decode step, and a long past. */
const trials: readonly Trial[] = [
  { pastLen: 0, queryLen: 3 },
  { pastLen: 4, queryLen: 3 },
  { pastLen: 5, queryLen: 1 },
  { pastLen: 1000, queryLen: 2 },
];

/**
 * Checks that a value follows the rule that the node's operator assumes.
 *
 * @throws RangeError that names the node, the rule and the value that was computed
 */
export const checkLength = (view: ExportView, node: NodeProto, rule: RuleName, name: string): void => {
  const { what, holds } = rules[rule];
  const wrong = view.once(`${rule} ${name}`, () =>
    trials.flatMap((trial) => {
      const got = evaluateFor(view, { node, name, what: `what stands for ${what},` }, trialInputs(view, trial));
      const { pastLen, queryLen } = trial;
      return holds(got, trial)
        ? []
        : [`[${got.data.slice(0, 8).join(", ")}] at "${name}" for ${pastLen} past and ${queryLen} new ones`];
    }),
  );
  if (wrong.length === 0) return;
  check(view.inputs.has(mask), `a model must have the input "${mask}"`, [...view.inputs.keys()]);
  refuse(`${describeNode(node)} must be given ${what}, got ${wrong[0]}`);
};
