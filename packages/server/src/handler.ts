/** A fetch handler that speaks OpenAI's wire format. */
import { check, checkConfig, checkFunction, number, optional, whole, type Keys } from "@ropewalk/check";
import { createMetrics } from "./metrics.ts";
import { servedModels, type Served, type ServedModels } from "./models.ts";
import { routeFor, routeOf, type Answer, type Serving } from "./routes.ts";
import { errorResponse, innerError, isWireError, wireError } from "./wire/error.ts";
import { keyCheck } from "./wire/api-key.ts";

export type HandlerConfig = {
  /** By the names that requests give them; a list is one model in several workers. */
  readonly models: ServedModels;
  /** Requests show it, or one of them, as `authorization: Bearer …`. Absent: everybody may ask. */
  readonly apiKey?: string | readonly string[];
  /** Requests to a model that may wait, beside those that run. Default 64. */
  readonly queue?: number;
  /** Bytes of what was read and is kept for later requests, at most, by all models together; 0: nothing is. Default 1 GiB. */
  readonly cacheBytes?: number;
  /** Bytes of a body, at most. Default 4 MiB. */
  readonly maxBodyBytes?: number;
  /** Tokens of an answer, at most. Absent: what the model has room for. */
  readonly maxNewTokens?: number;
  /** Milliseconds after which a client that reads nothing of its answer is left. Default 60,000. */
  readonly stallTimeout?: number;
  /** Told of what failed here; a client is not told why. Default `console.error`. */
  readonly onError?: (error: unknown) => void;
};

export type Handler = {
  /** Answers a request, and never throws. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Ends every run. The models stay the caller's. */
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
      // A key is told to nobody.
      typeof value,
    ),
  queue: optional(whole),
  cacheBytes: optional(whole),
  maxBodyBytes: aboveZero,
  maxNewTokens: aboveZero,
  stallTimeout: aboveZero,
  onError: optional(checkFunction),
};

/** What people write after other servers. */
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

/** When its last run has ended, what it has read goes. */
const letGo = async ({ places, runners }: Served): Promise<void> => {
  await places.empty();
  for (const { pool } of runners) await pool.clear();
};

const gone = new Error("handler: the client has gone");

const closing = (): Response => errorResponse(wireError(503, "The server is closing.", { code: "closing" }));

/** @throws TypeError and RangeError that name the key of the configuration, its rule and its value */
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
  const models = servedModels(given, { queue, cacheBytes });
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
    // There is nobody to tell.
    if (aborted && reason === gone) return new Response(null, { status: 499 });
    if (aborted) return closing();
    if (isWireError(error)) return errorResponse(error);
    onError(error);
    return errorResponse(innerError());
  };
  /** The answer, and when all of its work is done. */
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
      await Promise.all([...models.values()].map(letGo));
    },
  };
};
