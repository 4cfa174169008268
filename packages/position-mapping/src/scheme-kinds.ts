/**
 * The kinds of `PositionScheme`, one row each, with the function that makes the mapping. (A row states its type beside its
 * value, because the union is made of these types and declarations are emitted file by file.)
 */
import { custom } from "./schemes/custom.ts";
import { dualChunk } from "./schemes/dual-chunk.ts";
import { leakyReRope } from "./schemes/leaky-re-rope.ts";
import { reRope } from "./schemes/re-rope.ts";
import { selfExtend } from "./schemes/self-extend.ts";
import { sinks } from "./schemes/sinks.ts";
import { slidingWindow } from "./schemes/sliding-window.ts";
import { string } from "./schemes/string.ts";

export const schemes = {
  "self-extend": selfExtend as typeof selfExtend,
  "re-rope": reRope as typeof reRope,
  "leaky-re-rope": leakyReRope as typeof leakyReRope,
  "sliding-window": slidingWindow as typeof slidingWindow,
  string: string as typeof string,
  "dual-chunk": dualChunk as typeof dualChunk,
  sinks: sinks as typeof sinks,
  custom: custom as typeof custom,
} as const;
