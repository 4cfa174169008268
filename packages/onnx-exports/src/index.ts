export { attentionOutputs, type Attentions } from "@ropewalk/decoder";
export { engines, type Engine } from "./engines/index.ts";
export { extendConfigs, type ConfigOptions, type ExtendedConfigs } from "./extend/extend-configs.ts";
export { extendExport, tablePlaces, type ExtendedExport } from "./extend/extend-export.ts";
export type { ExtendOptions } from "./extend/extend-options.ts";
export { exportNames } from "./folder/export-files.ts";
export { loadExport, type ExportedDecoder } from "./folder/load-export.ts";
export type { TablePlace, TableRows } from "./recognise/rotation/table-rows.ts";
export { runtimes, type Runtime } from "./rewrite/runtime.ts";
