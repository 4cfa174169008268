/** A fetch handler that speaks OpenAI's wire format. */
import { check, checkConfig, checkFunction, number, optional, whole, type Keys } from "@ropewalk/check";
import { createMetrics } from "./metrics.ts";
import { servedModels, type Served, type ServedModels } from "./models.ts";
import { routeFor, routeOf, type Answer, type Serving } from "./routes.ts";
import { errorResponse, innerError, isWireError, wireError } from "./wire/error.ts";
import { keyCheck } from "./wire/api-key.ts";

export type HandlerConfig = {
  /** The models by the names that requests use. A list is one model in several workers. */
  readonly models: ServedModels;
  /** The key, or several, of which a request must show one as `authorization: Bearer …`. Absent: no key is needed. */
  readonly apiKey?: string | readonly string[];
  /** How many requests may wait for a model, beside those that run. Default 64. */
  readonly queue?: number;
  /** The most bytes of prefixes that all models together keep for later requests; 0: none are kept. Default 1 GiB. */
  readonly cacheBytes?: number;
  /** The most bytes of a body. Default 4 MiB. */
  readonly maxBodyBytes?: number;
  /** The most tokens of an answer. Absent: what the model has room for. */
  readonly maxNewTokens?: number;
  /** Milliseconds after which the run of a client that reads nothing is ended. Default 60,000. */
  readonly stallTimeout?: number;
  /** Called with errors of the server itself, whose reason clients do not see. Default `console.error`. */
  readonly onError?: (error: unknown) => void;
};

export type Handler = {
  /** Answers a request, and never throws. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Ends every run. The caller still has to release the models. */
  readonly close: () => Promise<void>;
};

const aboveZero = optional(number("a positive integer", (value) => Number.isInteger(value) && value > 0));

const isKey = (key: unknown): boolean => typeof key === "string" && key.trim() !== "";

const keys: Keys<HandlerConfig> = {
  models: true,
  apiKey: (where, name, value) =>
    check(
      value === undefined || isKey(value) || (Array.isArray(value) && value.length > 0 && value.every(isKey)),
      `${where}: ${name} must be text that is not empty, or a list of such`,
      // Only the type, so that no key gets into an error message.
      typeof value,
    ),
  queue: optional(whole),
  cacheBytes: optional(whole),
  maxBodyBytes: aboveZero,
  maxNewTokens: aboveZero,
  stallTimeout: aboveZero,
  onError: optional(checkFunction),
};

/** Names of these keys in other servers. */
const meant = {
  cache: "cacheBytes",
  model: "models",
  key: "apiKey",
  api_key: "apiKey",
  apiKeys: "apiKey",
  maxTokens: "maxNewTokens",
  bodyLimit: "maxBodyBytes",
  timeout: "stallTimeout",
};

/** Waits for the last run, and then releases the prefixes. */
const releasePrefixes = async ({ queue, runners }: Served): Promise<void> => {
  await queue.empty();
  for (const { pool } of runners) await pool.clear();
};

const gone = new Error("handler: the client has gone");

const closing = (): Response => errorResponse(wireError(503, "The server is closing.", { code: "closing" }));

/**
 * A fetch handler for these models.
 *
 * @throws TypeError and RangeError that name the key of the configuration, its rule and its value
 */
export const createHandler = (config: HandlerConfig): Handler => {
  const {
    models: given,
    apiKey = [],
    queue = 64,
    cacheBytes = 2 ** 30,
    maxBodyBytes = 1 << 22,
    maxNewTokens,
    stallTimeout = 60_000,
    onError = (error: unknown) => console.error(error),
  } = checkConfig("createHandler", config, keys, meant);
  const models = servedModels(given, { maxWaiting: queue, cacheBytes });
  const checkKey = keyCheck(typeof apiKey === "string" ? [apiKey] : apiKey);
  const metrics = createMetrics(models);
  const created = Math.floor(Date.now() / 1000);
  const serving: Serving = { models, metrics, created, maxBodyBytes, maxNewTokens, stallTimeout, onError };
  const running = new Map<AbortController, Promise<unknown>>();
  let isClosed = false;

  const answer = async (request: Request, path: string, stop: AbortController): Promise<Answer> => {
    const route = routeFor(request.method, path);
    if (route.isOpen !== true) await checkKey(request);
    return route.answer(serving, request, stop.signal);
  };
  const failed = (error: unknown, { aborted, reason }: AbortSignal): Response => {
    // The client has gone, so nobody reads this response.
    if (aborted && reason === gone) return new Response(null, { status: 499 });
    if (aborted) return closing();
    if (isWireError(error)) return errorResponse(error);
    onError(error);
    return errorResponse(innerError());
  };
  /** The answer to a request, also when it fails. */
  const start = async (request: Request, path: string, stop: AbortController): Promise<Answer> => {
    try {
      return await answer(request, path, stop);
    } catch (error) {
      return { response: failed(error, stop.signal) };
    }
  };
  return {
    fetch: async (request) => {
      const path = new URL(request.url).pathname;
      if (isClosed) return closing();
      const stop = new AbortController();
      const leave = (): void => stop.abort(gone);
      if (request.signal.aborted) leave();
      request.signal.addEventListener("abort", leave, { once: true });
      const starting = start(request, path, stop);
      const work = starting.then(({ ended }) => ended);
      running.set(stop, work);
      void work.then(() => running.delete(stop));
      const { response } = await starting;
      metrics.answered(routeOf(path), response.status);
      return response;
    },
    close: async () => {
      isClosed = true;
      for (const stop of running.keys()) stop.abort(new Error("handler: it was closed"));
      await Promise.all(running.values());
      await Promise.all([...models.values()].map(releasePrefixes));
    },
  };
};
