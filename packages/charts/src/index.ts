export { curves, type Curve, type Curves } from "./curves.ts";
export { heatMap, type HeatMap } from "./heat-map.ts";
export { keyGrid, type GridCell, type KeyGrid } from "./key-grid.ts";
export { lossCurves, type LossCurve, type LossCurves } from "./loss-curves.ts";
export { panels, type Panels } from "./panels.ts";
export type { Mark } from "./plot.ts";
export { speedCurves, type SpeedCurves, type TokenCost } from "./speed-curves.ts";
export { trainingCurve, type StepLoss, type TrainingCurve } from "./training-curve.ts";
