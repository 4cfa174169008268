/** Models in a worker: `serveModels` inside it, `connectWorker` outside. */
export {
  connectWorker,
  type AdapterAsked,
  type OwnSource,
  type WorkerConnection,
  type WorkerLoadOptions,
  type WorkerOpened,
  type WorkerSource,
} from "./outside/connect.ts";
export type { WorkerChat } from "./outside/chat.ts";
export type { WorkerLike } from "./endpoint.ts";
export type { WorkerCache, WorkerModel, WorkerPrefix } from "./outside/model.ts";
export { serveModels, type ServeConfig } from "./inside/serve.ts";
export type { BackendChoice, BackendFacts, SourceFacts } from "./wire.ts";
export type { Backends, OpenOwn } from "./inside/works.ts";
