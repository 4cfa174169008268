export { dependsOnLength, ropeFrequencies, ropeKinds } from "./frequencies.ts";
export { rotate } from "./rotate.ts";
export type { RotaryLayout } from "./rotate.ts";
export { rotationTable } from "./rotation-table.ts";
export type { RotationTable } from "./rotation-table.ts";
export type { RopeFrequencies, RopeScaling } from "./scaling.ts";
export type { NamedTensor } from "./named-tensor.ts";
