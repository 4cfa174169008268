export { checkExtension, checkPositionsFor, positionIn } from "./check-extension.ts";
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
export type { ConfiguredMapping } from "./mapping-config.ts";
export { extensionOf, readRecord, readRopeScaling } from "./read-record.ts";
