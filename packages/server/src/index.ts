export { createHandler, type Handler, type HandlerConfig } from "./handler.ts";
export type { ServedModel, ServedModels, ServedPrefix } from "./models.ts";
