/** Every long run, a row each. */
import type { Soak } from "../soak.ts";
import { abortsAtRandom } from "./aborts.ts";
import { loads } from "./loads.ts";
import { longTexts } from "./long-texts.ts";
import { severalModels } from "./several-models.ts";

export const soaks: readonly Soak[] = [severalModels, abortsAtRandom, loads, longTexts];
