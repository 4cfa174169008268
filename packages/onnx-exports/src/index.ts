export { attentionOutputs, type Attentions } from "./emit/weights.ts";
export { extendConfigs, type ConfigOptions, type ExtendedConfigs } from "./extend-configs.ts";
export { extendExport, runtimes, type ExtendOptions, type ExtendedExport, type Runtime } from "./extend-export.ts";
export { exportNames, loadExport, type ExportedDecoder } from "./load-export.ts";
