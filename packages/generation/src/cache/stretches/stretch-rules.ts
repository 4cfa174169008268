/** How the stretches of a cache keep their tokens, a row each. */
import type { StretchKind } from "@ropewalk/decoder";
import type { StretchRule } from "../group-cache.ts";
import { ring } from "./ring.ts";
import { ringChunk } from "./ring-chunk.ts";
import { settled } from "./settled.ts";
import { tail } from "./tail.ts";

export const rules: Readonly<Record<StretchKind, StretchRule>> = { settled, tail, ring, "ring-chunk": ringChunk };
