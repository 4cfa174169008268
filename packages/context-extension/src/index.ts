export { attentionGroups, extendedKind, type AttentionGroup } from "./attention-kind.ts";
export { settles, type AttentionPath } from "./attention-path.ts";
export { checkExtension, positionIn } from "./check-extension.ts";
export { extendContext, knownContext, type ExtendedContext } from "./extend-context.ts";
export { extendGroups, frequenciesFor, placeOfLayer, type ExtendedGroup } from "./extend-groups.ts";
export {
  abf,
  compose,
  dynamicNtk,
  entropyAbf,
  leakyReRope,
  logN,
  mrRope,
  ntkAware,
  positionInterpolation,
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
  yarn,
  yarnTemperature,
  type ContextExtension,
} from "./extension.ts";
export { recordOf, type ExtensionRecord } from "./extension-record.ts";
export { longerExtension } from "./longer-extension.ts";
export type { ConfiguredMapping, MappingConfig } from "./mapping-config.ts";
export { extensionOf, readRecord, readRopeScaling } from "./read-record.ts";
export type { AttentionKind, ContextLimit, DecoderRope, ModelContext, ModelLayers, StatedPositions } from "./model.ts";
