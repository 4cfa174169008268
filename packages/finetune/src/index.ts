export {
  adamWStep,
  startAdamW,
  type AdamWConfig,
  type AdamWState,
  type Gradients,
  type Parameter,
  type Parameters,
} from "./optimizer/adam-w.ts";
export { attentionEntropy } from "./attention-entropy.ts";
export { clipGradients, gradientNorm } from "./optimizer/clip-gradients.ts";
export { dataForm, readData, type Data, type DataConfig, type DataForm } from "./samples/read-data.ts";
export { openLossGraph, type Frozen, type LossGraph, type Sequences } from "./loss/loss-graph.ts";
export { adapterFolder, type TunedAdapter } from "./weights/adapter-folder.ts";
export type { LoraConfig } from "./weights/lora.ts";
export { readParameters } from "./weights/learnable-weights.ts";
export { needTunable } from "./weights/need-tunable.ts";
export { learningRateAt, type RateConfig, type Schedule } from "./optimizer/learning-rate.ts";
export {
  entropyAbfRecipe,
  recipe,
  recipeNames,
  type Recipe,
  type RecipeConfig,
  type RecipeName,
} from "./train/recipes.ts";
export { cutText, fitSamples, type FitConfig, type Fitted, type Sample } from "./samples/fit-samples.ts";
export { identifyRun, type RunIdentity } from "./state/run-identity.ts";
export { stateFiles, stateFrom, type StateFile } from "./state/state-files.ts";
export {
  train,
  type Evaluation,
  type TrainConfig,
  type Trained,
  type TrainState,
  type TrainStep,
} from "./train/train.ts";
export { tunedCheckpoint } from "./weights/tuned-checkpoint.ts";
export { tunedFolder, type TunedModel } from "./weights/tuned-folder.ts";
