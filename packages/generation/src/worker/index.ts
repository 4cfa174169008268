/** Models in a worker: `serveModels` inside it, `connectWorker` outside. */
export {
  connectWorker,
  type AdapterAsked,
  type OwnSource,
  type WorkerConnection,
  type WorkerLoadOptions,
  type WorkerOpened,
  type WorkerSource,
} from "./outside/connect-worker.ts";
export type { WorkerChat } from "./outside/worker-chat.ts";
export type { WorkerLike } from "./endpoint.ts";
export type { WorkerCache, WorkerModel, WorkerPrefix } from "./outside/worker-model.ts";
export { serveModels, type ServeConfig } from "./inside/serve-models.ts";
export type { BackendChoice, BackendFacts, SourceFacts } from "./wire.ts";
export type { Backends, OpenOwn } from "./inside/held.ts";
