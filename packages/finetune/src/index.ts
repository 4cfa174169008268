export {
  adamWStep,
  startAdamW,
  type AdamWConfig,
  type AdamWState,
  type Gradients,
  type Parameter,
  type Parameters,
} from "./adam-w.ts";
export { clipGradients, gradientNorm } from "./clip.ts";
export { openLossGraph, type LossGraph, type Sequences } from "./loss-graph.ts";
export { readParameters } from "./parameters.ts";
export { rateOf, type RateConfig, type Schedule } from "./schedule.ts";
