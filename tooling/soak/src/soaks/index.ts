/** Every long run, a row each. */
import type { Trial } from "@ropewalk/testing/trials";
import { abortsAtRandom } from "./aborts.ts";
import { loads } from "./loads.ts";
import { longTexts } from "./long-texts.ts";
import { severalModels } from "./several-models.ts";

export const soaks: readonly Trial[] = [severalModels, abortsAtRandom, loads, longTexts];
