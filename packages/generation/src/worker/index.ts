/** Models in a worker: `serveModels` inside it, `connectWorker` outside. */
export {
  connectWorker,
  type AdapterAsked,
  type OwnSource,
  type WorkerConnection,
  type WorkerLoadOptions,
  type WorkerOpened,
  type WorkerSource,
} from "./connect.ts";
export type { WorkerChat } from "./chat.ts";
export type { WorkerLike } from "./endpoint.ts";
export type { WorkerCache, WorkerModel, WorkerPrefix } from "./model.ts";
export { serveModels, type ServeConfig } from "./serve.ts";
export type { BackendChoice, BackendFacts, SourceFacts } from "./wire.ts";
export type { Backends, OpenOwn } from "./works.ts";
