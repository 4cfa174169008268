/** Runs models in the worker: text, tokens, logits and attention. */
import type { Prefix } from "../../prefix/prefix.ts";
import { heldPrefix, modelOf, once, optionsOf, type Call, type Handlers } from "./held.ts";

/** The call with an `onPrefix` that keeps the prefix here and sends its facts outside. */
const tellingFacts = (call: Call): Call => {
  const { onPrefix, ...listeners } = call.listeners;
  if (onPrefix === undefined) return call;
  const tell = (prefix: Prefix): void => call.tell("onPrefix", heldPrefix(call, prefix));
  return { ...call, listeners: { ...listeners, onPrefix: tell } };
};

/** Copies for the caller: the runtime may use its own memory again before they are sent. */
const copies = (values: readonly unknown[]): readonly unknown[] => values.map((value) => structuredClone(value));

export const runHandlers: Handlers = {
  generate: (call) => modelOf(call).generate(call.args[1]!, optionsOf(tellingFacts(call), "generate", 2)),
  generateTokens: (call) => modelOf(call).generateTokens(call.args[1]!, optionsOf(tellingFacts(call), "generate", 2)),
  logits: once((call) => modelOf(call).logits(call.args[1]!, optionsOf(call, "logits", 2))),
  visitLogits: once((call) => {
    const visit = (...rows: readonly unknown[]): void => call.tell("visit", ...copies(rows));
    return modelOf(call).visitLogits(call.args[1]!, visit, optionsOf(call, "logits", 2));
  }),
  attentions: once((call) => modelOf(call).attentions(call.args[1]!, optionsOf(call, "attentions", 2))),
  visitAttentions: once((call) => {
    const visit = (...chunk: readonly unknown[]): void => call.tell("visit", ...copies(chunk));
    return modelOf(call).visitAttentions(call.args[1]!, visit, optionsOf(call, "visitAttentions", 2));
  }),
};
