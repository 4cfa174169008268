/** Every graph of the conformance suite with its expected output, as the emitters and references give them now. */
import type { GraphCase } from "../../../../packages/backend/src/conformance/graphs.ts";
import { attentionCases } from "./attention-cases.ts";
import { layerPartCases } from "./layer-part-cases.ts";
import { likeliestCase, noLikeliestCase } from "./likeliest-case.ts";
import { quantizedCases } from "./quantized-cases.ts";
import { rotationCases } from "./rotation-cases.ts";

export const conformanceCases = (): readonly GraphCase[] => [
  ...attentionCases,
  ...quantizedCases,
  ...rotationCases,
  ...layerPartCases(),
  likeliestCase(),
  noLikeliestCase(),
];
