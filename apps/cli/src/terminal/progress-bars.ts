/** Progress bars on stderr. A bar disappears when its work is done; without a terminal there are lines instead, or nothing. */
import type { DownloadProgress } from "@ropewalk/models/hub";
import { Presets, SingleBar } from "cli-progress";
import { bytes } from "../render/units.ts";
import { progressLines, type Progress } from "./progress-lines.ts";

/**
 * @param tail - the text behind the bar; each update gives the words in braces
 * @param size - the bar's width: a longer tail leaves less of 80 columns
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

/** @param tail - the text behind the bar and the percentage; each update gives the words in braces */
export const newBar = (tail: string, stream: NodeJS.WritableStream = process.stderr): Progress =>
  (stream as Partial<NodeJS.WriteStream>).isTTY === true
    ? barBefore(`{percentage}%  ${tail}`, 24, stream)
    : progressLines(tail, stream);

/** Counts the steps of a training. The important numbers come first, since a narrow terminal cuts the end off. */
export const trainingBar = (stream: NodeJS.WritableStream = process.stderr): SingleBar =>
  barBefore("step {value} of {total}, {left} left  loss {loss}{held}, {rate} tokens/s", 6, stream);

export type DownloadBar = {
  readonly onProgress: (progress: DownloadProgress) => void;
  /** Removes the bar that a broken download left. */
  readonly stop: () => void;
};

/** One bar for each file, one after another. */
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

/** Counts rounded tensors. Once the signal is aborted, the next step ends the rounding. */
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

/** Counts the tokens of a prompt that takes several chunks. The bar disappears before the text begins. */
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

/** Counts the bytes of a file that is written or read. @param done - `saved`, or `opened` */
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
