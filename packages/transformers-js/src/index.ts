export type { Attentions } from "@ropewalk/onnx-exports";
export { extendModels, type ExtendModelsOptions, type TransformersEnv } from "./loading/extend-models.ts";
export { withRopewalk } from "./running/with-ropewalk.ts";
// The extensions that a model can get.
export {
  abf,
  compose,
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
} from "@ropewalk/context-extension";
