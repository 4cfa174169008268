/** Progress bars on stderr: gone when they are done, nothing where it is no terminal. */
import type { DownloadProgress } from "@ropewalk/models/hub";
import { Presets, SingleBar } from "cli-progress";
import { bytes } from "./render/units.ts";

/** @param tail - what stands behind the bar and the percentage; words in braces are given with each update */
export const newBar = (tail: string, stream: NodeJS.WritableStream = process.stderr): SingleBar =>
  new SingleBar({ stream, format: `{bar} {percentage}%  ${tail}`, clearOnComplete: true }, Presets.shades_classic);

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
