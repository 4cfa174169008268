export type TinyModel = {
  readonly name: string;
  /** The folder. It ends in a slash, so that `new URL("config.json", url)` is a file in it. A bundler copies files and no folders. */
  readonly url: URL;
  /** The address of each file, by its name. */
  readonly files: Readonly<Record<string, URL>>;
  /** The window it was trained on, in tokens. */
  readonly trainedContext: number;
};

/** The folder that a file lies in. A bundler may have inlined a file as a `data:` address, which has no folder: then the address itself. */
export const folderOf = (file: URL): URL => (file.protocol === "data:" ? file : new URL(".", file));
