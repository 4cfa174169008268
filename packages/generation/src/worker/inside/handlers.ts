/** How each kind of call from outside is done, a row a name. */
import { cacheHandlers } from "./cache-handlers.ts";
import { chatHandlers } from "./chat-handlers.ts";
import type { Handlers } from "./held.ts";
import { loadHandlers } from "./load-handlers.ts";
import { prefixHandlers } from "./prefix-handlers.ts";
import { runHandlers } from "./run-handlers.ts";

export const handlers: Handlers = {
  ...loadHandlers,
  ...runHandlers,
  ...prefixHandlers,
  ...chatHandlers,
  ...cacheHandlers,
};
