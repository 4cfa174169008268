/** All checks that run both in a browser and in Node. */
import { attentionChecks } from "./attentions.ts";
import { checksOfAnyPrecision } from "./any-precision.ts";
import { errorChecks } from "./errors.ts";
import { exportChecks } from "./families.ts";
import type { Check } from "./place.ts";

export const checks: readonly Check[] = [...checksOfAnyPrecision, ...attentionChecks, ...exportChecks, ...errorChecks];
