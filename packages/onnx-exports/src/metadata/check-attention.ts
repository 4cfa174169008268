/** Checks how layers attend, as metadata states it: one rotation, and an entry for each layer if layers differ. */
import { check, checkInteger, checkNumber, checkOneOf } from "@ropewalk/check";
import { readRopeScaling } from "@ropewalk/context-extension";
import type { AttentionKind, DecoderRope } from "@ropewalk/context-extension";
import type { AttentionMatch } from "../recognise/attention-match.ts";
import { checkFinite, checkObject, most, where } from "./value-checks.ts";
import { layouts } from "./check-attention-match.ts";

export const checkRotation = (name: string, rope: DecoderRope, rotaryDim: number): void => {
  checkObject<DecoderRope>(name, rope, { theta: true, rotaryDim: true, layout: true, scaling: true });
  checkOneOf(where, `${name}.layout`, rope.layout, layouts);
  check(
    rope.rotaryDim === rotaryDim,
    `${where}: ${name}.rotaryDim must be that of the layers, ${rotaryDim}`,
    rope.rotaryDim,
  );
  checkNumber(where, `${name}.theta`, rope.theta, Number.isFinite(rope.theta) && rope.theta > 1, "finite and > 1");
  readRopeScaling(where, `${name}.scaling`, rope.scaling, rotaryDim);
};

const checkKind = (name: string, kind: AttentionKind, { rotaryDim }: AttentionMatch): void => {
  checkObject<AttentionKind>(name, kind, { rope: true, slidingWindow: true, scoreScale: true, softcap: true });
  const { rope, slidingWindow, scoreScale, softcap } = kind;
  if (rope !== undefined) checkRotation(`${name}.rope`, rope, rotaryDim);
  else
    check(
      rotaryDim === 0,
      `${where}: ${name}.rope must be there for a layer that rotates ${rotaryDim} dimensions`,
      rope,
    );
  if (slidingWindow !== undefined) checkInteger(where, `${name}.slidingWindow`, slidingWindow, 1, most.tokens);
  if (scoreScale !== undefined) checkFinite(`${name}.scoreScale`, scoreScale, -Infinity);
  if (softcap !== undefined) checkFinite(`${name}.softcap`, softcap, Number.MIN_VALUE);
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const checkAttention = (
  name: string,
  attention: readonly AttentionKind[],
  attentionMatches: readonly AttentionMatch[],
): void => {
  check(Array.isArray(attention), `${where}: ${name} must be a list`, attention, "object");
  check(
    attention.length === attentionMatches.length,
    `${where}: ${name} must have an entry for each of ${attentionMatches.length} sites`,
    attention.length,
  );
  attention.forEach((kind, index) => checkKind(`${name}[${index}]`, kind, attentionMatches[index]!));
};
