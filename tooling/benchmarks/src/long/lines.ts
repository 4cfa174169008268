/** What a long run prints as it goes, a line each. Times are milliseconds of the processor in all threads: other programs change them little. */
export type LongLine =
  | { readonly kind: "start"; readonly bytes: number }
  | { readonly kind: "chunk"; readonly tokens: number; readonly time: number }
  | LengthLine;

/** At a length: resident memory, the most so far, the bytes of a cache of that length, and the times of steps behind it. */
export type LengthLine = {
  readonly kind: "length";
  readonly tokens: number;
  readonly bytes: number;
  readonly peakBytes: number;
  readonly cacheBytes: number;
  readonly stepTimes: readonly number[];
};

export const chunkLength = 512;
/** SelfExtend's window, so that the ring and the settled part both have their share. */
export const window = 1024;
export const firstLength = 8192;
