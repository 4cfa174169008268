/** A site as the record has it. */
import { byKind, check, checkInteger, checkNumber, checkOneOf, type Keys } from "@ropewalk/check";
import type { AttentionSite, HeadNorms, Projections, SiteTensor } from "../recognise/attention-match.ts";
import { checkFinite, checkObject, checkText, most, where } from "./value-checks.ts";

export const layouts: readonly AttentionSite["layout"][] = ["halves", "interleaved"];
const tensorLayouts = ["rows", "heads"] as const;
const types = ["float32", "float16"] as const;

const checkTensor = (name: string, tensor: SiteTensor): void => {
  checkObject<SiteTensor>(name, tensor, { name: true, layout: true });
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

const checkCache = (name: string, cache: AttentionSite["past"]): void => {
  checkObject<AttentionSite["past"]>(name, cache, { key: true, value: true });
  checkText(`${name}.key`, cache.key);
  checkText(`${name}.value`, cache.value);
};

const checkHeadNorms = (name: string, norms: HeadNorms): void => {
  checkObject<HeadNorms>(name, norms, { query: true, key: true, epsilon: true });
  checkText(`${name}.query`, norms.query);
  checkText(`${name}.key`, norms.key);
  checkFinite(`${name}.epsilon`, norms.epsilon, 0);
};

const siteKeys: Keys<AttentionSite> = {
  ...{ node: true, projections: true, headNorms: true, past: true, present: true, output: true },
  ...{ numHeads: true, numKvHeads: true, headDim: true, rotaryDim: true, layout: true },
  ...{ scale: true, softcap: true, window: true, type: true },
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const checkSite = (name: string, site: AttentionSite): void => {
  checkObject(name, site, siteKeys);
  check(typeof site.node === "string", `${where}: ${name}.node must be a name`, site.node, "string");
  checkProjections(`${name}.projections`, site.projections);
  if (site.headNorms !== undefined) checkHeadNorms(`${name}.headNorms`, site.headNorms);
  checkCache(`${name}.past`, site.past);
  checkCache(`${name}.present`, site.present);
  checkTensor(`${name}.output`, site.output);
  for (const size of ["numHeads", "numKvHeads", "headDim"] as const)
    checkInteger(where, `${name}.${size}`, site[size], 1, most.size);
  checkInteger(where, `${name}.rotaryDim`, site.rotaryDim, 0, most.size);
  check(
    site.numHeads % site.numKvHeads === 0,
    `${where}: ${name}.numHeads must be a multiple of numKvHeads ${site.numKvHeads}`,
    site.numHeads,
  );
  check(
    site.rotaryDim % 2 === 0 && site.rotaryDim <= site.headDim,
    `${where}: ${name}.rotaryDim must be even and at most headDim ${site.headDim}`,
    site.rotaryDim,
  );
  checkOneOf(where, `${name}.layout`, site.layout, layouts);
  checkOneOf(where, `${name}.type`, site.type, types);
  checkNumber(where, `${name}.scale`, site.scale, Number.isFinite(site.scale), "finite");
  checkFinite(`${name}.softcap`, site.softcap, 0);
  if (site.window !== undefined) checkInteger(where, `${name}.window`, site.window, 1, most.tokens);
};
