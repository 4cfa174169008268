/** Reads, extends, saves, opens and releases prefixes in the worker. */
import { receivedPath } from "../sent-path.ts";
import { heldPrefix, modelOf, once, optionsOf, prefixOf, type Handlers } from "./held.ts";

export const prefixHandlers: Handlers = {
  read: once(async (call) => heldPrefix(call, await modelOf(call).read(call.args[1]!, optionsOf(call, "read", 2)))),
  extend: once(async (call) => {
    const prefix = prefixOf(call, "extend", "the prefix", call.args[1]!);
    return heldPrefix(call, await prefix.extend(call.args[2]!, optionsOf(call, "extend", 3)));
  }),
  openPrefix: once(async (call) =>
    heldPrefix(call, await modelOf(call).open(receivedPath(call.args[1]!), optionsOf(call, "open", 2))),
  ),
  savePrefix: once((call) => {
    const prefix = prefixOf(call, "save", "the prefix", call.args[1]!);
    return prefix.save(receivedPath(call.args[2]!), optionsOf(call, "save", 3));
  }),
  releasePrefix: once((call) => {
    call.held.prefixes.get(call.args[1]!)?.release();
    call.held.prefixes.delete(call.args[1]!);
  }),
  prefixBytes: once((call) => {
    const ids = call.args[1]! as readonly number[];
    return modelOf(call).prefixBytes(ids.map((id) => prefixOf(call, "prefixBytes", "every prefix", id)));
  }),
};
