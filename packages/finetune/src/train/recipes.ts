/**
 * The extensions that the paper of Entropy-ABF compares, each with the same short training.
 *
 *   entropy-abf              θ = 500,000,   q_i ← q_i max(1, ln(i + 1) / ln c)
 *   abf                      θ = 500,000
 *   position-interpolation   positions divided by s = N / c, the length tuned for over the trained window
 *   ntk-by-parts             YaRN's frequencies for s, without its temperature
 *   yarn                     YaRN's frequencies for s, with its temperature
 *
 *   AdamW β = (0.9, 0.95), λ = 0.1, cosine, 6 steps on 100 samples
 *
 * Zhang et al., arXiv 2401.07004, section 4.1. The learning rate depends on the model: 2e-5 for 7 billion parameters.
 */
import { checkInteger, checkKeys, checkOneOf } from "@ropewalk/check";
import { abf, entropyAbf, positionInterpolation, yarn, type ContextExtension } from "@ropewalk/context-extension";
import type { TrainConfig } from "./train.ts";

export type Recipe = {
  readonly extension: ContextExtension;
  /** Samples to train on. */
  readonly samples: number;
  readonly training: Pick<TrainConfig, "beta1" | "beta2" | "weightDecay" | "schedule" | "steps" | "batchSize">;
};

export type RecipeConfig = {
  /** c, the window that the model was trained on. */
  readonly trainedContext: number;
  /** N, the length to tune for, in tokens. */
  readonly seqLen: number;
};

type Scale = { readonly factor: number; readonly originalContext: number };

const scaleOf = ({ trainedContext, seqLen }: RecipeConfig): Scale => ({
  factor: Math.max(1, seqLen / trainedContext),
  originalContext: trainedContext,
});

const theta = 500_000;

export type RecipeName = "entropy-abf" | "abf" | "position-interpolation" | "ntk-by-parts" | "yarn";

const extensions: Readonly<Record<RecipeName, (config: RecipeConfig) => ContextExtension>> = {
  "entropy-abf": ({ trainedContext }) => entropyAbf({ trainedContext, theta }),
  abf: () => abf({ theta }),
  "position-interpolation": (config) => positionInterpolation({ factor: scaleOf(config).factor }),
  "ntk-by-parts": (config) => yarn({ ...scaleOf(config), attentionFactor: 1 }),
  yarn: (config) => yarn(scaleOf(config)),
};

export const recipeNames: readonly RecipeName[] = Object.keys(extensions) as RecipeName[];

const withPaperTraining = (extension: ContextExtension): Recipe => ({
  extension,
  samples: 100,
  training: { beta1: 0.9, beta2: 0.95, weightDecay: 0.1, schedule: { kind: "cosine" }, steps: 6, batchSize: 16 },
});

/**
 * The extension and the training of a recipe.
 *
 * @throws RangeError and TypeError when the name is unknown or a number is out of range
 */
export const recipe = (name: RecipeName, config: RecipeConfig): Recipe => {
  checkOneOf("recipe", "name", name, recipeNames);
  checkKeys<RecipeConfig>("recipe", "config", config, { trainedContext: true, seqLen: true });
  checkInteger("recipe", "trainedContext", config.trainedContext, 1);
  checkInteger("recipe", "seqLen", config.seqLen, 1);
  return withPaperTraining(extensions[name](config));
};

/**
 * The recipe of Entropy-ABF, for which no length is needed.
 *
 * @param config.trainedContext - c, the window that the model was trained on
 */
export const entropyAbfRecipe = (config: { readonly trainedContext: number }): Recipe =>
  withPaperTraining(entropyAbf(config));
