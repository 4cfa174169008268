/** Checks the options `lookup` and `draft`. */
import { checkKeys, optional, positive, show, type Rule } from "@ropewalk/check";
import type { DraftOptions } from "./draft.ts";
import type { LookupOptions } from "./lookup.ts";

export const checkLookup: Rule = (where, name, value) => {
  if (value !== undefined)
    checkKeys<LookupOptions>(where, name, value as LookupOptions, {
      match: optional(positive),
      draft: optional(positive),
    });
};

const aModel: Rule = (where, name, value) => {
  const { session, extended, generateTokens } = { ...(value as Partial<DraftOptions["model"]> | undefined) };
  if (session === undefined || extended === undefined || generateTokens === undefined)
    throw new TypeError(`${where}: ${name} must be a model that loadModel gave, got ${show(value)}`);
};

export const checkDraft: Rule = (where, name, value) => {
  if (value !== undefined)
    checkKeys<DraftOptions>(where, name, value as DraftOptions, { model: aModel, tokens: optional(positive) });
};
