/** Configs as they are published, with the facts that a reader must find in them. */
import type { Json } from "../checkpoints/safetensors-file.ts";
import { gemmas } from "./gemmas.ts";
import { llamas } from "./llamas.ts";
import { others } from "./others.ts";
import { layered } from "./layered.ts";
import { qwen3s } from "./qwen3s.ts";

export type Published = {
  /** As it is published, full size. */
  readonly config: Json;
  readonly trainedContext: number;
  /** Absent: none, or one that reaches over the whole context. */
  readonly slidingWindow?: number;
  /** Where layers differ, or their scores do: how many attend how, in the order of the first of each. */
  readonly attention?: readonly {
    readonly layers: number;
    /** undefined: they do not rotate. */
    readonly theta: number | undefined;
    readonly window?: number;
    /** What scores are divided by, squared. */
    readonly scalar?: number;
    readonly softcap?: number | undefined;
  }[];
};

export const published: Readonly<Record<string, Published>> = {
  ...llamas,
  ...gemmas,
  ...others,
  ...qwen3s,
  ...layered,
};
