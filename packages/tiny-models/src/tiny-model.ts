export type TinyModel = {
  readonly name: string;
  /** The folder; ends in a slash, so that `new URL("config.json", url)` is a file in it. A bundler keeps the files alone. */
  readonly url: URL;
  /** The address of each file, by its name. */
  readonly files: Readonly<Record<string, URL>>;
  /** The window it was trained on, in tokens. */
  readonly trainedContext: number;
};

/** The folder that a file lies in; a bundler may have put the file into its address, which has no folder. */
export const folderOf = (file: URL): URL => (file.protocol === "data:" ? file : new URL(".", file));
