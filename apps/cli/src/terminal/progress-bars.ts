/** Progress bars on stderr: gone when they are done, nothing where it is no terminal. */
import type { DownloadProgress } from "@ropewalk/models/hub";
import { Presets, SingleBar } from "cli-progress";
import { bytes } from "../render/units.ts";

/**
 * @param tail - what stands behind the bar; words in braces are given with each update
 * @param size - how wide the bar is: a long tail leaves it less of 80 columns
 */
const barBefore = (tail: string, size: number, stream: NodeJS.WritableStream): SingleBar =>
  new SingleBar(
    {
      stream,
      format: `{bar} ${tail}`,
      barsize: size,
      clearOnComplete: true,
      // The bar is cut at the terminal's width; switching the terminal's own wrapping off would outlive a process that is killed.
      linewrap: true,
    },
    Presets.shades_classic,
  );

/** @param tail - what stands behind the bar and the percentage; words in braces are given with each update */
export const newBar = (tail: string, stream: NodeJS.WritableStream = process.stderr): SingleBar =>
  barBefore(`{percentage}%  ${tail}`, 24, stream);

/** Counts the steps of a training. What people wait for comes first: a terminal that is too narrow cuts the end off. */
export const trainingBar = (stream: NodeJS.WritableStream = process.stderr): SingleBar =>
  barBefore("step {value} of {total}, {left} left  loss {loss}{held}, {rate} tokens/s", 6, stream);

export type DownloadBar = {
  readonly onProgress: (progress: DownloadProgress) => void;
  /** Takes a bar away that a broken download has left. */
  readonly stop: () => void;
};

/** One bar after another, a file each. */
export const downloadBar = (stream?: NodeJS.WritableStream): DownloadBar => {
  const bar = newBar("{file}, {got} of {size}", stream);
  let shown: string | undefined;
  const stop = (): void => {
    if (shown !== undefined) bar.stop();
    shown = undefined;
  };
  return {
    onProgress: ({ file, done, total }) => {
      const words = { file, got: bytes(done), size: bytes(total) };
      if (shown === file) bar.update(done, words);
      else {
        stop();
        bar.start(total, done, words);
        shown = file;
      }
      if (done === total) stop();
    },
    stop,
  };
};

/** Counts the tensors that are rounded; a step after the signal was aborted ends the rounding. */
export const roundingBar = (
  signal: AbortSignal | undefined,
): { readonly onStep: (done: number, total: number) => void; readonly stop: () => void } => {
  const bar = newBar("{value} of {total} tensors rounded");
  return {
    onStep: (done, total) => {
      signal?.throwIfAborted();
      if (done === 1) bar.start(total, 0);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
};

/** Counts the prompt's tokens where it takes several chunks; gone before the text begins. */
export const promptBar = (): {
  readonly onPrefill: (done: number, total: number) => void;
  readonly stop: () => void;
} => {
  const bar = newBar("{value} of {total} tokens of the prompt");
  let shown = false;
  return {
    onPrefill: (done, total) => {
      if (done === total) return bar.stop();
      if (!shown) bar.start(total, done);
      shown = true;
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
};

/** Counts the bytes of a file on its way to the disk or from there. @param done - `saved`, or `opened` */
export const fileBar = (
  done: string,
): { readonly onProgress: (done: number, total: number) => void; readonly stop: () => void } => {
  const bar = newBar(`{got} of {size} ${done}`);
  let shown = false;
  return {
    onProgress: (at, total) => {
      const words = { got: bytes(at), size: bytes(total) };
      if (!shown) bar.start(total, at, words);
      shown = true;
      bar.update(at, words);
    },
    stop: () => bar.stop(),
  };
};
