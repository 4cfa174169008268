export {
  adamWStep,
  startAdamW,
  type AdamWConfig,
  type AdamWState,
  type Gradients,
  type Parameter,
  type Parameters,
} from "./adam-w.ts";
export { attentionEntropy } from "./attention-entropy.ts";
export { clipGradients, gradientNorm } from "./clip.ts";
export { dataForm, readData, type Data, type DataConfig, type DataForm } from "./data/read-data.ts";
export { openLossGraph, type Frozen, type LossGraph, type Sequences } from "./loss-graph.ts";
export { adapterFolder, type LoraConfig, type TunedAdapter } from "./lora.ts";
export { readParameters } from "./parameters.ts";
export { rateOf, type RateConfig, type Schedule } from "./schedule.ts";
export { entropyAbfRecipe, recipe, recipeNames, type Recipe, type RecipeConfig, type RecipeName } from "./recipes.ts";
export { cutText, fitSamples, type FitConfig, type Fitted, type Sample } from "./samples.ts";
export { identifyRun, type RunIdentity } from "./state/run-identity.ts";
export { stateFiles, stateFrom, type StateFile } from "./state/state-files.ts";
export { train, type Evaluation, type TrainConfig, type Trained, type TrainState, type TrainStep } from "./train.ts";
export { tunedCheckpoint } from "./tuned-checkpoint.ts";
export { tunedFolder, type TunedModel } from "./tuned-folder.ts";
