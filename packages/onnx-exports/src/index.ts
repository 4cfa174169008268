export { attentionOutputs, type Attentions } from "./emit/weights.ts";
export { extendConfigs, type ConfigOptions, type ExtendedConfigs } from "./extend-configs.ts";
export { extendExport, type ExtendOptions, type ExtendedExport } from "./extend-export.ts";
