export { attentionOutputs, type Attentions } from "@ropewalk/decoder";
export { extendConfigs, type ConfigOptions, type ExtendedConfigs } from "./config/extend-configs.ts";
export { extendExport, tablePlaces, type ExtendOptions, type ExtendedExport } from "./extend-export.ts";
export { engines, type Engine } from "./engines/index.ts";
export { exportNames, loadExport, type ExportedDecoder } from "./folder/load-export.ts";
export type { TablePlace, TableRows } from "./recognise/rotation/table-rows.ts";
export { runtimes, type Runtime } from "./rewrite/runtime.ts";
