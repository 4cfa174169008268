/** Where a model comes from, as a value that the page sends to its worker. */

export type ModelOrigin =
  /** A trained model that is part of the page. */
  | { readonly kind: "shipped"; readonly name: string }
  /** A random checkpoint of a family, made on request. */
  | { readonly kind: "preset"; readonly name: string }
  /** Dropped or chosen files, by their names in the folder; `gguf` is the one that is the model, where it is a GGUF file. */
  | {
      readonly kind: "files";
      readonly name: string;
      readonly files: Readonly<Record<string, File>>;
      readonly gguf?: string;
    }
  /** The address of a folder. */
  | { readonly kind: "url"; readonly href: string };
