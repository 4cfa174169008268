/** The extensions whose graphs are listed: one of each way that a layer can attend. */
import {
  compose,
  logN,
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
  yarn,
  type ContextExtension,
} from "@ropewalk/context-extension";

export const selfExtendLogN = "self-extend+log-n";

export const extensions: Readonly<Record<string, ContextExtension>> = {
  plain: {},
  "self-extend": selfExtend({ groupSize: 4, window: 16 }),
  [selfExtendLogN]: compose(selfExtend({ groupSize: 4, window: 16 }), logN({ trainedContext: 32 })),
  yarn: yarn({ factor: 4, originalContext: 64 }),
  "re-rope": reRope({ window: 16 }),
  "sliding-window": slidingWindow({ window: 16 }),
  "dual-chunk": withPositions({ kind: "dual-chunk", chunkSize: 24, localSize: 8 }),
  sinks: withPositions({ kind: "sinks", sinks: 4, window: 16 }),
};
