/** The routes: one row for each path and method. */
import { chatForm, completionForm, type Form, type Writing } from "./answer/forms.ts";
import type { Pieces } from "./answer/pieces.ts";
import { chunksOf, wholeOf } from "./answer/chunks.ts";
import { chatJob, completionJob, type Job } from "./body/job.ts";
import { readBody } from "./body/read-body.ts";
import { chatSchema, completionSchema, type AnswerBody, type BodySchema } from "./body/schema.ts";
import type { Metrics } from "./metrics.ts";
import { modelNamed, modelObject, type Runner, type Served } from "./models.ts";
import { isQueueFull, type Slot, type RunQueue } from "./run-queue.ts";
import { runIn } from "./answer/run-in-slot.ts";
import { wireError, type WireError } from "./wire/error.ts";
import { readJson } from "./wire/read-json.ts";
import { eventHeaders, eventStream, type Events } from "./wire/event-stream.ts";

/** The server's state and limits, which all requests share. */
export type Serving = {
  readonly models: ReadonlyMap<string, Served>;
  readonly metrics: Metrics;
  readonly created: number;
  readonly maxBodyBytes: number;
  readonly maxNewTokens: number | undefined;
  readonly stallTimeout: number;
  readonly onError: (error: unknown) => void;
};

export type Route = {
  /** Present where no API key is needed. */
  readonly isOpen?: true;
  /** @param signal - aborted when the client has gone, or the handler is closed */
  readonly answer: (serving: Serving, request: Request, signal: AbortSignal) => Promise<Answer>;
};

export type Answer = {
  readonly response: Response;
  /** For a stream: settles when its run has ended. */
  readonly ended?: Promise<void>;
};

/** The longest silence in a stream, in milliseconds. */
const quietInterval = 10_000;

const tooMany = (retryAfter: number): WireError =>
  wireError(429, "As many requests wait as may; try again later.", {
    type: "rate_limit_error",
    code: "queue_full",
    headers: { "retry-after": `${retryAfter}` },
  });

/** @throws WireError 429 instead of QueueFull */
const orTooMany = <Result>(act: () => Result): Result => {
  try {
    return act();
  } catch (error) {
    throw isQueueFull(error) ? tooMany(error.retryAfter) : error;
  }
};

/** Refuses a request before its body is read, if the queues of all models are full. */
const checkAnyRoom = ({ models }: Serving): void => {
  const all = [...models.values()];
  if (all.every(({ queue }) => queue.isFull())) orTooMany(all[0]!.queue.check);
};

/** Waits for a slot. Among the free models it takes the one that has read the most tokens of the prompts. */
const enter = (queue: RunQueue<Runner>, { prompts }: Job, signal: AbortSignal): Promise<Slot<Runner>> => {
  const known = ({ pool }: Runner): number => prompts.reduce((sum, { ids }) => sum + pool.known(ids), 0);
  const choose = (free: readonly Runner[]): Runner =>
    free.length === 1 ? free[0]! : free.reduce((best, each) => (known(each) > known(best) ? each : best));
  return orTooMany(() => queue.enter(choose, signal));
};

type Kind<Body extends AnswerBody> = {
  readonly schema: BodySchema<Body>;
  readonly form: Form;
  readonly job: (served: Served, body: Body, most: number | undefined) => Job;
};

const generating =
  <Body extends AnswerBody>({ schema, form, job: jobOf }: Kind<Body>): Route["answer"] =>
  async (serving, request, signal) => {
    const begun = performance.now();
    const { models, metrics, maxBodyBytes, maxNewTokens, stallTimeout, onError } = serving;
    checkAnyRoom(serving);
    const body = readBody(await readJson(request, maxBodyBytes), schema);
    const served = modelNamed(models, body.model);
    const { queue, name } = served;
    // Checked before encoding, which takes time for long texts.
    orTooMany(queue.check);
    const job = jobOf(served, body, maxNewTokens);
    const head = { id: form.newId(), created: Math.floor(Date.now() / 1000), model: name };
    const writing: Writing = { head, codec: job.logprobs === undefined ? undefined : served.model.text };
    const run = (entering: Promise<Slot<Runner>>, stop: AbortSignal): Pieces =>
      runIn({ served, metrics, begun, onError }, entering, job, stop);
    if (body.stream !== true) {
      const pieces = run(enter(queue, job, signal), signal);
      return { response: Response.json(await wholeOf({ form, writing }, pieces)) };
    }
    const withUsage = body.stream_options?.include_usage === true;
    // A full queue is refused here, with its own status. Once a stream has begun, the status is sent already.
    const waiting = new AbortController();
    const entering = enter(queue, job, waiting.signal);
    const events: Events = (stop) => {
      stop.addEventListener("abort", () => waiting.abort(stop.reason), { once: true });
      return chunksOf({ form, writing, withUsage }, run(entering, stop));
    };
    const stream = eventStream(events, { signal, stallTimeout, quietInterval, onError });
    return { response: new Response(stream.body, { headers: eventHeaders }), ended: stream.ended };
  };

const json =
  (of: (serving: Serving) => object): Route["answer"] =>
  async (serving) => ({ response: Response.json(of(serving)) });

const modelPath = /^\/v1\/models\/(.+)$/;

/** A decoded name; the name itself if its escapes are broken. */
const decoded = (name: string): string => {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
};

const oneModel: Route["answer"] = async ({ models, created }, request) => {
  const [, name] = modelPath.exec(new URL(request.url).pathname)!;
  return { response: Response.json(modelObject(modelNamed(models, decoded(name!)), created)) };
};

type Methods = Readonly<Record<string, Route>>;

const routes: Readonly<Record<string, Methods>> = {
  "/v1/chat/completions": {
    POST: { answer: generating({ schema: chatSchema, form: chatForm, job: chatJob }) },
  },
  "/v1/completions": {
    POST: { answer: generating({ schema: completionSchema, form: completionForm, job: completionJob }) },
  },
  "/v1/models": {
    GET: {
      answer: json(({ models, created }) => ({
        object: "list",
        data: [...models.values()].map((served) => modelObject(served, created)),
      })),
    },
  },
  "/v1/models/{model}": { GET: { answer: oneModel } },
  "/health": {
    GET: {
      isOpen: true,
      answer: json(({ models }) => ({
        status: "ok",
        models: Object.fromEntries(
          [...models].map(([name, { queue }]) => [name, { running: queue.running(), waiting: queue.waiting() }]),
        ),
      })),
    },
  },
  "/metrics": { GET: { answer: async ({ metrics }) => ({ response: await metrics.text() }) } },
};

/** The route of a path, as metrics count it. All unknown paths count as one. */
export const routeOf = (path: string): string => {
  if (Object.hasOwn(routes, path)) return path;
  return modelPath.test(path) ? "/v1/models/{model}" : "unknown";
};

/** @throws WireError 404 for an unknown path, 405 for a method that the path does not have */
export const routeFor = (method: string, path: string): Route => {
  const methods = routes[routeOf(path)];
  if (methods === undefined) throw wireError(404, `There is nothing at ${path}.`, { code: "unknown_url" });
  const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (route !== undefined) return route;
  const allowed = Object.keys(methods).join(", ");
  throw wireError(405, `The method must be ${allowed} at ${path}, got ${method}.`, {
    code: "method_not_allowed",
    headers: { allow: allowed },
  });
};
