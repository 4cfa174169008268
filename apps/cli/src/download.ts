/** How far a download is: a bar, file after file, gone when it is done; nothing where the stream is no terminal. */
import type { DownloadProgress } from "@ropewalk/models/hub";
import { Presets, SingleBar } from "cli-progress";
import { bytes } from "./render/units.ts";

export type DownloadBar = {
  readonly onProgress: (progress: DownloadProgress) => void;
  /** Takes a bar away that a broken download has left. */
  readonly stop: () => void;
};

export const downloadBar = (stream: NodeJS.WritableStream): DownloadBar => {
  const look = { stream, format: "{bar} {percentage}%  {file}, {got} of {size}", clearOnComplete: true };
  const bar = new SingleBar(look, Presets.shades_classic);
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
