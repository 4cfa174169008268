/** Checks one layer's AttentionMatch that was read from metadata. */
import { byKind, check, checkInteger, checkNumber, checkOneOf, type Keys } from "@ropewalk/check";
import type { AttentionMatch, HeadNorms, Projections, HeadsTensor } from "../recognise/attention-match.ts";
import { checkFinite, checkObject, checkText, most, where } from "./value-checks.ts";

export const layouts: readonly AttentionMatch["layout"][] = ["halves", "interleaved"];
const tensorLayouts = ["rows", "heads"] as const;
const types = ["float32", "float16"] as const;

const checkTensor = (name: string, tensor: HeadsTensor): void => {
  checkObject<HeadsTensor>(name, tensor, { name: true, layout: true });
  checkText(`${name}.name`, tensor.name);
  checkOneOf(where, `${name}.layout`, tensor.layout, tensorLayouts);
};

const checkProjections = (name: string, projections: Projections): void =>
  byKind(where, name, projections, {
    packed: (packed) => {
      checkObject(name, packed, { kind: true, name: true });
      checkText(`${name}.name`, packed.name);
    },
    separate: (separate) => {
      checkObject(name, separate, { kind: true, query: true, key: true, value: true });
      for (const part of ["query", "key", "value"] as const) checkTensor(`${name}.${part}`, separate[part]);
    },
  });

const checkCache = (name: string, cache: AttentionMatch["past"]): void => {
  checkObject<AttentionMatch["past"]>(name, cache, { key: true, value: true });
  checkText(`${name}.key`, cache.key);
  checkText(`${name}.value`, cache.value);
};

const checkHeadNorms = (name: string, norms: HeadNorms): void => {
  checkObject<HeadNorms>(name, norms, { query: true, key: true, epsilon: true });
  checkText(`${name}.query`, norms.query);
  checkText(`${name}.key`, norms.key);
  checkFinite(`${name}.epsilon`, norms.epsilon, 0);
};

const attentionMatchKeys: Keys<AttentionMatch> = {
  node: true,
  projections: true,
  headNorms: true,
  past: true,
  present: true,
  output: true,
  numHeads: true,
  numKvHeads: true,
  headDim: true,
  rotaryDim: true,
  layout: true,
  scale: true,
  softcap: true,
  window: true,
  type: true,
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const checkAttentionMatch = (name: string, attentionMatch: AttentionMatch): void => {
  checkObject(name, attentionMatch, attentionMatchKeys);
  check(
    typeof attentionMatch.node === "string",
    `${where}: ${name}.node must be a name`,
    attentionMatch.node,
    "string",
  );
  checkProjections(`${name}.projections`, attentionMatch.projections);
  if (attentionMatch.headNorms !== undefined) checkHeadNorms(`${name}.headNorms`, attentionMatch.headNorms);
  checkCache(`${name}.past`, attentionMatch.past);
  checkCache(`${name}.present`, attentionMatch.present);
  checkTensor(`${name}.output`, attentionMatch.output);
  for (const size of ["numHeads", "numKvHeads", "headDim"] as const)
    checkInteger(where, `${name}.${size}`, attentionMatch[size], 1, most.size);
  checkInteger(where, `${name}.rotaryDim`, attentionMatch.rotaryDim, 0, most.size);
  check(
    attentionMatch.numHeads % attentionMatch.numKvHeads === 0,
    `${where}: ${name}.numHeads must be a multiple of numKvHeads ${attentionMatch.numKvHeads}`,
    attentionMatch.numHeads,
  );
  check(
    attentionMatch.rotaryDim % 2 === 0 && attentionMatch.rotaryDim <= attentionMatch.headDim,
    `${where}: ${name}.rotaryDim must be even and at most headDim ${attentionMatch.headDim}`,
    attentionMatch.rotaryDim,
  );
  checkOneOf(where, `${name}.layout`, attentionMatch.layout, layouts);
  checkOneOf(where, `${name}.type`, attentionMatch.type, types);
  checkNumber(where, `${name}.scale`, attentionMatch.scale, Number.isFinite(attentionMatch.scale), "finite");
  checkFinite(`${name}.softcap`, attentionMatch.softcap, 0);
  if (attentionMatch.window !== undefined) checkInteger(where, `${name}.window`, attentionMatch.window, 1, most.tokens);
};
