/** The type of a row in the table of methods. */
import type { ModelContext, StatedPositions } from "../model.ts";
import type { MethodCall } from "./method-call.ts";

/** The numbers of all methods, by the names that users know. */
export type MethodNumbers = {
  readonly groupSize?: number;
  readonly window?: number;
  readonly shiftFrom?: number;
  readonly positionChunk?: number;
  readonly localSize?: number;
  readonly sinks?: number;
  readonly factor?: number;
  readonly originalContext?: number;
  readonly theta?: number;
  readonly variant?: "uniform" | "progressive";
  readonly betaFast?: number;
  readonly betaSlow?: number;
  readonly attentionFactor?: number;
  readonly mscale?: number;
  readonly mscaleAllDim?: number;
  readonly truncate?: boolean;
  readonly shortFactor?: readonly number[];
  readonly longFactor?: readonly number[];
  readonly lowFreqFactor?: number;
  readonly highFreqFactor?: number;
  readonly exemptLayers?: number;
};

export type MethodNumberName = keyof MethodNumbers;

/** The given numbers, and the run for which the others are chosen: the model's trained context and the length of the text. */
export type MethodRun = MethodNumbers & Pick<ModelContext, "trainedContext"> & { readonly length: number };

export type Method = {
  /** The method's name in prose. */
  readonly label: string;
  /** What the method does, in a few words. */
  readonly about: string;
  /** The numbers that the method reads. */
  readonly reads: readonly MethodNumberName[];
  /** The numbers among them that have no default. */
  readonly needs?: readonly MethodNumberName[];
  /** The number that is chosen for the length when it is absent. */
  readonly chosen?: MethodNumberName;
  /** The numbers that a checkpoint's config states; they are used when none are given. */
  readonly stated?: (stated: StatedPositions) => MethodNumbers;
  /** The constructor's call, with defaults for the numbers that are absent. */
  readonly call: (run: MethodRun) => MethodCall;
};
