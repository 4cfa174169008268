export { attentionOutputs, type Attentions } from "@ropewalk/decoder";
export { extendConfigs, type ConfigOptions, type ExtendedConfigs } from "./extend-configs.ts";
export { extendExport, tablePlaces, type ExtendOptions, type ExtendedExport } from "./extend-export.ts";
export { engines, type Engine } from "./engines/index.ts";
export { exportNames, loadExport, type ExportedDecoder } from "./load-export.ts";
export type { TablePlace, TableRows } from "./rotary-tables.ts";
export { runtimes, type Runtime } from "./runtime.ts";
